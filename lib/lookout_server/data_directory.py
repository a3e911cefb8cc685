"""The directory of a server: whose it is, which process has it, and what is where in it."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lookout_server.errors import ServerError
from lookout_server.lock import UNSEEN, Lock

_LOCK, _RECORD = "lookout-server.lock", "server.json"
_OTHERS = 0o077
_OWN = 0o700
#: Commands that find another server in their way end with it.
IN_USE = 3


class DataDirectory:
    """One data directory. Nothing is made or changed before `take`. Raises ServerError where it cannot be used."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.documents = self.path / "documents.sqlite"
        self.blobs = self.path / "blobs"
        self.key_file = self.path / "key"
        self._lock = Lock(self.path / _LOCK)

    def holder(self) -> int | None:
        """The process that has the directory, `lock.UNSEEN`, or None when there is none."""
        with explained(self.path):
            return self._lock.holder() if self.exists() else None

    def exists(self) -> bool:
        """Whether there is such a directory, of this user."""
        with explained(self.path):
            try:
                found = self.path.stat()
            except FileNotFoundError:
                return False
        if not stat.S_ISDIR(found.st_mode):
            raise ServerError(f"data directory {self.path}: is not a directory; name another one (--data)")
        if found.st_uid != os.geteuid():
            raise ServerError(f"data directory {self.path}: belongs to another user; run as that one, or name another")
        return True

    def must_exist(self) -> None:
        """Raise ServerError unless there is a server's data."""
        if not self.exists() or not self.documents.exists():
            raise ServerError(f"data directory {self.path}: holds no data of a server; name the one that does (--data)")

    def must_be_free(self) -> None:
        """Raise ServerError when another process has it."""
        pid = self.holder()
        if pid is not None:
            raise ServerError(self._in_use(pid), IN_USE)

    def must_be_usable(self) -> None:
        """Raise ServerError when it holds something else; a directory that is missing or empty is fine."""
        if not self.exists():
            return
        with explained(self.path):
            content = os.listdir(self.path)
        if content and not {_LOCK, self.documents.name} & set(content):
            raise ServerError(
                f"data directory {self.path}: holds other things ({sorted(content)[0]}); name an empty or a new one"
            )

    def prepare(self) -> None:
        """Make the directory, or close it to other users, without taking it."""
        self.must_be_usable()
        os.umask(_OTHERS)
        with explained(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            mode = stat.S_IMODE(self.path.stat().st_mode)
            if mode & _OTHERS:
                self.path.chmod(mode & _OWN)

    def take(self) -> None:
        """Have the directory, which is prepared, until this process ends."""
        self.must_be_free()
        self.prepare()
        with explained(self.path):
            if not self._lock.take():
                raise ServerError(self._in_use(self._lock.holder() or UNSEEN), IN_USE)

    def write(self, record: Mapping[str, Any]) -> None:
        """Write down where the server serves."""
        unfinished = self.path / f"{_RECORD}.new"
        with explained(self.path):
            unfinished.write_text(json.dumps(record), encoding="utf-8")
            os.replace(unfinished, self.path / _RECORD)

    def record(self) -> dict[str, Any]:
        """What the server that has it has written down; empty when there is none, or it is just starting."""
        pid = self.holder()
        with contextlib.suppress(OSError, ValueError):
            content = json.loads((self.path / _RECORD).read_text(encoding="utf-8"))
            if isinstance(content, dict) and (content.get("pid") == pid or pid == UNSEEN):
                return content
        return {}

    def clear(self) -> None:
        """Take the record back, at the end."""
        with contextlib.suppress(OSError):
            (self.path / _RECORD).unlink()

    def _in_use(self, pid: int) -> str:
        if pid == UNSEEN:
            return f"data directory {self.path}: a server on another machine or in another container has it; end that"
        url = self.record().get("url")
        at = f" at {url}" if url else ""
        return f"data directory {self.path}: process {pid} is the server of it{at}; end that, or name another (--data)"


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """What the system refuses, in our words."""
    try:
        yield
    except OSError as error:
        way_out = "make room on its disk" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "check it and its rights"
        reason = (error.strerror or str(error)).lower()
        raise ServerError(f"data directory {path}: cannot be used: {reason}; {way_out}") from error
