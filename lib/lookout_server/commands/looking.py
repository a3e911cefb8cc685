"""`lookout-server status`, `check` and `audit`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

import typer

from lookout_server.commands.base import (
    Config,
    Data,
    Json,
    app,
    data_of,
    directory_of,
    in_json,
    loaded,
    progress,
    say,
    table,
)
from lookout_server.config.configuration import EVERYWHERE
from lookout_server.errors import ServerError

_PATIENCE = 10.0


@app.command()
def status(config: Config = None, data: Data = None, as_json: Json = False) -> None:
    """Say whether a server runs, where, and whether it is ready; exit status 1 when none does, or it is not."""
    directory = directory_of(loaded(config, data=data).configuration)
    pid = directory.holder()
    if pid is None:
        in_json({"running": False, "data": str(directory.path)}) if as_json else say(
            f"no server runs in {directory.path}"
        )
        raise typer.Exit(1)
    record = directory.record()
    ready, checks = _health(record)
    if as_json:
        in_json({"running": True, **record, "pid": pid, "ready": ready, "checks": checks})
    else:
        say(f"process    {pid}")
        for name in ("url", "version", "started"):
            say(f"{name:<10} {record.get(name, 'not known yet: it is starting')}")
        say(f"data       {directory.path}")
        say(f"ready      {'yes' if ready else 'no'}")
        for name, found in checks.items():
            say(f"  {name:<8} {found}")
    if not ready:
        raise typer.Exit(1)


@app.command()
def check(config: Config = None, data: Data = None) -> None:
    """Read every document and every blob, also while a server runs; exit status 1 when something is wrong.

    What is wrong is said in a sentence each. Nothing is changed.
    """
    from lookout_server.store import DirectoryBlobs, SqliteDocuments, problems

    directory = data_of(loaded(config, data=data).configuration)
    documents = SqliteDocuments(directory.documents)
    found = 0
    try:
        total = len(documents.blobs())
        with progress("blobs") as told:

            class Counting(DirectoryBlobs):
                """Tells how many were read."""

                read = 0

                def verify(self, digest: str) -> bool:
                    self.read += 1
                    told(self.read, total)
                    return super().verify(digest)

            for problem in problems(documents, Counting(directory.blobs)):
                found += 1
                say(problem)
    finally:
        documents.close()
    if found:
        raise ServerError(f"check of {directory.path}: {found} things are not as they were written, see above")
    say(f"all is well: every document, and {total} blobs")


@app.command()
def audit(
    config: Config = None,
    data: Data = None,
    since: Annotated[str, typer.Option("--since", metavar="DURATION", help="How far back: 90s, 12h, 7d.")] = "1d",
    key: Annotated[str | None, typer.Option("--key", help="Only what was called with this access key.")] = None,
    operation: Annotated[str | None, typer.Option("--operation", help="Only calls of this operation.")] = None,
    as_json: Json = False,
) -> None:
    """Show who did what: every call that may have changed something, the oldest first."""
    from dataclasses import asdict
    from datetime import UTC, datetime

    from lookout_server.config import written
    from lookout_server.monitoring.audit import DocumentAudit
    from lookout_server.store import SqliteDocuments

    try:
        back = written.duration(since, "since")
    except ValueError as error:
        raise ServerError(str(error), 2) from None
    directory = data_of(loaded(config, data=data).configuration)
    documents = SqliteDocuments(directory.documents)
    try:
        entries = DocumentAudit(documents, timedelta).entries(datetime.now(UTC) - back)
        wanted = (one for one in entries if key in (None, one.access_key) and operation in (None, one.operation))
        if as_json:
            for entry in wanted:
                in_json(asdict(entry))
        else:
            table(
                ("time", "who", "operation", "code", "from", "request"),
                (
                    (
                        f"{one.time:%Y-%m-%d %H:%M:%S}",
                        f"{one.principal} {one.access_key}",
                        one.operation,
                        one.code,
                        one.source,
                        one.request_id,
                    )
                    for one in wanted
                ),
            )
    finally:
        documents.close()


def _health(record: Mapping[str, Any]) -> tuple[bool, dict[str, str]]:
    """Whether the server that wrote a record is ready, and what it says of each check."""
    import http.client
    import json
    import ssl

    if not record:
        return False, {}
    host, port = record["host"], record["port"]
    address = "localhost" if host in EVERYWHERE else host
    # Its certificate is for others: this is the server of the directory, and nothing secret is asked.
    connection = (
        http.client.HTTPSConnection(address, port, timeout=_PATIENCE, context=ssl._create_unverified_context())
        if record["url"].startswith("https:")
        else http.client.HTTPConnection(address, port, timeout=_PATIENCE)
    )
    try:
        connection.request("GET", "/health/ready", headers={"host": f"localhost:{port}"})
        answer = json.loads(connection.getresponse().read())
        return bool(answer["ready"]), dict(answer.get("checks", {}))
    except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
        return False, {"answer": f"none at {record['url']}: {error}"}
    finally:
        connection.close()
