"""The state directory: whose it is, who may look into it, and what the server writes down in it."""

from __future__ import annotations

import errno
import os
import shlex
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lookout_local.errors import LocalCloudError
from lookout_local.state_directory import StateDirectory

LOCK = "lookout-local.lock"
CLOSED = {LOCK: "600", "server.log": "600", "server.json": "600", "home": "700", "tmp": "700"}
NOBODY = 65_534
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")


@pytest.fixture(autouse=True)
def _umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture
def open_dir(tmp_path: Path) -> Path:
    """A directory that everybody may write to."""
    path = tmp_path / "open"
    path.mkdir()
    path.chmod(0o777)
    return path


def modes(directory: Path) -> dict[str, str]:
    """The rights on a directory and on what is in it."""
    return {path.name: f"{stat.S_IMODE(path.stat().st_mode):o}" for path in [directory, *directory.iterdir()]}


def serve(path: Path) -> StateDirectory:
    """Do with a directory what the server does."""
    directory = StateDirectory(path)
    assert directory.take()
    os.close(directory.open_log())
    directory.write({"pid": 1, "port": 2})
    return directory


@pytest.mark.parametrize("umask", [0, 0o022, 0o077, 0o777])
def test_nobody_else_may_look_into_it_whatever_the_umask(umask: int, tmp_path: Path) -> None:
    os.umask(umask)
    serve(tmp_path / "new")
    assert modes(tmp_path / "new") == {"new": "700", **CLOSED}


def test_one_that_others_could_look_into_is_closed(open_dir: Path) -> None:
    serve(open_dir)
    assert modes(open_dir)["open"] == "700"


def test_what_an_earlier_server_left_to_all_is_closed(open_dir: Path) -> None:
    for name in (LOCK, "server.log", "server.json"):
        (open_dir / name).touch()
        (open_dir / name).chmod(0o666)
    serve(open_dir)
    assert modes(open_dir) == {"open": "700", **CLOSED}


