"""Content that may be large: a document refers to it, and it is read when it is looked at. It never changes."""

from __future__ import annotations

import base64
import io
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from lookout_server.store.blobs import Blobs, BlobWriter
from lookout_server.store.disk import explained
from lookout_server.store.errors import BlobMissing

#: Bytes up to which content stands in the document itself, and needs no file of its own.
_SMALL = 2048
#: Bytes of contents that a process keeps at hand.
_AT_HAND = 64 * 1024**2
#: Seconds after which what was written piece by piece is renewed while more is, and how long it is at most.
_RENEWED, _WRITTEN = 600.0, 86_400.0
#: Bytes of a content that is written piece by piece, up to which it needs no file until it is whole.
_BEGINNING = 256 * 1024


class Blob:
    """Bytes, kept in the document when they are few, else under their digest."""

    __slots__ = ("_keeper", "_small", "digest")

    def __init__(self, keeper: Keeper, small: bytes | None, digest: str | None) -> None:
        self._keeper = keeper
        self._small = small
        #: Their SHA-256, where they are not in the document itself.
        self.digest = digest

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Blob) and self.reference == other.reference

    def __hash__(self) -> int:
        return hash((self._small, self.digest))

    @property
    def reference(self) -> Any:
        """What the document says."""
        return self.digest if self._small is None else {"small": base64.b64encode(self._small).decode()}

    def read(self) -> bytes:
        """The content; raises BlobMissing."""
        return self._keeper.read(self.digest or "") if self._small is None else self._small

    def open(self) -> BinaryIO:
        """The content as a file, which the caller closes, for who reads only some of it; raises BlobMissing."""
        return self._keeper.open(self.digest or "") if self._small is None else io.BytesIO(self._small)


class NewBlob(io.RawIOBase):
    """A blob that is written piece by piece, and is never whole in memory unless there is little of it."""

    def __init__(self, keeper: Keeper, blobs: Blobs) -> None:
        self._keeper = keeper
        self._blobs = blobs
        self._stack = ExitStack()
        self._beginning = bytearray()
        self._writer: BlobWriter | None = None
        self._blob: Blob | None = None
        #: Bytes so far.
        self.size = 0

    @property
    def blob(self) -> Blob:
        """What it has become, as soon as the `with` is over; raises ValueError before."""
        if self._blob is None:
            raise ValueError("a new blob: is one when it is whole, at the end of the `with`")
        return self._blob

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        count = memoryview(piece).nbytes
        self.size += count
        if self._writer is None:
            self._beginning += piece
            if len(self._beginning) <= _BEGINNING:
                return count
            self._writer = self._stack.enter_context(self._blobs.writer())
            piece = bytes(self._beginning)
            self._beginning.clear()
        with explained(self._writer.path):
            self._writer.file.write(piece)
        self._keeper.hold()
        return count

    @contextmanager
    def _whole(self) -> Iterator[NewBlob]:
        with self._stack:
            yield self
        if self._writer is None:
            self._blob = self._keeper.keep(bytes(self._beginning))
        else:
            self._blob = self._keeper.find(self._writer.digest)
            self._keeper.hold(self._writer.digest)


class Keeper:
    """Keeps contents, and finds them again; those that were read last are at hand."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self._read: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0
        self._written: dict[str, float] = {}
        self._renewed = time.monotonic()
        self._lock = threading.Lock()

    def keep(self, content: bytes) -> Blob:
        """Keep content; it must be referred to by a document soon, or is swept."""
        if len(content) <= _SMALL:
            return Blob(self, content, None)
        return Blob(self, None, self._blobs.put(content))

    @contextmanager
    def writer(self) -> Iterator[NewBlob]:
        """For content that comes piece by piece: kept at the end of the `with`, and not at all on an exception."""
        with NewBlob(self, self._blobs)._whole() as new:
            yield new

    def open(self, digest: str) -> BinaryIO:
        """The content of a digest as a file; raises BlobMissing."""
        return self._blobs.open(digest)

    def file(self) -> AbstractContextManager[BlobWriter]:
        """For content that is written as a file, here and there in it; it is found by its digest."""
        return self._blobs.writer()

    def local(self, digest: str) -> AbstractContextManager[Path]:
        """The content of a digest as a file on this machine, to be read only; raises BlobMissing."""
        return self._blobs.local(digest)

    def find(self, reference: Any) -> Blob:
        """What a document refers to."""
        if isinstance(reference, str):
            return Blob(self, None, reference)
        return Blob(self, base64.b64decode(reference["small"]), None)

    def renew(self, digest: str) -> None:
        """Keep a content from being swept for a while: a document is going to refer to it."""
        self._blobs.renew(digest)

    def hold(self, digest: str | None = None) -> None:
        """Keep from being swept what was written piece by piece, and this: work of hours finds it all at its end."""
        now = time.monotonic()
        with self._lock:
            if digest:
                self._written[digest] = now
            if now - self._renewed < _RENEWED:
                return
            self._renewed = now
            self._written = {one: then for one, then in self._written.items() if now - then < _WRITTEN}
            held = list(self._written)
        for one in held:
            with suppress(BlobMissing):  # nobody wanted it
                self._blobs.renew(one)

    def read(self, digest: str) -> bytes:
        """The content of a digest; raises BlobMissing."""
        with self._lock:
            if digest in self._read:
                self._read.move_to_end(digest)
                return self._read[digest]
        with self._blobs.open(digest) as file:
            content = file.read()
        with self._lock:
            if digest not in self._read and len(content) < _AT_HAND:
                self._read[digest] = content
                self._size += len(content)
            while self._size > _AT_HAND:
                self._size -= len(self._read.popitem(last=False)[1])
        return content
