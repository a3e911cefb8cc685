"""The zip with the function's code."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from cdk_lookout import AssetNotBuilt
from cdk_lookout.provider import asset

FILES = {"lookout_provider/handler.py": "def handle(): ...\n", "lookout_provider/__init__.py": ""}


def written(path: Path, files: dict[str, str], compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def test_a_missing_zip_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(AssetNotBuilt, match=r"got no file lookout_provider\.zip in .*, expected .* `make asset`"):
        asset.provider_zip(tmp_path / "lookout_provider.zip")


def test_the_shipped_zip_is_found() -> None:
    assert asset.provider_zip() == asset.PROVIDER_ZIP


def test_the_digest_is_that_of_names_and_contents(tmp_path: Path) -> None:
    one = written(tmp_path / "one.zip", FILES)
    other = written(tmp_path / "other.zip", dict(reversed(FILES.items())), zipfile.ZIP_DEFLATED)
    assert one.read_bytes() != other.read_bytes()
    assert asset.content_hash(one) == asset.content_hash(other)


@pytest.mark.parametrize(
    "changed",
    [
        {**FILES, "lookout_provider/handler.py": "def handle(): pass\n"},
        {**FILES, "lookout_provider/more.py": ""},
        {"lookout_provider/handler.py": "def handle(): ...\n"},
        {"lookout_provider/handle": "r.pydef handle(): ...\n", "lookout_provider/__init__.py": ""},
    ],
)
def test_any_change_changes_the_digest(tmp_path: Path, changed: dict[str, str]) -> None:
    one, other = written(tmp_path / "one.zip", FILES), written(tmp_path / "other.zip", changed)
    assert asset.content_hash(one) != asset.content_hash(other)


def test_a_zip_that_is_written_again_is_read_again(tmp_path: Path) -> None:
    path = written(tmp_path / "one.zip", FILES)
    before = asset.content_hash(path)
    written(path, {**FILES, "lookout_provider/more.py": ""})
    assert asset.content_hash(path) != before
