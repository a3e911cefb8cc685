"""The zip with the provider's code: what it holds, and that it is the same wherever it is built."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import time
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.session import Session

import hatch_build
from cdk_lookout.provider.asset import content_hash, provider_zip

MODELS = "lookout_shared/models"


@pytest.fixture
def asset() -> Iterator[zipfile.ZipFile]:
    with zipfile.ZipFile(provider_zip()) as archive:
        yield archive


@pytest.fixture
def unpacked(asset: zipfile.ZipFile, tmp_path: Path) -> Path:
    asset.extractall(tmp_path)
    return tmp_path


def test_the_zip_is_as_new_as_the_sources(asset: zipfile.ZipFile) -> None:
    built = {name: asset.read(name) for name in asset.namelist()}
    wanted = hatch_build.asset_entries()
    stale = sorted(name for name in built.keys() | wanted.keys() if built.get(name) != wanted.get(name))
    assert not stale, f"run `make asset`: the zip is stale in {stale}"


def test_the_zip_holds_every_source_of_the_provider_and_nothing_else(asset: zipfile.ZipFile) -> None:
    places = [(hatch_build.ROOT / "lambda", "."), (hatch_build.ROOT / "lib", "lookout_files")]
    sources = {path.relative_to(top).as_posix() for top, package in places for path in (top / package).rglob("*.py")}
    models = {f"{MODELS}/{service}/{file}" for service in hatch_build.SERVICES for file in hatch_build.FILES}
    assert set(asset.namelist()) == sources | models | {"LICENSE", "NOTICE"}


def test_the_zip_is_under_200_kilobytes() -> None:
    assert provider_zip().stat().st_size < 200_000


def test_entries_are_in_order_with_fixed_time_mode_and_creator(asset: zipfile.ZipFile) -> None:
    assert asset.namelist() == sorted(set(asset.namelist()))
    for entry in asset.infolist():
        assert entry.date_time == (1980, 1, 1, 0, 0, 0)
        assert entry.external_attr == 0o100644 << 16
        assert entry.create_system == 3
        assert not entry.extra
        assert not entry.comment


def test_no_entry_names_a_path_of_the_machine(asset: zipfile.ZipFile) -> None:
    paths = [str(path).encode() for path in (hatch_build.ROOT, Path.home(), Path(sys.prefix))]
    for name in asset.namelist():
        content = asset.read(name)
        assert not [path for path in paths if path in content], name


def test_a_build_elsewhere_gives_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    umask = os.umask(0o077)
    try:
        monkeypatch.setenv("TZ", "Pacific/Kiritimati")
        time.tzset()
        monkeypatch.chdir(tmp_path)
        hatch_build.write_asset(tmp_path / "again.zip")
    finally:
        os.umask(umask)
        monkeypatch.undo()
        time.tzset()
    assert (tmp_path / "again.zip").read_bytes() == provider_zip().read_bytes()


def test_the_hash_given_to_cdk_ignores_order_times_and_compression(asset: zipfile.ZipFile, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "other.zip", "w", zipfile.ZIP_STORED) as other:
        for name in reversed(asset.namelist()):
            other.writestr(name, asset.read(name))
    assert content_hash(tmp_path / "other.zip") == content_hash(provider_zip())


@pytest.mark.parametrize("change", ["content", "name"])
def test_the_hash_given_to_cdk_follows_names_and_contents(asset: zipfile.ZipFile, tmp_path: Path, change: str) -> None:
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as other:
        for name in asset.namelist():
            content = asset.read(name)
            if name == "NOTICE":
                name, content = (name, content + b"!") if change == "content" else (name + "!", content)
            other.writestr(name, content)
    assert content_hash(tmp_path / "other.zip") != content_hash(provider_zip())


@pytest.mark.parametrize("service", hatch_build.SERVICES)
@pytest.mark.parametrize("file", hatch_build.FILES)
def test_models_are_botocores_without_documentation(asset: zipfile.ZipFile, service: str, file: str) -> None:
    ours = asset.read(f"{MODELS}/{service}/{file}")
    assert b'"documentation":"' not in ours
    source = hatch_build.botocore_data() / f"{service}/{file}"
    packed = hatch_build.botocore_data() / f"{service}/{file}.gz"
    original = gzip.decompress(packed.read_bytes()) if packed.exists() else source.read_bytes()
    assert_same_but_documentation(json.loads(ours), json.loads(original), file)


def assert_same_but_documentation(ours: Any, original: Any, where: str) -> None:
    if isinstance(original, dict):
        missing = original.keys() - ours.keys()
        assert missing <= {"documentation"}, where
        assert all(isinstance(original[key], str) for key in missing), where
        assert ours.keys() <= original.keys(), where
        for key, value in ours.items():
            assert_same_but_documentation(value, original[key], f"{where}.{key}")
    elif isinstance(original, list):
        assert len(ours) == len(original), where
        for index, (one, other) in enumerate(zip(ours, original, strict=True)):
            assert_same_but_documentation(one, other, f"{where}[{index}]")
    else:
        assert ours == original, where


def test_a_member_called_documentation_stays() -> None:
    model = {"documentation": "<p>text</p>", "members": {"documentation": {"shape": "Text"}}}
    assert hatch_build.without_documentation(model) == {"members": {"documentation": {"shape": "Text"}}}


@pytest.mark.parametrize("service", ["lookoutequipment", "lookoutvision"])
def test_the_installed_botocore_makes_a_client_from_the_models(unpacked: Path, service: str) -> None:
    session = Session()
    loader = Loader(extra_search_paths=[str(unpacked / MODELS)], include_default_search_paths=True)
    session.register_component("data_loader", loader)
    client = session.create_client(
        service, region_name="eu-west-1", aws_access_key_id="111111111111", aws_secret_access_key="local"
    )
    assert client.meta.endpoint_url == f"https://{service}.eu-west-1.amazonaws.com"
    assert loader.load_service_model(service, "service-2") == json.loads(
        next((unpacked / MODELS / service).glob("*/service-2.json")).read_text("utf-8")
    )


def test_the_handler_is_found_under_the_name_that_the_function_gives(unpacked: Path) -> None:
    script = "from lookout_provider.handler import handle; assert callable(handle)"
    environment = {"PYTHONPATH": str(unpacked), "PYTHONSAFEPATH": "1"}
    subprocess.run([sys.executable, "-c", script], cwd=unpacked, env=environment, check=True)


def test_the_models_come_from_the_botocore_that_the_build_requires() -> None:
    project = tomllib.loads((hatch_build.ROOT / "pyproject.toml").read_text("utf-8"))
    assert f"botocore=={hatch_build.BOTOCORE}" in project["build-system"]["requires"]
