"""Documents in SQLite, in a file or in memory.

By the standard library: through SQLAlchemy Core a read costs 7 times and a commit 8 times as much, and to open a new
store in memory 3 to 8 times. The SQL is PostgreSQL's as well, but for BEGIN IMMEDIATE, in whose place `Check` would
lock its row, and for `COLLATE "C"` of the keys.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import sqlite3
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from lookout_server.store import checks
from lookout_server.store.connections import InMemory, OnDisk, explained
from lookout_server.store.disk import new_file, to_disk
from lookout_server.store.documents import LARGEST_NUMBER, Check, Document, Documents, Put, Write
from lookout_server.store.errors import Conflict, StoreDamaged
from lookout_server.store.schema import migrate

#: As a path: a store in memory, which is gone when it is closed.
MEMORY = ":memory:"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
#: How many numbers are taken at once: one write for so many documents that are made.
_RANGE = 100
_SELECT = "SELECT kind, id, body, revision, number, due, blobs FROM documents WHERE kind = ?"
_REVISIONS = "SELECT kind, id, revision FROM documents WHERE kind = ? AND id = ?"
_HAS = "SELECT revision FROM documents WHERE kind = ? AND id = ?"
_INSERT = (
    "INSERT INTO documents (body, revision, number, due, blobs, kind, id) VALUES (?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT DO NOTHING"
)
_UPDATE = (
    "UPDATE documents SET body = ?, revision = ?, number = ?, due = ?, blobs = ?"
    " WHERE kind = ? AND id = ? AND revision = ?"
)
_DELETE = "DELETE FROM documents WHERE kind = ? AND id = ? AND revision = ?"
_TAKE = (
    "INSERT INTO numbers (name, value) VALUES (?, ?)"
    " ON CONFLICT (name) DO UPDATE SET value = numbers.value + excluded.value"
)
#: From one kind to the next by the index, instead of through all documents.
_KINDS = (
    "WITH RECURSIVE found (kind) AS (SELECT MIN(kind) FROM documents WHERE kind >= ? UNION ALL"
    " SELECT (SELECT MIN(kind) FROM documents WHERE kind > found.kind) FROM found WHERE {within})"
    " SELECT kind FROM found WHERE {within}"
)


class SqliteDocuments(Documents):
    """Documents in a SQLite database; the port's methods are as `Documents` describes them."""

    def __init__(self, path: Path | str, where: str | None = None) -> None:
        """Open the store at *path*, or `:memory:`; it is made where it is missing, and brought to today's format.

        Messages name it as *where*, which is its path where nothing is said. Raises StoreUnavailable, and NewerFormat
        when a later release wrote it.
        """
        self.where = where or str(path)
        self._connections = InMemory() if str(path) == MEMORY else OnDisk(Path(path), self.where)
        self._numbers: dict[str, tuple[int, int]] = {}
        self._counting = threading.Lock()
        try:
            with self._connections.reading() as connection:
                migrate(connection, self.where)
        except BaseException:
            self.close()
            raise

    def get(self, kind: str, id: str) -> Document | None:
        try:
            found = self._select("AND id = ?", (kind, id))
        except UnicodeEncodeError:  # half of a surrogate pair: no document has such a name
            return None
        return found[0] if found else None

    def hold(self, checks: Sequence[Check]) -> bool:
        query = " UNION ALL ".join([_REVISIONS] * len(checks))
        with self._connections.reading() as connection:
            rows = connection.execute(query, [part for one in checks for part in (one.kind, one.id)]).fetchall()
        found = {(kind, id): revision for kind, id, revision in rows}
        return all(found.get((one.kind, one.id)) == one.expected for one in checks)

    def commit(self, writes: Sequence[Write]) -> dict[tuple[str, str], str]:
        bodies = iter(checks.bodies(writes))
        revisions: dict[tuple[str, str], str] = {}
        with self._connections.writing() as connection:
            for write in writes:
                key = (write.kind, write.id)
                if isinstance(write, Put):
                    revisions[key] = secrets.token_hex(12)
                    due = None if write.due is None else _microseconds(write.due)
                    row = (next(bodies), revisions[key], write.number, due, " ".join(write.blobs), *key)
                    if write.expected is None:
                        done = connection.execute(_INSERT, row).rowcount
                    else:
                        done = connection.execute(_UPDATE, (*row, write.expected)).rowcount
                elif isinstance(write, Check):
                    found = connection.execute(_HAS, key).fetchall()
                    done = found == ([] if write.expected is None else [(write.expected,)])
                else:
                    done = connection.execute(_DELETE, (*key, write.expected)).rowcount
                if not done:
                    raise Conflict(*key)
        return revisions

    def by_id(self, kind: str, *, prefix: str = "", after: str = "", limit: int | None = None) -> list[Document]:
        # One bound from below: of two, SQLite would begin at the first one, and skip to the other.
        where, values = ("AND id > ?", [kind, after]) if after >= prefix else ("AND id >= ?", [kind, prefix])
        if (end := _end(prefix)) is not None:
            where, values = f"{where} AND id < ?", [*values, end]
        return self._select(f"{where} ORDER BY id", values, limit)

    def by_number(self, kind: str, *, after: int = 0, limit: int | None = None) -> list[Document]:
        return self._select("AND number > ? ORDER BY number, id", (kind, max(0, min(after, LARGEST_NUMBER))), limit)

    def by_due(self, kind: str, *, until: datetime, limit: int | None = None) -> list[Document]:
        checks.time("until", until)
        return self._select("AND due <= ? ORDER BY due, id", (kind, _microseconds(until)), limit)

    def kinds(self, prefix: str = "") -> list[str]:
        end = _end(prefix)
        query = _KINDS.format(within="found.kind IS NOT NULL" if end is None else "found.kind < ?")
        values = [prefix] if end is None else [prefix, end, end]
        with self._connections.reading() as connection:
            return [kind for (kind,) in connection.execute(query, values).fetchall()]

    def blobs(self) -> set[str]:
        with self._connections.reading() as connection:
            rows = connection.execute("SELECT DISTINCT blobs FROM documents WHERE blobs <> ''").fetchall()
        return {digest for (blobs,) in rows for digest in blobs.split(" ")}

    def next_number(self, name: str) -> int:
        with self._counting:
            following, end = self._numbers.get(name, (0, 0))
            if following == end:
                with self._connections.writing() as connection:
                    connection.execute(_TAKE, (name, _RANGE))
                    ((taken,),) = connection.execute("SELECT value FROM numbers WHERE name = ?", (name,)).fetchall()
                following, end = taken - _RANGE + 1, taken + 1
            self._numbers[name] = (following + 1, end)
            return following

    def close(self) -> None:
        self._connections.close()

    def backup(self, path: Path) -> None:
        """Copy the store as it is now to *path*, while it is read and written; what is there is replaced at the end.

        Raises StoreUnavailable; nothing is left behind then.
        """
        unfinished = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        with explained(str(path)):
            try:
                os.close(new_file(unfinished))
                with self._connections.reading() as source, contextlib.closing(sqlite3.connect(unfinished)) as copy:
                    source.backup(copy)
                to_disk(unfinished)
                os.replace(unfinished, path)
                to_disk(path.parent)
            finally:
                unfinished.unlink(missing_ok=True)

    def check(self) -> list[str]:
        found = []
        with self._connections.reading() as connection:
            try:
                said = [line for (line,) in connection.execute("PRAGMA integrity_check").fetchall()]
                found += [f"{self.where}: {line}" for line in said if line != "ok"]
                for kind, id, body in connection.execute("SELECT kind, id, body FROM documents"):
                    if not _is_body(body):
                        found.append(f"{self.where}: {kind} {id}: the body is not the JSON of a document")
            except sqlite3.DatabaseError as error:
                found.append(f"{self.where}: is damaged ({error})")
        return found

    def _select(self, rest: str, values: Sequence[Any], limit: int | None = None) -> list[Document]:
        checks.limit(limit)
        if limit is not None:
            rest, values = f"{rest} LIMIT ?", [*values, limit]
        with self._connections.reading() as connection:
            rows = connection.execute(f"{_SELECT} {rest}", values).fetchall()
        return [self._document(*row) for row in rows]

    def _document(
        self, kind: str, id: str, body: str, revision: str, number: int | None, due: int | None, blobs: str
    ) -> Document:
        try:
            parsed = json.loads(body)
        except ValueError as error:
            raise StoreDamaged(f"{self.where}: {kind} {id}: is damaged; restore a backup ({error})") from error
        when = None if due is None else _EPOCH + timedelta(microseconds=due)
        return Document(kind, id, parsed, revision, number, when, tuple(blobs.split()))


def _microseconds(time: datetime) -> int:
    return (time - _EPOCH) // _MICROSECOND


def _is_body(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def _end(prefix: str) -> str | None:
    """The first text that comes after all that begin with *prefix*; None when nothing does."""
    prefix = prefix.rstrip("\U0010ffff")
    if not prefix:
        return None
    following = ord(prefix[-1]) + 1
    return prefix[:-1] + chr(0xE000 if following == 0xD800 else following)