def test_rights_that_its_owner_does_not_want_are_not_given(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir(0o555)
    if os.geteuid() == 0:  # who needs no rights
        serve(tmp_path / "mine")
    else:
        with pytest.raises(LocalCloudError, match="permission denied"):
            StateDirectory(tmp_path / "mine").take()
    assert modes(tmp_path / "mine")["mine"] == "500"


def test_a_directory_that_is_used_for_something_else_is_not_closed_to_others(open_dir: Path) -> None:
    (open_dir / "precious").touch()
    with pytest.raises(LocalCloudError, match="open to other users and holds other things; choose an empty one"):
        StateDirectory(open_dir).take()
    assert modes(open_dir)["open"] == "777"


def test_a_tmp_that_is_somebodys_is_not_removed(tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    (tmp_path / "tmp" / "precious").touch()
    with pytest.raises(LocalCloudError, match=r"/tmp would be removed; choose an empty"):
        StateDirectory(tmp_path).take()
    assert (tmp_path / "tmp" / "precious").exists()


@pytest.mark.parametrize("name", [LOCK, "home", "tmp", "s3", "ministack"])
def test_a_link_that_was_laid_into_it_is_not_followed(name: str, open_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (open_dir / "server.json").touch()
    (open_dir / name).symlink_to(tmp_path / "precious")
    with pytest.raises(LocalCloudError, match=rf"{name} is a link, or belongs to another user; remove it"):
        StateDirectory(open_dir).take()
    assert list((tmp_path / "precious").iterdir()) == []


@pytest.mark.parametrize("name", ["server.log", "server.json", "server.json.new"])
def test_a_link_in_the_place_of_a_file_is_replaced(name: str, open_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("precious")
    (open_dir / LOCK).touch()
    (open_dir / name).symlink_to(tmp_path / "precious")
    serve(open_dir)
    assert (tmp_path / "precious").read_text() == "precious"
    assert not (open_dir / name).is_symlink()


@as_root
@pytest.mark.parametrize("name", [LOCK, "home", "tmp", "s3", "ministack"])
def test_a_file_of_another_user_in_it_is_not_used(name: str, open_dir: Path) -> None:
    (open_dir / "server.json").touch()
    (open_dir / name).touch()
    os.chown(open_dir / name, NOBODY, NOBODY)
    with pytest.raises(LocalCloudError, match="belongs to another user; remove it"):
        StateDirectory(open_dir).take()


@as_root
def test_one_of_another_user_is_refused(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    os.chown(tmp_path / "theirs", NOBODY, NOBODY)
    directory = StateDirectory(tmp_path / "theirs")
    for use in (directory.holder, directory.take):
        with pytest.raises(LocalCloudError, match="belongs to another user; choose another one"):
            use()


@pytest.mark.parametrize("below", ["", "below"])
def test_a_link_in_a_directory_that_others_can_write_to_is_refused(below: str, open_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (open_dir / "link").symlink_to(tmp_path / "real")
    (tmp_path / "first").symlink_to(open_dir / "link")
    for path in (open_dir / "link" / below, tmp_path / "first" / below):
        with pytest.raises(LocalCloudError, match=rf"behind the link {open_dir}/link, which another user can lead"):
            StateDirectory(path)


@as_root
def test_a_link_of_another_user_is_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    os.lchown(tmp_path / "link", NOBODY, NOBODY)
    with pytest.raises(LocalCloudError, match="another user can lead elsewhere"):
        StateDirectory(tmp_path / "link")


def test_a_link_of_ones_own_is_followed(tmp_path: Path, open_dir: Path) -> None:
    (tmp_path / "link").symlink_to("real/../real")
    assert StateDirectory(tmp_path / "link" / "new").path == tmp_path / "real" / "new"
    open_dir.chmod(0o1777)  # where everybody can make a link, but nobody can replace another one's
    (open_dir / "link").symlink_to(tmp_path / "real")
    assert StateDirectory(open_dir / "link").path == tmp_path / "real"


def test_a_link_to_itself_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("link")
    with pytest.raises(LocalCloudError, match="too many levels of symbolic links; choose another one"):
        StateDirectory(tmp_path / "link")


@pytest.mark.parametrize(
    "path", ["file", "file/below", "x" * 300, "/".join(["x" * 200] * 30), "/dev/null", "/proc/new"]
)
def test_what_cannot_be_a_directory_is_an_error(path: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LocalCloudError, match="choose another one"):
        StateDirectory(tmp_path / path).take()


def test_a_full_disk_is_an_error_that_leaves_the_record_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(file: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    directory = serve(tmp_path)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(LocalCloudError, match="no space left on device; make room for it"):
        directory.write({"pid": 3})
    assert directory.record() == {"pid": 1, "port": 2}
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".new")] == []


@pytest.mark.parametrize(
    "damaged", [b"", b"{", b"\xff\xfe", b"null", b"[]", b"1", b'"x"', b"[" * 60_000, b'{"pid": 1e999}', b" " * 100_000]
)
def test_a_damaged_record_is_put_right(damaged: bytes, tmp_path: Path) -> None:
    directory = serve(tmp_path)
    (tmp_path / "server.json").write_bytes(damaged)
    assert directory.record() != {"pid": 1, "port": 2}
    assert directory.keep()
    assert directory.record() == {"pid": 1, "port": 2}


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: os.symlink("/dev/zero", path), lambda path: None])
def test_something_else_in_the_place_of_the_record_is_put_right(make: Any, tmp_path: Path) -> None:
    directory = serve(tmp_path)
    (tmp_path / "server.json").unlink()
    make(tmp_path / "server.json")
    assert directory.record() == {}
    assert directory.keep()
    assert directory.record() == {"pid": 1, "port": 2}


def test_a_record_that_cannot_be_put_right_now_is_tried_again(tmp_path: Path) -> None:
    directory = serve(tmp_path)
    (tmp_path / "server.json").unlink()
    (tmp_path / "server.json").mkdir()
    assert directory.keep()
    (tmp_path / "server.json").rmdir()
    assert directory.keep()
    assert directory.record() == {"pid": 1, "port": 2}


def test_a_directory_that_was_removed_is_not_kept(tmp_path: Path) -> None:
    directory = serve(tmp_path / "state")
    (tmp_path / "state").rename(tmp_path / "elsewhere")
    assert not directory.keep()
    assert not (tmp_path / "state").exists()


def test_what_is_of_one_server_only_is_removed_before_the_next_one(tmp_path: Path) -> None:
    serve(tmp_path)
    (tmp_path / "tmp" / "function").mkdir()
    assert StateDirectory(tmp_path).take()
    assert not (tmp_path / "server.json").exists()
    assert not (tmp_path / "tmp" / "function").exists()


def test_functions_belong_to_no_project_of_node_that_the_directory_is_in(tmp_path: Path) -> None:
    serve(tmp_path)
    assert (tmp_path / "tmp" / "package.json").read_text() == "{}"


@pytest.mark.parametrize("name", ["x$(touch f)", "a b", "it's", 'a"b', "new\nline", "-rf", "`touch f`", "*", "\udcff"])
def test_a_command_line_tells_of_it_as_a_shell_reads_it(name: str, tmp_path: Path) -> None:
    assert shlex.split(StateDirectory(tmp_path / name).option) == ["--state-dir", str(tmp_path / name)]


def test_the_one_that_commands_look_for_by_themselves_needs_no_telling(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LOOKOUT_LOCAL_STATE_DIR", raising=False)
    directory = StateDirectory(Path(".lookout-local"))
    assert directory.option == ""
    monkeypatch.setenv("LOOKOUT_LOCAL_STATE_DIR", "/elsewhere")
    assert directory.option == f" --state-dir {tmp_path}/.lookout-local"


def test_the_end_of_a_long_log_is_read(tmp_path: Path) -> None:
    directory = serve(tmp_path)
    directory.log.write_bytes(b"line\n" * 100_000 + b"\xff the end\n")
    assert directory.log_tail(2) == "line\n\N{REPLACEMENT CHARACTER} the end"
