"""The corpus is whole: every file has its expectation, every expectation its file."""

from __future__ import annotations

import pytest

from tests.corpus.cases import INDEX, KINDS, ROOT, index


@pytest.mark.parametrize("kind", KINDS)
def test_every_file_has_its_expectation_and_every_expectation_its_file(kind: str) -> None:
    files = {path.name for path in (ROOT / kind).iterdir()} - {INDEX}
    expected = index(kind)
    assert files == {name for name, each in expected.items() if "pieces" not in each}
    assert all(each.keys() - {"pieces"} for each in expected.values())


def test_every_folder_is_a_kind() -> None:
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(("_", "."))}
    assert folders == set(KINDS)
