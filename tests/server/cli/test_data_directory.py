"""The directory of a server: one server has it, and what is in it is its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from lookout_server.data_directory import IN_USE, DataDirectory
from lookout_server.errors import ServerError

_TAKE = """
import sys
from pathlib import Path
from lookout_server.data_directory import DataDirectory

directory = DataDirectory(Path(sys.argv[1]))
directory.take()
import os
directory.write({"pid": os.getpid(), "url": "http://127.0.0.1:1"})
print("taken", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def take() -> Iterator[Callable[[Path], subprocess.Popen[str]]]:
    """Starts a process that takes a directory, and stays."""
    with ExitStack() as processes:

        def start(path: Path) -> subprocess.Popen[str]:
            process = subprocess.Popen(
                [sys.executable, "-c", _TAKE, str(path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            processes.enter_context(process)
            processes.callback(process.kill)
            assert process.stdout is not None
            assert process.stdout.readline() == "taken\n"
            return process

        yield start


def test_a_directory_is_made_for_its_own_user(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path / "new" / "data")
    directory.prepare()
    assert directory.path.stat().st_mode & 0o777 == 0o700


def test_the_second_server_is_told_of_the_first(tmp_path: Path, take: Callable[[Path], subprocess.Popen[str]]) -> None:
    process = take(tmp_path / "data")
    with pytest.raises(ServerError) as raised:
        DataDirectory(tmp_path / "data").take()
    assert raised.value.status == IN_USE
    assert f": process {process.pid} is the server of it at http://127.0.0.1:1; " in str(raised.value)


def test_a_directory_is_free_again_when_its_process_was_killed(
    tmp_path: Path, take: Callable[[Path], subprocess.Popen[str]]
) -> None:
    process = take(tmp_path / "data")
    directory = DataDirectory(tmp_path / "data")
    assert directory.record()["pid"] == process.pid
    process.kill()
    process.wait()
    directory.must_be_free()
    assert directory.record() == {}


def test_a_directory_of_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("x")
    with pytest.raises(ServerError, match=r": holds other things \(thesis.txt\); name an empty or a new one"):
        DataDirectory(tmp_path).take()
    assert os.listdir(tmp_path) == ["thesis.txt"]


def test_what_is_no_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ServerError, match=": is not a directory; "):
        DataDirectory(tmp_path / "file").take()


def test_where_there_is_no_data_none_is_made(tmp_path: Path) -> None:
    with pytest.raises(ServerError, match=": holds no data of a server; "):
        DataDirectory(tmp_path / "none").must_exist()
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_that_may_not_be_written_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(ServerError, match=": cannot be used: permission denied; "):
        DataDirectory(tmp_path / "data").take()


def test_a_directory_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ServerError, match=": cannot be used: not a directory; "):
        DataDirectory(tmp_path / "file" / "data").take()
