"""What a store cannot do, in words for whoever runs it."""

from __future__ import annotations


class StoreError(Exception):
    """Anything that a store refuses or fails at, but what is the caller's own mistake (a ValueError)."""


class Conflict(StoreError):
    """A document is not as the caller has read it: nothing was written. Read again, decide again, commit again."""

    def __init__(self, kind: str, id: str) -> None:
        super().__init__(f"{kind} {id}: was changed by somebody else in the meantime, read it again")
        #: Which document, the first of them in the order of the writes.
        self.kind, self.id = kind, id


class StoreUnavailable(StoreError):
    """The store cannot be read or written now: full, read-only, gone. What was acknowledged is not lost.

    Whether the commit that failed was written is not known, as of any database behind a network: who repeats it reads
    again first. The store itself goes on as soon as the cause is gone.
    """


class StoreDamaged(StoreError):
    """The store is not what it was: damaged, or replaced while it was open. It does not help to wait."""


class NewerFormat(StoreError):
    """The store was written by a later release; nothing in it was changed."""

    def __init__(self, where: str, found: int, known: int) -> None:
        super().__init__(
            f"{where}: got the format {found}, expected at most {known}; use the release that wrote it, or a later one"
        )
        #: The format of the store, and the newest that this release knows.
        self.found, self.known = found, known


class BlobMissing(StoreError):
    """There is no blob of this digest."""

    def __init__(self, where: str, digest: str) -> None:
        super().__init__(f"{where}: has no blob {digest}; if a document refers to it, restore a backup")
        #: What was asked for.
        self.digest = digest
