"""What the rooms of the server may know; and nobody of the rest knows them yet."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

LIB = Path(__file__).parents[2] / "lib"


def imported(folder: Path) -> Iterator[str]:
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert not node.level, f"{file}: a relative import"
                yield node.module or ""


@pytest.mark.parametrize(("room", "others"), [("detection", ("numpy",)), ("store", ())])
def test_a_room_imports_the_standard_library_itself_and_little_else(room: str, others: tuple[str, ...]) -> None:
    allowed = (*others, f"lookout_server.{room}")
    names = {name for name in imported(LIB / "lookout_server" / room) if not name.startswith(allowed)}
    assert {name for name in names if name.split(".")[0] not in sys.stdlib_module_names} == set()


def test_neither_the_constructs_nor_the_local_cloud_import_the_server() -> None:
    for package in ("cdk_lookout", "lookout_local"):
        assert [name for name in imported(LIB / package) if name.startswith("lookout_server")] == []
