"""What was computed of images, kept for the next training: zips whose files are named by what they were computed of.

It can always be computed again: what cannot be read is, and where there is no room it is not kept.
"""

from __future__ import annotations

import logging
import zipfile
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from types import TracebackType

from lookout_server.entities.blob import Blob, Keeper
from lookout_server.store.blobs import BlobWriter
from lookout_server.store.errors import StoreError

_LOG = logging.getLogger(__name__)


@dataclass
class _Pack:
    """What an earlier training has kept, and which of it was used."""

    blob: Blob
    archive: zipfile.ZipFile
    size: int
    used: set[str] = field(default_factory=set)

    @property
    def is_worn(self) -> bool:
        """Whether less than half of it was used."""
        return 2 * sum(self.archive.getinfo(key).file_size for key in self.used) < self.size


class KeptFeatures:
    """A cache for one training, as `detection.images` wants it: of what the packs have, and a new pack.

    `most` are the bytes that all packs may have; what is more is not kept. As a context, at whose end the new pack is
    written, with what was used of packs of which most was not.
    """

    def __init__(self, keeper: Keeper, packs: Sequence[Blob], most: int) -> None:
        self._keeper = keeper
        self._most = most
        self._size = 0
        self._before = packs
        self._packs: list[_Pack] = []
        self._new: zipfile.ZipFile | None = None
        self._writer: BlobWriter | None = None
        self._reading = ExitStack()
        self._writing = ExitStack()

    def __enter__(self) -> KeptFeatures:
        for pack in self._before:
            with suppress(Exception):  # one that is damaged may seem encrypted, of another version, or anything else
                path = self._reading.enter_context(self._keeper.local(pack.digest or ""))
                archive = self._reading.enter_context(zipfile.ZipFile(path))
                self._packs.append(_Pack(pack, archive, path.stat().st_size))
                self._size += self._packs[-1].size
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with self._reading:
            if error is None:
                self._repack()
        try:
            self._writing.__exit__(kind, error, at)
        except (OSError, StoreError) as failure:
            self._give_up(failure)

    def get(self, key: str) -> bytes | None:
        """What is kept under a key."""
        for pack in self._packs:
            with suppress(Exception):  # nor is it in each pack
                found = pack.archive.read(key)
                pack.used.add(key)
                return found
        with suppress(KeyError):
            return self._new.read(key) if self._new else None
        return None

    def put(self, key: str, content: bytes) -> None:
        """Keep something, as long as there is room."""
        if self._size + len(content) > self._most:
            return
        try:
            if self._new is None:
                self._writer = self._writing.enter_context(self._keeper.file())
                self._new = self._writing.enter_context(zipfile.ZipFile(self._writer.path, "w"))
            self._new.writestr(zipfile.ZipInfo(key), content)
        except (OSError, StoreError) as error:
            self._give_up(error)
        self._size += len(content)

    @property
    def added(self) -> list[Blob]:
        """The new pack, if there is one, once the context is over."""
        return [self._keeper.find(self._writer.digest)] if self._writer else []

    @property
    def useless(self) -> list[Blob]:
        """Packs of earlier trainings of which nothing is used any more."""
        used = {pack.blob.digest for pack in self._packs if pack.used}
        return [pack for pack in self._before if pack.digest not in used]

    def _repack(self) -> None:
        """Have the new pack take over what was used of those of which most was not."""
        for pack in [one for one in self._packs if one.used and one.is_worn]:
            self._size -= pack.size
            for key in sorted(pack.used):
                if content := self.get(key):
                    self.put(key, content)
            if self._new:
                pack.used.clear()

    def _give_up(self, error: Exception) -> None:
        """Keep nothing more: a training does not fail for want of room for what would only save time."""
        _LOG.warning("what was computed of images is not kept, and computed again by the next training: %s", error)
        self._new = self._writer = None
        self._most = 0
        with suppress(OSError, StoreError):  # nothing else was to be expected
            self._writing.__exit__(type(error), error, error.__traceback__)
