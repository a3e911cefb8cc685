"""Who did what: an entry for every call that may change something, whether it was allowed, and what came of it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from lookout_server.store import Documents, Put, expire

KIND = "audit"
#: What calls begin with that only look.
_LOOKS = ("List", "Describe", "Detect")
_PAGE = 500
#: How many entries go at once when their time is over.
_MOST_AT_ONCE = 1_000


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


class Audit(Protocol):
    """Where entries go."""

    def append(self, entry: Entry) -> None:
        """Keep an entry; raises StoreUnavailable."""


def changes(operation: str) -> bool:
    """Whether an operation may change something."""
    return bool(operation) and not operation.startswith(_LOOKS)


class DocumentAudit(Audit):
    """Entries as documents, in the order of time, until their retention is over."""

    def __init__(self, documents: Documents, retention: Callable[[], timedelta]) -> None:
        self._documents = documents
        self._retention = retention

    def append(self, entry: Entry) -> None:
        """Keep an entry."""
        self._documents.commit([self.put(entry)])

    def put(self, entry: Entry) -> Put:
        """The entry as a part of a commit, together with what the call changed."""
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

    def expire(self, now: datetime) -> int:
        """Delete entries whose time is over; how many it were."""
        return expire(self._documents, KIND, now, _MOST_AT_ONCE)
