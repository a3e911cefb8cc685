"""What answers CloudFormation can be imported whatever else cannot."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

LAMBDA = Path(__file__).parents[2] / "lambda"


def _at_import_time(file: Path) -> set[str]:
    """The modules of ours that importing *file* imports: not those inside functions or for types only."""
    names: set[str] = set()
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.ImportFrom) and node.module in ("lookout_provider", "lookout_shared"):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return names


@pytest.mark.parametrize(
    "module", ["provider/handler", "provider/authenticity", "provider/protocol", "shared/log", "provider/sections"]
)
def test_what_answers_imports_nothing_that_could_fail(module: str) -> None:
    names = _at_import_time(LAMBDA / f"lookout_{module}.py")
    assert not {name for name in names if name.startswith("botocore")}
    assert {name for name in names if name.startswith("lookout_")} <= {
        "lookout_provider.authenticity",
        "lookout_shared.log",
        "lookout_provider.protocol",
        "lookout_provider.sections",
    }
