"""Blobs: large content, named by its SHA-256, never changed; a document that refers to it keeps it from being swept.

A blob is written before the document that points to it, and swept when no document does for an hour. So who puts one
commits within the hour, and who takes a digest over from another document renews it first. Who reads a document and
then finds its blob missing reads the document again: it was changed or deleted in the meantime.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol


class BlobWriter(Protocol):
    """A blob that comes to be."""

    #: An empty file on this machine, to be written by its path.
    path: Path
    #: The same file, open to be written. Use the one or the other.
    file: BinaryIO

    @property
    def digest(self) -> str:
        """Its digest, as soon as the `with` is over; raises ValueError before."""


class Blobs(Protocol):
    """Where blobs are. All methods may be called from any thread; each may raise StoreUnavailable.

    A digest that is none is a ValueError. What says so raises BlobMissing where there is no such blob.
    """

    def put(self, source: BinaryIO | bytes) -> str:
        """Keep the content, to the end of a stream; its digest. When it returns, it is on disk.

        The same content again is the same blob, as new as if it were the first time.
        """

    def writer(self) -> AbstractContextManager[BlobWriter]:
        """For who writes a file, or into a stream: kept at the end of the `with`, and not at all on an exception."""

    def open(self, digest: str) -> BinaryIO:
        """The content, from the beginning; the caller closes it. Raises BlobMissing."""

    def local(self, digest: str) -> AbstractContextManager[Path]:
        """The content as a file on this machine, to be read only, until the `with` is over. Raises BlobMissing."""

    def size(self, digest: str) -> int:
        """How many bytes it has; raises BlobMissing."""

    def exists(self, digest: str) -> bool:
        """Whether there is such a blob."""

    def renew(self, digest: str) -> None:
        """Make it as new as if it were put now; raises BlobMissing."""

    def verify(self, digest: str) -> bool:
        """Read it; whether it still is what its digest says. Raises BlobMissing."""

    def digests(self, *, before: datetime | None = None) -> Iterator[str]:
        """All blobs, or those that were neither put nor renewed at *before* or later, in no particular order."""

    def delete(self, digest: str, *, before: datetime | None = None) -> bool:
        """Delete it, unless it was put or renewed at *before* or later; whether it was deleted.

        That is decided and done at once: a blob that is put at the same time is there afterwards.
        """

    def abandon(self, before: datetime) -> int:
        """Clear away what was begun and not written to since *before*, as by a process that died; how many it were."""
