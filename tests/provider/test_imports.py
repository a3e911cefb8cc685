"""The Lambda runtime holds botocore and the standard library; so nothing else may be imported."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

import lookout_provider

PACKAGE = Path(lookout_provider.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
ALLOWED = sys.stdlib_module_names | {"botocore", "lookout_files", "lookout_provider"}


def _imported(file: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add("lookout_provider" if node.level else (node.module or "").partition(".")[0])
    return names


def _at_import_time(file: Path) -> set[str]:
    """The modules of this package that importing *file* imports: not those inside functions or for types only."""
    names: set[str] = set()
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.ImportFrom) and node.module == "lookout_provider":
            names |= {f"lookout_provider.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return names


@pytest.mark.parametrize("file", FILES, ids=[str(file.relative_to(PACKAGE)) for file in FILES])
def test_a_module_imports_nothing_but_the_standard_library_and_botocore(file: Path) -> None:
    assert _imported(file) <= ALLOWED


@pytest.mark.parametrize("module", ["handler", "authenticity", "protocol", "log", "sections"])
def test_what_answers_imports_nothing_that_could_fail(module: str) -> None:
    names = _at_import_time(PACKAGE / f"{module}.py")
    assert not {name for name in names if name.startswith("botocore")}
    assert {name for name in names if name.startswith("lookout_provider")} <= {
        "lookout_provider.authenticity",
        "lookout_provider.log",
        "lookout_provider.protocol",
        "lookout_provider.sections",
    }
