"""Blobs as files: `<first two digits>/<digest>` below a directory, which is made when there is something to keep.

What is being written lies beside those folders, on the same disk, until it is whole. The modification time of a file is
when it was put or renewed last; a folder is locked (by its own descriptor, so there is no lock file) while a name in it
is put or judged too old.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from lookout_server.store import checks
from lookout_server.store.blobs import Blobs, BlobWriter
from lookout_server.store.disk import explained, flush, locked, new_directory, new_file, to_disk
from lookout_server.store.errors import BlobMissing

_UNFINISHED = "new-"
_PIECE = 1 << 20


class _Unfinished(BlobWriter):
    """A file that becomes a blob."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file: BinaryIO = os.fdopen(new_file(path), "wb")
        self.found: str | None = None

    @property
    def digest(self) -> str:
        if self.found is None:
            raise ValueError("digest of a blob: is known when it is whole, at the end of the `with`")
        return self.found


class DirectoryBlobs(Blobs):
    """Blobs in a directory; the port's methods are as `Blobs` describes them."""

    def __init__(self, root: Path) -> None:
        """Nothing is made or read yet. The directory above *root* has to be there when the first blob is put."""
        self.root = root

    def put(self, source: BinaryIO | bytes) -> str:
        with self._new() as unfinished:
            found = hashlib.sha256()
            while piece := source if isinstance(source, bytes) else source.read(_PIECE):
                found.update(piece)
                with explained(unfinished.path):
                    unfinished.file.write(piece)
                if isinstance(source, bytes):
                    break
            return self._keep(unfinished, found.hexdigest())

    @contextlib.contextmanager
    def writer(self) -> Iterator[_Unfinished]:
        with self._new() as unfinished:
            yield unfinished
            with explained(unfinished.path):
                unfinished.file.close()  # what is in its buffer belongs to the content
                with unfinished.path.open("rb") as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
            unfinished.found = self._keep(unfinished, digest)

    def open(self, digest: str) -> BinaryIO:
        with self._found(digest) as path:
            return path.open("rb")

    @contextlib.contextmanager
    def local(self, digest: str) -> Iterator[Path]:
        with self._found(digest) as path:
            path.stat()
        yield path

    def size(self, digest: str) -> int:
        with self._found(digest) as path:
            return path.stat().st_size

    def exists(self, digest: str) -> bool:
        path = self._path(digest)
        with explained(path):
            return path.exists()

    def renew(self, digest: str) -> None:
        with self._found(digest) as path, locked(path.parent):
            os.utime(path)

    def verify(self, digest: str) -> bool:
        with self._found(digest) as path, path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == digest

    def digests(self, *, before: datetime | None = None) -> Iterator[str]:
        for folder in _entries(self.root):
            if len(folder.name) == 2:
                for path in _entries(folder):
                    if _is_before(path, before):
                        yield path.name

    def delete(self, digest: str, *, before: datetime | None = None) -> bool:
        path = self._path(digest)
        with explained(path), contextlib.suppress(FileNotFoundError), locked(path.parent):
            if _is_before(path, before):
                path.unlink()
                return True
        return False

    def abandon(self, before: datetime) -> int:
        old = [path for path in _entries(self.root) if path.name.startswith(_UNFINISHED) and _is_before(path, before)]
        for path in old:
            with explained(path):
                path.unlink(missing_ok=True)
        return len(old)

    @contextlib.contextmanager
    def _new(self) -> Iterator[_Unfinished]:
        """A new file, which is gone at the end if it was not kept."""
        path = self.root / f"{_UNFINISHED}{secrets.token_hex(8)}"
        with explained(path):
            new_directory(self.root)
            unfinished = _Unfinished(path)
        try:
            yield unfinished
        finally:
            with contextlib.suppress(OSError):  # such as a full disk, which was the error already
                unfinished.file.close()
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)

    def _keep(self, unfinished: _Unfinished, digest: str) -> str:
        """Give the file its name, also if there is one of that name: it makes it new, and whole if it was damaged."""
        path = self._path(digest)
        with explained(path):
            unfinished.file.close()
            os.utime(unfinished.path)
            to_disk(unfinished.path)
            new_directory(path.parent)
            with locked(path.parent) as folder:
                os.replace(unfinished.path, path)
                flush(folder)
        return digest

    @contextlib.contextmanager
    def _found(self, digest: str) -> Iterator[Path]:
        """Where it is; that it is not there, as BlobMissing."""
        path = self._path(digest)
        with explained(path):
            try:
                yield path
            except FileNotFoundError as error:
                raise BlobMissing(str(self.root), digest) from error

    def _path(self, digest: str) -> Path:
        return self.root / checks.digest(digest)[:2] / digest


def _entries(folder: Path) -> list[Path]:
    with explained(folder), contextlib.suppress(FileNotFoundError):
        return list(folder.iterdir())
    return []


def _is_before(path: Path, before: datetime | None) -> bool:
    """Whether there is such a file, not written or renewed since."""
    with explained(path), contextlib.suppress(FileNotFoundError):
        return before is None or datetime.fromtimestamp(path.stat().st_mtime, UTC) < before
    return False
