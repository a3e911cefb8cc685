"""The directory of a local cloud: whose it is, which server runs in it, and what that server writes down.

The lock decides whether a server runs, and the kernel says which process has it. The record says where it serves; it
is the server's, which keeps it right. Nobody else may look into the directory.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shlex
import shutil
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lookout_local.errors import LocalCloudError
from lookout_server.lock import Lock

DEFAULT_STATE_DIR, STATE_DIR_VARIABLE = Path(".lookout-local"), "LOOKOUT_LOCAL_STATE_DIR"
_LOCK, _RECORD, _LOG, _AUTHORITY = "lookout-local.lock", "server.json", "server.log", "proxy-ca.pem"
#: What the server and its functions make for themselves. Of `tmp` nothing outlives a server.
_WORK = ("home", "tmp", "s3", "ministack")
_CLOSED, _PRIVATE = 0o700, 0o600
_OTHERS, _OTHERS_WRITE = 0o077, 0o022
_MOST_LINKS = 40
_MOST_BYTES = 65_536


class StateDirectory:
    """One state directory. Raises LocalCloudError where it cannot be used, or is not ours alone."""

    def __init__(self, path: Path) -> None:
        with _explained(path):
            self.path = _followed(path)
        self.log = self.path / _LOG
        self._lock = Lock(self.path / _LOCK)
        self._record: Mapping[str, Any] = {}

    @property
    def option(self) -> str:
        """How a command line tells of this directory, for a shell; empty for the one that needs no telling."""
        with contextlib.suppress(FileNotFoundError):  # of the current directory
            if self.path == DEFAULT_STATE_DIR.absolute() and STATE_DIR_VARIABLE not in os.environ:
                return ""
        return f" --state-dir {shlex.quote(str(self.path))}"

    def holder(self) -> int | None:
        """The process that serves here or is about to, `lock.UNSEEN`, or None when there is none."""
        with _explained(self.path):
            return self._lock.holder() if self._exists() else None

    def record(self) -> dict[str, Any]:
        """What the server has written down; empty when there is nothing, or something else."""
        try:
            content = json.loads(self._end_of(_RECORD))
        except (ValueError, RecursionError):
            return {}
        return content if isinstance(content, dict) else {}

    def log_tail(self, lines: int = 20) -> str:
        """The end of the server's log."""
        return "\n".join(self._end_of(_LOG).decode(errors="replace").splitlines()[-lines:])

    def take(self) -> bool:
        """Be the server of this directory, which is made or closed to others; False when another process is.

        Nothing that this process makes from now on is for others either.
        """
        os.umask(_OTHERS)
        with _explained(self.path):
            self._prepare()
            for name in (_LOCK, *_WORK):
                _refuse_what_is_not_ours(self.path / name)
            if not self._lock.take():
                return False
            (self.path / _LOCK).chmod(_PRIVATE)
            self.clear()
            for name in ("home", "tmp"):
                (self.path / name).mkdir(exist_ok=True)
                (self.path / name).chmod(_CLOSED)
            # Functions run below it, and are no part of the project that the directory is in: Node looks for one above.
            (self.path / "tmp" / "package.json").write_text("{}")
        return True

    def open_log(self) -> int:
        """A descriptor of a new log."""
        with _explained(self.path):
            return self._new(_LOG)

    def write_authority(self, certificate: bytes) -> Path:
        """Write down whom clients of the proxy are to trust; where that is."""
        with _explained(self.path), os.fdopen(self._new(_AUTHORITY), "wb") as file:
            file.write(certificate)
        return self.path / _AUTHORITY

    def write(self, record: Mapping[str, Any]) -> None:
        """Write the record down: all of it, or nothing."""
        unfinished = f"{_RECORD}.new"
        with _explained(self.path):
            try:
                with os.fdopen(self._new(unfinished), "w") as file:
                    json.dump(record, file)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(self.path / unfinished, self.path / _RECORD)
            except OSError:
                (self.path / unfinished).unlink(missing_ok=True)
                raise
        self._record = record

    def keep(self) -> bool:
        """Write the record anew if something else is in its place; False when the directory is no longer ours.

        Who removes the directory removes the lock, so that another server could start in its place.
        """
        if not self._lock.held():
            return False
        if self._record and self.record() != self._record:
            with contextlib.suppress(LocalCloudError):  # a disk that is full may have room the next time
                self.write(self._record)
        return True

    def clear(self) -> None:
        """Remove what is of this server only, if it is the one of the directory."""
        if not self._lock.held():
            return
        shutil.rmtree(self.path / "tmp", ignore_errors=True)
        for name in (_RECORD, _AUTHORITY):
            with contextlib.suppress(OSError):
                (self.path / name).unlink()

    def _exists(self) -> bool:
        """Whether there is a directory; raises LocalCloudError when it is none, or another user's."""
        try:
            found = self.path.lstat()
        except FileNotFoundError:
            return False
        if not stat.S_ISDIR(found.st_mode):
            raise LocalCloudError(f"the state directory {self.path} is not a directory; choose another one")
        if found.st_uid != os.geteuid():
            raise LocalCloudError(f"the state directory {self.path} belongs to another user; choose another one")
        return True

    def _prepare(self) -> None:
        """Make the directory, or close the one that is there. What holds other things is left as it is."""
        if not self._exists():
            self.path.mkdir(parents=True, exist_ok=True)
        content = os.listdir(self.path)
        used = any(_is_ours(self.path / name) for name in (_LOCK, _RECORD, _LOG))
        mode = stat.S_IMODE(self.path.stat().st_mode)
        if content and not used and mode & _OTHERS:
            raise LocalCloudError(
                f"the state directory {self.path} is open to other users and holds other things; choose an empty one"
            )
        if "tmp" in content and not used:
            raise LocalCloudError(f"{self.path / 'tmp'} would be removed; choose an empty state directory")
        if mode & _OTHERS:
            self.path.chmod(mode & _CLOSED)

    def _new(self, name: str) -> int:
        """A descriptor of a file that was not there before, so that it is no link and nobody else's."""
        (self.path / name).unlink(missing_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        return os.open(self.path / name, flags, _PRIVATE)

    def _end_of(self, name: str) -> bytes:
        """The end of a file; empty when there is none that can be read."""
        try:
            file = os.open(self.path / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return b""
        try:
            os.lseek(file, max(0, os.fstat(file).st_size - _MOST_BYTES), os.SEEK_SET)
            return os.read(file, _MOST_BYTES)
        except OSError:
            return b""
        finally:
            os.close(file)


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    """What the system refuses, in our words."""
    try:
        yield
    except OSError as error:
        what = f" ({error.filename})" if error.filename and str(error.filename) != str(path) else ""
        way_out = "make room for it" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "choose another one"
        reason = (error.strerror or str(error)).lower()
        raise LocalCloudError(f"the state directory {path} cannot be used: {reason}{what}; {way_out}") from error


def _followed(path: Path) -> Path:
    """The directory that is meant. A link on the way is followed only if nobody else could lead it elsewhere."""
    todo = list(reversed(path.absolute().parts[1:]))
    found, links = Path("/"), 0
    while todo:
        part = todo.pop()
        place = found.parent if part == ".." else found / part
        if not place.is_symlink():
            found = place
            continue
        links += 1
        if links > _MOST_LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
        if _others_can_change(place):
            raise LocalCloudError(
                f"the state directory {path} is behind the link {place}, which another user can lead elsewhere; "
                "choose one that is not behind a link"
            )
        target = Path(os.readlink(place))
        if target.is_absolute():
            found, target = Path("/"), target.relative_to(target.anchor)
        todo += reversed(target.parts)
    return found


def _others_can_change(link: Path) -> bool:
    directory = link.parent.stat()
    trusted = {0, os.geteuid()}
    shared = directory.st_mode & _OTHERS_WRITE and not directory.st_mode & stat.S_ISVTX
    return bool(shared) or not {link.lstat().st_uid, directory.st_uid} <= trusted


def _is_ours(place: Path) -> bool:
    """Whether there is something of this user's own, and no link."""
    try:
        found = place.lstat()
    except FileNotFoundError:
        return False
    return found.st_uid == os.geteuid() and not stat.S_ISLNK(found.st_mode)


def _refuse_what_is_not_ours(place: Path) -> None:
    if os.path.lexists(place) and not _is_ours(place):
        raise LocalCloudError(f"{place} is a link, or belongs to another user; remove it")
