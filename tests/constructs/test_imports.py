"""What the library imports: the CDK, and nothing that a user would have to install besides."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import cdk_lookout

ALLOWED = {"aws_cdk", "constructs", "jsii", "publication", "typing_extensions", "cdk_lookout", "lookout_files"}
LIBRARY = Path(cdk_lookout.__file__).parent
FILES = sorted(LIBRARY.rglob("*.py"))


def imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: a relative import"
            yield (node.module or "").partition(".")[0]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(LIBRARY)))
def test_a_module_imports_the_cdk_and_the_standard_library_only(file: Path) -> None:
    # The extension for syrupy is a module of its own, which nothing else imports.
    allowed = ALLOWED | ({"syrupy"} if file.name == "snapshot.py" else set())
    assert set(imports(file)) - allowed - set(sys.stdlib_module_names) == set()


def test_the_extension_for_syrupy_is_imported_by_nothing_else() -> None:
    assert [file for file in FILES if "cdk_lookout.snapshot" in file.read_text(encoding="utf-8")] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(LIBRARY)))
def test_a_module_is_short(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= 400


@pytest.mark.parametrize(
    "module", [cdk_lookout, cdk_lookout.equipment, cdk_lookout.vision], ids=lambda module: module.__name__
)
def test_what_is_exported_is_there_and_has_a_docstring(module: object) -> None:
    exported = module.__all__  # type: ignore[attr-defined]
    assert [name for name in exported if not getattr(module, name).__doc__] == []
    assert exported == sorted(exported)


@pytest.mark.parametrize(
    "exported",
    [
        found
        for module in (cdk_lookout.equipment, cdk_lookout.vision)
        for found in map(vars(module).get, module.__all__)
        if isinstance(found, type)
    ],
    ids=lambda exported: f"{exported.__module__}.{exported.__name__}",
)
def test_every_public_member_has_a_docstring(exported: type) -> None:
    members = vars(exported).items()
    public = [(key, member) for key, member in members if not key.startswith("_")]
    functions = [
        (key, member) for key, member in public if callable(member) or isinstance(member, property | classmethod)
    ]
    assert [key for key, member in functions if not member.__doc__] == []
