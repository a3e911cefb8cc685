"""What was computed of images, kept for the next training: zips whose files are named by what they were computed of."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from types import TracebackType

from lookout_server.entities.blob import Blob, Keeper
from lookout_server.store.blobs import BlobWriter
from lookout_server.store.errors import BlobMissing


class KeptFeatures:
    """A cache for one training, as `detection.images` wants it: of what the packs have, and a new pack.

    `most` are the bytes that all packs may have; what is more is not kept. As a context, at whose end the new pack is
    written.
    """

    def __init__(self, keeper: Keeper, packs: Sequence[Blob], most: int) -> None:
        self._keeper = keeper
        self._most = most
        self._size = 0
        self._before = packs
        self._archives: list[tuple[Blob, zipfile.ZipFile]] = []
        self._used: set[str] = set()
        self._new: zipfile.ZipFile | None = None
        self._writer: BlobWriter | None = None
        self._open = ExitStack()

    def __enter__(self) -> KeptFeatures:
        for pack in self._before:
            with suppress(BlobMissing, zipfile.BadZipFile):
                path = self._open.enter_context(self._keeper.local(pack.digest or ""))
                self._archives.append((pack, self._open.enter_context(zipfile.ZipFile(path))))
                self._size += path.stat().st_size
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._open.__exit__(kind, error, at)

    def get(self, key: str) -> bytes | None:
        """What is kept under a key."""
        for pack, archive in self._archives:
            with suppress(KeyError, zipfile.BadZipFile, zlib.error, OSError):  # what is damaged is computed again
                found = archive.read(key)
                self._used.add(pack.digest or "")
                return found
        with suppress(KeyError):
            return self._new.read(key) if self._new else None
        return None

    def put(self, key: str, content: bytes) -> None:
        """Keep something, as long as there is room."""
        self._size += len(content)
        if self._size > self._most:
            return
        if self._new is None:
            self._writer = self._open.enter_context(self._keeper.file())
            self._new = self._open.enter_context(zipfile.ZipFile(self._writer.path, "w"))
        self._new.writestr(zipfile.ZipInfo(key), content)

    @property
    def added(self) -> list[Blob]:
        """The new pack, if there is one, once the context is over."""
        return [self._keeper.find(self._writer.digest)] if self._writer else []

    @property
    def useless(self) -> list[Blob]:
        """Packs of earlier trainings of which nothing was used."""
        return [pack for pack in self._before if pack.digest not in self._used]
