"""The tables of documents, and how those of earlier formats become today's."""

from __future__ import annotations

import sqlite3

from lookout_server.store.errors import NewerFormat, StoreUnavailable

#: What leads from each format to the next, beginning with an empty database; what was released is never changed.
#: `due` is microseconds since 1970, `blobs` digests with a space between.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE format (version INTEGER NOT NULL)",
        "INSERT INTO format (version) VALUES (0)",
        "CREATE TABLE numbers (name TEXT NOT NULL PRIMARY KEY, value BIGINT NOT NULL)",
        "CREATE TABLE documents (kind TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, revision TEXT NOT NULL,"
        " number BIGINT, due BIGINT, blobs TEXT NOT NULL, PRIMARY KEY (kind, id))",
        "CREATE INDEX documents_by_number ON documents (kind, number, id) WHERE number IS NOT NULL",
        "CREATE INDEX documents_by_due ON documents (kind, due, id) WHERE due IS NOT NULL",
        "CREATE INDEX documents_with_blobs ON documents (blobs) WHERE blobs <> ''",
    ),
)


def migrate(connection: sqlite3.Connection, where: str) -> None:
    """Bring the database to the newest format, one transaction for each step; raises NewerFormat, StoreUnavailable."""
    while (found := _format(connection, where)) < len(MIGRATIONS):
        connection.execute("BEGIN IMMEDIATE")
        try:
            if _format(connection, where) == found:  # otherwise another process was faster
                for statement in MIGRATIONS[found]:
                    connection.execute(statement)
                connection.execute("UPDATE format SET version = ?", (found + 1,))
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    if found > len(MIGRATIONS):
        raise NewerFormat(where, found, len(MIGRATIONS))


def _format(connection: sqlite3.Connection, where: str) -> int:
    """The format that the database has; 0 when it is empty."""
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()}
    if not tables:
        return 0
    rows = connection.execute("SELECT version FROM format").fetchall() if "format" in tables else []
    if len(rows) != 1 or not isinstance(rows[0][0], int):
        raise StoreUnavailable(f"{where}: is a database of something else; name another file")
    return rows[0][0]
