"""Who did what: an entry for every call that may change something, whether it was allowed, and what came of it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from lookout_server.calls import Said
from lookout_server.store import Documents, Put

KIND = "audit"
_PAGE = 500


@dataclass(frozen=True)
class Entry:
    """One call."""

    time: datetime
    request_id: str
    account: str
    access_key: str
    #: The ARN of the caller.
    principal: str
    region: str
    service: str
    operation: str
    #: That of the error; OK without one.
    code: str
    #: The address that the call came from.
    source: str

    @classmethod
    def of(cls, said: Said) -> Entry:
        """The entry of a call."""
        return cls(
            time=said.time,
            request_id=said.request_id,
            account=said.request.account,
            access_key=said.request.access_key,
            principal=said.principal,
            region=said.request.region,
            service=said.request.service,
            operation=said.operation,
            code=said.code or "OK",
            source=said.request.source_ip,
        )


class DocumentAudit:
    """Entries as documents, in the order of time, until their retention is over."""

    def __init__(self, documents: Documents, retention: Callable[[], timedelta]) -> None:
        self._documents = documents
        self._retention = retention

    def put(self, entry: Entry) -> Put:
        """An entry, as a part of the commit of what the call changed."""
        body = {**asdict(entry), "time": entry.time.isoformat()}
        id = f"{entry.time.astimezone(UTC):%Y%m%dT%H%M%S.%f}-{secrets.token_hex(4)}"
        return Put(KIND, id, body, None, due=entry.time + self._retention())

    def entries(self, since: datetime) -> Iterator[Entry]:
        """The entries from a time on, the oldest first."""
        after = f"{since.astimezone(UTC):%Y%m%dT%H%M%S.%f}"
        while page := self._documents.by_id(KIND, after=after, limit=_PAGE):
            for document in page:
                body = dict(document.body)
                yield Entry(**{**body, "time": datetime.fromisoformat(body["time"])})
            after = page[-1].id
