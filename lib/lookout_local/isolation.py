"""Starting the server's Python so that it imports what is installed, and nothing that happens to lie around.

A user's project has files like `secrets.py` or `json.py`; the server runs in its directory and must not take them for
Python's own. So its interpreter is isolated (`python -I`): neither the current directory nor the user's site nor any
`PYTHON…` variable counts. What an isolated interpreter does not find, an installation by `pip install --user` or
`--target`, is handed to it. This file is both ends: a library in the process that starts the server, and the script
that the new interpreter runs first.
"""

from __future__ import annotations

import contextlib
import os
import site
import sys
from collections.abc import Mapping
from importlib.machinery import PathFinder
from pathlib import Path

_HANDED = "PYTHONPATH"


def command(module: str) -> list[str]:
    """What starts a module of this package in an isolated interpreter; the module's arguments follow."""
    # -I ignores PYTHONDONTWRITEBYTECODE as well, which is the user's to say.
    keep_clean = ["-B"] * sys.dont_write_bytecode
    return [sys.executable, "-I", *keep_clean, str(Path(__file__).absolute()), module]


def environment(outer: Mapping[str, str]) -> dict[str, str]:
    """The variables to start it with: the user's, but those that Python reads, in which only the installation is."""
    kept = {name: value for name, value in outer.items() if not name.startswith("PYTHON")}
    handed = {_HANDED: os.pathsep.join(_elsewhere())} if _elsewhere() else {}
    quiet = {"PYTHONDONTWRITEBYTECODE": "1"} if sys.dont_write_bytecode else {}
    return {**kept, **handed, **quiet, "PYTHONNOUSERSITE": "1"}


def leave_current_directory() -> None:
    """Import nothing more from the current directory in this process, unless something is installed there."""
    with contextlib.suppress(FileNotFoundError):  # a directory that was removed holds nothing to import
        here = os.getcwd()
        sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != here or _holds_packages(entry)]


def _elsewhere() -> list[str]:
    """The directories of this installation that an isolated interpreter may not look into."""
    usual = site.getsitepackages()
    own = str(Path(__file__).absolute().parents[1])
    others = [] if PathFinder.find_spec("ministack", usual) else [entry for entry in sys.path if _holds_packages(entry)]
    return [entry for entry in dict.fromkeys([own, *others]) if entry not in usual]


def _holds_packages(entry: str) -> bool:
    return os.path.isabs(entry) and any(Path(entry).glob("*.dist-info"))


def _run(module: str) -> None:
    """Run a module with what was handed over, which comes after the standard library and before other packages."""
    import runpy

    handed = [entry for entry in os.environ.get(_HANDED, "").split(os.pathsep) if entry]
    packages = (index for index, entry in enumerate(sys.path) if entry.endswith("-packages"))
    first = next(packages, len(sys.path))
    sys.path[first:first] = [entry for entry in handed if entry not in sys.path]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _run(sys.argv.pop(1))
