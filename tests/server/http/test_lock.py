"""The lock that says which process serves a state directory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from lookout_server.lock import Lock

TAKE = """
import subprocess, sys
from pathlib import Path
from lookout_server.lock import Lock

lock = Lock(Path(sys.argv[1]))
print(lock.take(), flush=True)
{more}
sys.stdin.read()
"""
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lock"


@pytest.fixture
def start(path: Path) -> Iterator[Start]:
    """Starts processes that take the lock, say whether they got it, and stay."""
    with ExitStack() as processes:

        def taking(more: str = "") -> subprocess.Popen[str]:
            command = [sys.executable, "-c", TAKE.format(more=more), str(path)]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
            process = processes.enter_context(subprocess.Popen(command, text=True, **pipes))  # type: ignore[call-overload]
            processes.callback(process.kill)
            return process

        yield taking


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_nobody_has_a_lock_without_a_file(path: Path) -> None:
    assert Lock(path).holder() is None


def test_nobody_has_a_lock_that_nobody_took(path: Path) -> None:
    path.touch()
    assert Lock(path).holder() is None


def test_who_has_the_lock_is_known_by_its_process(path: Path, start: Start) -> None:
    process = start()
    assert said(process) == "True"
    assert Lock(path).holder() == process.pid


def test_a_second_process_does_not_get_it(path: Path, start: Start) -> None:
    first = start()
    assert said(first) == "True"
    assert said(start()) == "False"
    assert not Lock(path).take()
    assert Lock(path).holder() == first.pid


def test_of_many_that_want_it_at_once_one_gets_it(start: Start) -> None:
    assert sorted(said(process) for process in [start() for _ in range(5)]) == ["False"] * 4 + ["True"]


def test_to_ask_who_has_it_takes_it_from_nobody(path: Path, start: Start) -> None:
    path.touch()
    lock = Lock(path)
    assert lock.holder() is None
    assert said(start()) == "True"


def test_it_ends_with_its_process_however_that_ends(path: Path, start: Start) -> None:
    process = start()
    assert said(process) == "True"
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert Lock(path).holder() is None
    assert said(start()) == "True"


def test_a_child_of_its_process_does_not_have_it(path: Path, start: Start) -> None:
    process = start("print(subprocess.Popen(['sleep', '60']).pid, flush=True)")
    assert said(process) == "True"
    child = int(said(process))
    process.send_signal(signal.SIGKILL)
    process.wait()
    try:
        assert Lock(path).holder() is None
    finally:
        os.kill(child, signal.SIGKILL)


def test_who_has_it_notices_that_the_file_is_gone(path: Path) -> None:
    lock = Lock(path)
    assert not lock.held()
    assert lock.take()
    assert lock.held()
    path.unlink()
    assert not lock.held()
    path.touch()
    assert not lock.held()


def test_a_link_is_no_lock(path: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").touch()
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic link"):
        Lock(path).take()
    with pytest.raises(OSError, match="symbolic link"):
        Lock(path).holder()
