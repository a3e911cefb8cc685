"""Documents: JSON with a revision, changed by compare-and-swap only, in commits of all or nothing.

A commit is what SQLite, PostgreSQL and DynamoDB can all do; so are the queries: within one kind (a partition), ordered
by one key. Every read sees all commits that have returned, from whichever thread or process.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeAlias

#: The most writes of one commit: as many as DynamoDB takes.
MOST_WRITES = 100
#: The most bytes of a body as compact JSON in ASCII; what is larger is a blob. An item of DynamoDB has 400 KB.
LARGEST_BODY = 350_000
#: The most bytes of a kind and of an id: those of DynamoDB's keys.
LONGEST_KIND, LONGEST_ID = 2048, 1024
#: The largest number: what a column of a database holds.
LARGEST_NUMBER = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it was read."""

    #: What is queried together: the partition, such as `lookoutequipment/dataset/111122223333/eu-west-1`.
    kind: str
    #: Unique within the kind.
    id: str
    #: What JSON can say; the reader's own copy.
    body: Mapping[str, Any]
    #: New with every write, and never again the same, also after a deletion. Nothing is to be read out of it.
    revision: str
    #: Sort key: the order of creation. Unique within the kind, by whoever gives it out (`next_number`).
    number: int | None
    #: Sort key: when something is to be done about it, in UTC, to the microsecond.
    due: datetime | None
    #: The digests of the blobs that it refers to, which keep them from being swept.
    blobs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Put:
    """Write the whole document; what stands in it otherwise is replaced, sort keys and blobs as well."""

    kind: str
    id: str
    body: Mapping[str, Any]
    #: The revision that it was read with; None: there must be none.
    expected: str | None
    number: int | None = None
    due: datetime | None = None
    blobs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete the document."""

    kind: str
    id: str
    #: The revision that it was read with.
    expected: str


@dataclass(frozen=True, slots=True)
class Check:
    """What the decision depended on and does not change: a commit whose checks do not hold writes nothing."""

    kind: str
    id: str
    #: The revision that it was read with; None: there must be none.
    expected: str | None


Write: TypeAlias = Put | Delete | Check


class Documents(Protocol):
    """Where documents are. All methods may be called from any thread; each may raise StoreUnavailable, StoreDamaged."""

    def get(self, kind: str, id: str) -> Document | None:
        """The document, or None where there is none."""

    def hold(self, checks: Sequence[Check]) -> bool:
        """Whether all checks hold, at one moment: whether what was read is still so, for less than to read it again."""

    def commit(self, writes: Sequence[Write]) -> dict[tuple[str, str], str]:
        """Write all or nothing; the new revisions by the kind and id of every Put.

        When it returns, it is on disk. Raises Conflict when a document does not have the revision that is expected of
        it, StoreUnavailable, and ValueError when no store could take the writes: more than 100, two about one document,
        a body that is not JSON or above 350,000 bytes, a key that is empty, too long or has a NUL in it, a time
        without a zone.
        """

    def by_id(self, kind: str, *, prefix: str = "", after: str = "", limit: int | None = None) -> list[Document]:
        """The documents whose id begins with *prefix* and comes after *after*, in the order of their UTF-8 bytes."""

    def by_number(self, kind: str, *, after: int = 0, limit: int | None = None) -> list[Document]:
        """The documents that have a number above *after*, in that order."""

    def by_due(self, kind: str, *, until: datetime, limit: int | None = None) -> list[Document]:
        """The documents that are due at *until* or were before, the longest overdue first."""

    def kinds(self, prefix: str = "") -> list[str]:
        """The kinds that begin with *prefix* and have a document, in the order of their UTF-8 bytes."""

    def blobs(self) -> set[str]:
        """The digests that any document refers to."""

    def next_number(self, name: str) -> int:
        """A number above 0 that was never given out under this name, also before a restart.

        They rise within a process, with gaps; two processes take theirs from ranges of their own.
        """

    def check(self) -> list[str]:
        """Read everything; what is wrong with it, one sentence each, and none when all is well."""

    def close(self) -> None:
        """Let go of files and connections; a second time does nothing."""
