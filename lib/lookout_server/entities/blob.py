"""Content that may be large: a document refers to it, and it is read when it is looked at. It never changes."""

from __future__ import annotations

import base64
import threading
from collections import OrderedDict
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from lookout_server.store.blobs import Blobs, BlobWriter

#: Bytes up to which content stands in the document itself, and needs no file of its own.
_SMALL = 2048
#: Bytes of contents that a process keeps at hand.
_AT_HAND = 64 * 1024**2


class Blob:
    """Bytes, kept in the document when they are few, else under their digest."""

    __slots__ = ("_keeper", "_small", "digest")

    def __init__(self, keeper: Keeper, small: bytes | None, digest: str | None) -> None:
        self._keeper = keeper
        self._small = small
        #: Their SHA-256, where they are not in the document itself.
        self.digest = digest

    @property
    def reference(self) -> Any:
        """What the document says."""
        return self.digest if self._small is None else {"small": base64.b64encode(self._small).decode()}

    def read(self) -> bytes:
        """The content; raises BlobMissing."""
        return self._keeper.read(self.digest or "") if self._small is None else self._small


class Keeper:
    """Keeps contents, and finds them again; those that were read last are at hand."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self._read: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def keep(self, content: bytes) -> Blob:
        """Keep content; it must be referred to by a document soon, or is swept."""
        if len(content) <= _SMALL:
            return Blob(self, content, None)
        return Blob(self, None, self._blobs.put(content))

    def writer(self) -> AbstractContextManager[BlobWriter]:
        """For content too large to be held; it is found by its digest."""
        return self._blobs.writer()

    def local(self, digest: str) -> AbstractContextManager[Path]:
        """The content of a digest as a file, to be read only; raises BlobMissing."""
        return self._blobs.local(digest)

    def find(self, reference: Any) -> Blob:
        """What a document refers to."""
        if isinstance(reference, str):
            return Blob(self, None, reference)
        return Blob(self, base64.b64decode(reference["small"]), None)

    def renew(self, digest: str) -> None:
        """Keep a content from being swept for a while: a document is going to refer to it."""
        self._blobs.renew(digest)

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
