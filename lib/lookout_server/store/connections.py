"""Connections to SQLite: one that writes, as many that read as there are readers at once; in memory one for all."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from lookout_server.store import disk
from lookout_server.store.errors import StoreDamaged, StoreUnavailable

#: How many seconds a writer waits for one of another process.
_PATIENCE = 20.0
#: What SQLite's errors mean to whoever runs the store, and the way out, by the primary code in their names.
_CAUSES = {
    "FULL": "the disk is full; free some space",
    "READONLY": "may not be written; make the file, its directory and its disk writable",
    "PERM": "may not be opened; give this user the right to read and write it",
    "BUSY": f"another process has been writing for {_PATIENCE:.0f} seconds; see which one has it open",
    "LOCKED": "is in use; try again",
    "CANTOPEN": "cannot be opened; check that it is there and that this user may read and write it and its directory",
    "IOERR": "the disk fails to read or write; check the disk and the room on it",
    "CORRUPT": "is damaged; restore a backup",
    "NOTADB": "is not a database; name another file, or restore a backup",
}
#: Those of them that do not pass by themselves.
_DAMAGED = ("CORRUPT", "NOTADB")


class explained:  # noqa: N801  # as what contextlib makes, which takes longer, and every read comes through here
    """What the database or the disk refuses, as StoreUnavailable or StoreDamaged."""

    def __init__(self, where: str) -> None:
        self._where = where

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError):
            raise disk.unavailable(self._where, error) from error
        if not isinstance(error, sqlite3.Error) or isinstance(error, sqlite3.ProgrammingError):  # a mistake of ours
            return
        code = (getattr(error, "sqlite_errorname", None) or "").removeprefix("SQLITE_").partition("_")[0]
        cause = _CAUSES.get(code, "see what the database says")
        refusal = StoreDamaged if code in _DAMAGED else StoreUnavailable
        raise refusal(f"{self._where}: {cause} (SQLite: {error})") from error


class Connections(Protocol):
    """How a store comes by its connections: each is the caller's own until the end of the `with`."""

    def reading(self) -> contextlib.AbstractContextManager[sqlite3.Connection]:
        """For one statement that reads."""

    def writing(self) -> contextlib.AbstractContextManager[sqlite3.Connection]:
        """In a transaction, committed at the end, rolled back on an exception."""

    def close(self) -> None:
        """Close them all; those that are in use when they come back."""


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    connection.execute("BEGIN IMMEDIATE")  # at once as a writer: a reader that becomes one may fail
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


class InMemory(Connections):
    """One connection under a lock, to a database that goes with it."""

    def __init__(self) -> None:
        self._connection: sqlite3.Connection | None = _connect(":memory:")
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock, explained(":memory:"):
            if self._connection is None:
                raise StoreUnavailable(":memory:: is closed; open a new one")
            yield self._connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        with self.reading() as connection, _transaction(connection):
            yield connection

    def close(self) -> None:
        with self._lock:
            connection, self._connection = self._connection, None
            if connection is not None:
                connection.close()


class OnDisk(Connections):
    """Connections to a file in WAL mode: readers do not wait, writers of this process stand in line.

    A connection that failed is not used again, so that the store goes on when its disk does.
    """

    def __init__(self, file: Path, where: str) -> None:
        self.file = file
        self.where = where
        self._lock = threading.Lock()
        self._writer: sqlite3.Connection | None = None
        self._idle: list[sqlite3.Connection] = []
        self._closed = False
        self._process = os.getpid()
        with explained(where):
            file.parent.mkdir(parents=True, exist_ok=True, mode=disk.OWN_DIRECTORY)
            # To become WAL, a new file has to be alone: of two that try, SQLite refuses one without waiting.
            with disk.locked(file.parent):
                _prepare(file)
                self._identity = _identity(file)
                self._writer = self._open()

    def reading(self) -> contextlib.AbstractContextManager[sqlite3.Connection]:
        return _Reading(self)

    def take(self) -> sqlite3.Connection:
        """A connection that nobody uses now."""
        self._must_be_usable()
        try:
            return self._idle.pop()
        except IndexError:
            return self._open()

    def give_back(self, connection: sqlite3.Connection) -> None:
        """Let others use it."""
        self._idle.append(connection)
        if self._closed:
            self._close_idle()

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock, explained(self.where):
            self._must_be_usable()
            # Otherwise a commit would go into a file that nobody finds any more.
            if _identity(self.file) != self._identity:
                raise StoreDamaged(f"{self.where}: was replaced while it was open; start again with the one wanted")
            connection = self._writer = self._writer or self._open()
            try:
                with _transaction(connection):
                    yield connection
            except sqlite3.Error:
                self._writer = None
                connection.close()
                raise

    def close(self) -> None:
        with self._lock:
            self._closed = True
            writer, self._writer = self._writer, None
            self._close_idle()
            if writer is not None:
                writer.close()

    def _close_idle(self) -> None:
        with contextlib.suppress(IndexError):
            while True:
                self._idle.pop().close()

    def _must_be_usable(self) -> None:
        if self._closed:
            raise StoreUnavailable(f"{self.where}: is closed; open it again")
        if os.getpid() != self._process:
            raise RuntimeError(f"{self.where}: was opened before the fork; a child opens its own")

    def _open(self) -> sqlite3.Connection:
        # A file that is gone is not made anew, as if it had been empty.
        connection = _connect(f"file:{urllib.parse.quote(str(self.file.absolute()))}?mode=rw")
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchall()
            connection.execute("PRAGMA synchronous = FULL")  # a commit that returned outlives a power failure
            connection.execute("PRAGMA fullfsync = 1")  # on macOS as well
        except BaseException:
            connection.close()
            raise
        return connection


class _Reading:
    """A connection for a `with`, to be used by others afterwards unless it failed; a class for the same reason."""

    def __init__(self, connections: OnDisk) -> None:
        self._connections = connections
        self._explained = explained(connections.where)

    def __enter__(self) -> sqlite3.Connection:
        with self._explained:
            self._connection = self._connections.take()
        return self._connection

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is None:
            self._connections.give_back(self._connection)
            return
        self._connection.close()
        self._explained.__exit__(kind, error, trace)


def _connect(database: str) -> sqlite3.Connection:
    return sqlite3.connect(
        database, uri=True, timeout=_PATIENCE, isolation_level=None, check_same_thread=False, cached_statements=64
    )


def _prepare(file: Path) -> None:
    """Make the file where it is missing. SQLite gives what it puts beside it the same rights."""
    with contextlib.suppress(FileExistsError):
        os.close(disk.new_file(file))
        disk.to_disk(file.parent)
    # What was there is not opened to change it: to close it would drop the locks that this process may have on it.
    if file.is_file() and file.stat().st_mode & 0o077:
        with contextlib.suppress(OSError):  # another user's; whether it can be used is seen next
            file.chmod(disk.OWN_FILE)


def _identity(file: Path) -> tuple[int, int]:
    found = os.stat(file)
    return found.st_dev, found.st_ino
