"""Runs in the process of a function in Python, with the standard library only: Lambda's file system around it.

Lambda has a function's code at /var/task, its layers at /opt, and a /tmp of its own. Here they are elsewhere, and
nobody is root, so paths are replaced in what a program asks of the operating system. What exists below /tmp on this
machine stays what it is, for tests hand over such paths, unless another user has put it there.

As a program, `python places.py SCRIPT ARGUMENTS...` runs a script in these surroundings: those that layers bring name
an interpreter that only Lambda has.
"""

from __future__ import annotations

import builtins
import functools
import io
import os
import runpy
import subprocess
import sys
from collections.abc import Callable
from typing import Any

# Functions of `os` whose first argument is a path, and those whose second one is, too.
_ONE_PATH = (
    *(
        "access",
        "chdir",
        "chmod",
        "chown",
        "listdir",
        "lstat",
        "mkdir",
        "mkfifo",
        "open",
        "readlink",
        "remove",
        "rmdir",
    ),
    *("scandir", "stat", "statvfs", "truncate", "unlink", "utime"),
)
_TWO_PATHS = ("link", "rename", "replace", "symlink")
_ABILITIES = (os.supports_dir_fd, os.supports_effective_ids, os.supports_fd, os.supports_follow_symlinks)
_LAMBDAS_PYTHON = b"#!/var/lang/bin/python"

_open = io.open
_lstat = os.lstat
_task = os.environ.get("LAMBDA_TASK_ROOT", "")
# The one that wins first.
_layers = [layer for layer in reversed(os.environ.get("_LAMBDA_LAYERS_DIRS", "").split(os.pathsep)) if layer]


def place(path: Any) -> Any:
    """Where a path of Lambda's is here; anything else as it is."""
    if isinstance(path, bytes):
        return os.fsencode(place(os.fsdecode(path)))
    if isinstance(path, os.PathLike):
        name = os.fspath(path)
        placed = place(name)
        return path if placed == name else placed
    if not isinstance(path, str):
        return path
    if _below(path, "/var/task"):
        return _task + path.removeprefix("/var/task")
    if _below(path, "/opt"):
        candidates = [layer + path.removeprefix("/opt") for layer in _layers]
        return next((candidate for candidate in candidates if _exists(candidate)), [*candidates, path][0])
    if path.startswith("/tmp/") and not _is_trusted("/tmp/" + path.split("/")[2]):
        return os.path.dirname(_task) + path
    return path


def command(arguments: Any) -> Any:
    """The arguments of a program that is to be started, with paths of this machine.

    A script that names a Python of Lambda's is run by this one.
    """
    placed = [place(arguments)] if isinstance(arguments, str | bytes | os.PathLike) else [*map(place, arguments)]
    try:
        with _open(placed[0], "rb") as program:
            first = program.readline(200)
    except (OSError, IndexError):
        return placed
    return [sys.executable, __file__, *placed] if first.startswith(_LAMBDAS_PYTHON) else placed


def install() -> None:
    """Put Lambda's file system in place."""
    os.makedirs(os.path.dirname(_task) + "/tmp", exist_ok=True)
    os.environ["PATH"] = os.pathsep.join([*(f"{layer}/bin" for layer in _layers), os.environ.get("PATH", os.defpath)])
    for names, count in ((_ONE_PATH, 1), (_TWO_PATHS, 2)):
        for name in names:
            original = getattr(os, name)
            mapped = _mapped(original, count)
            setattr(os, name, mapped)
            for able in _ABILITIES:
                if original in able:
                    able.add(mapped)
    builtins.open = io.open = _mapped(_open, 1)
    start = subprocess.Popen.__init__

    @functools.wraps(start)
    def started(self: Any, args: Any, *rest: Any, **options: Any) -> None:
        start(self, args if options.get("shell") else command(args), *rest, **options)

    subprocess.Popen.__init__ = started  # type: ignore[method-assign]


def run(script: str) -> None:
    """Run a script as `python SCRIPT` would, in Lambda's surroundings."""
    install()
    del sys.argv[0]
    sys.path[0] = os.path.dirname(script)
    runpy.run_path(script, run_name="__main__")


def _mapped(function: Callable[..., Any], count: int) -> Callable[..., Any]:
    @functools.wraps(function)
    def mapped(*arguments: Any, **options: Any) -> Any:
        return function(*map(place, arguments[:count]), *arguments[count:], **options)

    return mapped


def _exists(path: str) -> bool:
    try:
        _lstat(path)
    except OSError:
        return False
    return True


def _is_trusted(path: str) -> bool:
    try:
        return _lstat(path).st_uid in (0, os.geteuid())
    except OSError:
        return False


def _below(path: str, root: str) -> bool:
    return path == root or path.startswith(root + "/")


if __name__ == "__main__":
    run(sys.argv[1])
