"""What answers CloudFormation can be imported whatever else cannot."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import lookout_provider

PACKAGE = Path(lookout_provider.__file__).parent


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
