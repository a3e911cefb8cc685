"""The models of the two services, as the local cloud and its clients read them."""

from __future__ import annotations

from pathlib import Path

import pytest

import hatch_build


def contents(directory: Path) -> dict[str, bytes]:
    """The models below a directory, by name."""
    return {path.relative_to(directory).as_posix(): path.read_bytes() for path in directory.rglob("*.json")}


def test_the_models_are_as_new_as_their_source() -> None:
    assert contents(hatch_build.MODELS) == hatch_build.model_files(), "run `make asset`"


def test_writing_them_again_gives_the_same_bytes(tmp_path: Path) -> None:
    hatch_build.write_models(tmp_path)
    assert contents(tmp_path) == contents(hatch_build.MODELS)


@pytest.mark.parametrize("service", hatch_build.SERVICES)
def test_each_service_has_its_model_endpoints_and_paginators(service: str) -> None:
    assert sorted(path.name for path in (hatch_build.MODELS / service).iterdir()) == sorted(hatch_build.FILES)


def test_the_repository_does_not_hold_them() -> None:
    ignored = (hatch_build.ROOT / ".gitignore").read_text("utf-8").splitlines()
    assert f"{hatch_build.MODELS.relative_to(hatch_build.ROOT).as_posix()}/" in ignored
