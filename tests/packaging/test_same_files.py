"""What is read at synthesis, at deployment and in the local cloud is read by the same code, which stands in each."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONSTRUCTS, PROVIDER, LOCAL = "lib/cdk_lookout/equipment", "lambda/lookout_provider", "lib/lookout_local/services"


@pytest.mark.parametrize(
    ("name", "folders"),
    [
        ("label_rows.py", [CONSTRUCTS, PROVIDER]),
        ("documents.py", [CONSTRUCTS, PROVIDER, LOCAL]),
        ("text_files.py", [CONSTRUCTS, PROVIDER, LOCAL]),
    ],
)
def test_a_reader_is_the_same_wherever_it_stands(name: str, folders: list[str]) -> None:
    assert len({(ROOT / folder / name).read_bytes() for folder in folders}) == 1
