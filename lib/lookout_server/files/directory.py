"""Buckets in a directory: each folder in it is one, and the files below that are its objects.

Nothing outside of a bucket is read or written, whatever its key is and whatever links are in it. A way is followed
name by name from the bucket on, and no name on it is a link: links that stay within the bucket are resolved before.
So a link that is put there in the very moment is refused as well. A folder that is a bucket may itself be a link, to
a disk for instance: whoever has the directory made it.
"""

from __future__ import annotations

import errno
import io
import os
import secrets
import stat
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO
from unicodedata import normalize

from lookout_server.files.names import HIDDEN, check_bucket, folder_of, parts_of
from lookout_server.files.storage import Buckets, StoredObject
from lookout_server.protocol.errors import StorageError, Unreachable

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK  # a pipe would wait for its writer
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
_RIGHTS, _FOLDER_RIGHTS = 0o666, 0o777  # less what the process masks: other programs work with these files
_REASONS = {
    errno.EDQUOT: "InternalError: the quota of the disk is used up; free some space",
    errno.ELOOP: "a link is on the way, and is not followed",
    errno.ENAMETOOLONG: "InvalidKey: a part of the key is longer than the name of a file may be, mostly 255 bytes",
    errno.ENOSPC: "InternalError: the disk is full; free some space",
    errno.ENOTDIR: "NoSuchKey: a part of the key is a file, expected a folder",
    errno.EROFS: "AccessDenied: the disk may not be written",
    errno.EXDEV: f"InternalError: the folder is on another disk than {HIDDEN} in its bucket; make it a bucket",
}


class _File(io.FileIO):
    """A file whose errors are those of a storage, also those that come when it is read or written."""

    def readinto(self, buffer: Any) -> int | None:
        with _explained():
            return super().readinto(buffer)

    def readall(self) -> bytes:
        with _explained():
            return super().readall()

    def write(self, piece: Any) -> int:
        with _explained():
            return super().write(piece)


class DirectoryBuckets(Buckets):
    """The buckets in a directory. The methods are as `Buckets` describes them."""

    def __init__(self, root: Path, *, region: str = "us-east-1") -> None:
        """Where the buckets are, and in which Region they are said to be."""
        self._root = root
        self._region = region

    def region(self, bucket: str) -> str:
        """The Region that all are in."""
        self._real(bucket)
        return self._region

    def list(self, bucket: str, prefix: str) -> list[StoredObject]:
        real = self._real(bucket)
        folder, begin = folder_of(prefix)
        with _explained():
            start = _within(real, folder)
            return list(_walk(real, start, "/".join([*folder, ""]) if folder else "", begin))

    def open(self, bucket: str, key: str) -> BinaryIO:
        real = self._real(bucket)
        parts = parts_of(key)
        with _explained():
            *way, name = _way(real, parts) or ["."]
            with _folder(real, way) as folder:
                _check_spelling(folder, name)
                descriptor = os.open(name, _FILE, dir_fd=folder)
            try:
                mode = os.fstat(descriptor).st_mode
                if stat.S_ISDIR(mode):
                    raise _no_such_key()
                if not stat.S_ISREG(mode):
                    raise StorageError("is no file, and not read: expected a file or a folder")
                return io.BufferedReader(_File(descriptor))
            except BaseException:
                os.close(descriptor)
                raise

    def read(self, bucket: str, key: str, version_id: str | None = None, *, most: int) -> bytes:
        if version_id not in (None, "null"):
            raise StorageError(f"NoSuchVersion: a bucket that is a directory has no versions: got '{version_id:.80}'")
        with self.open(bucket, key) as file, _explained():
            size = os.fstat(file.fileno()).st_size
            if size > most:
                raise StorageError(f"it has {size} bytes, the quota is {most}")
            return file.read(size)

    @contextmanager
    def writer(self, bucket: str, key: str) -> Iterator[BinaryIO]:
        real = self._real(bucket)
        *way, name = parts_of(key)
        unfinished = secrets.token_hex(16)
        with ExitStack() as stack:
            with _explained():
                hidden = stack.enter_context(_folder(real, [HIDDEN], make=True))
                raw = _File(os.open(unfinished, _NEW_FILE, _RIGHTS, dir_fd=hidden), "wb")
            try:
                file = io.BufferedWriter(raw)
                yield file
                with _explained(), _folder(real, _way(real, way), make=True) as folder:
                    _check_spelling(folder, name)
                    with suppress(FileNotFoundError):
                        if stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
                            raise StorageError("is a folder, expected a file or nothing")
                    file.flush()
                    os.fsync(raw.fileno())
                    raw.close()
                    os.rename(unfinished, name, src_dir_fd=hidden, dst_dir_fd=folder)
                    os.fsync(folder)
            except BaseException:
                with suppress(OSError):
                    os.unlink(unfinished, dir_fd=hidden)
                with suppress(OSError):
                    raw.close()  # with what is in the buffer
                raise

    def abandon(self, before: datetime) -> int:
        """Clear away what was begun and not written to since *before*, as by a process that died; how many it were."""
        gone = 0
        with suppress(FileNotFoundError), os.scandir(self._root) as buckets:
            for bucket in buckets:
                with suppress(OSError), _folder(bucket.path, [HIDDEN]) as hidden:
                    for name in os.listdir(hidden):
                        written = os.stat(name, dir_fd=hidden, follow_symlinks=False).st_mtime
                        if datetime.fromtimestamp(written, UTC) < before:
                            os.unlink(name, dir_fd=hidden)
                            gone += 1
        return gone

    def _real(self, bucket: str) -> str:
        """Where a bucket really is."""
        check_bucket(bucket)
        with _explained():
            real = os.path.realpath(self._root / bucket)
            if not os.path.isdir(real):
                raise StorageError(f"NoSuchBucket: The specified bucket does not exist: {bucket}")
            with _folder(str(self._root), []) as root:
                _check_spelling(root, bucket)
            return real


def _within(real: str, parts: Sequence[str]) -> str:
    """Where something in a bucket really is, all links resolved; raises StorageError when that is outside."""
    found = os.path.realpath(os.path.join(real, *parts))
    if found != real and not found.startswith(real.rstrip("/") + "/"):
        raise StorageError("a link leads out of the bucket, and is not followed")
    return found


def _way(real: str, parts: Sequence[str]) -> list[str]:
    """The names from a bucket to where something in it really is."""
    names = os.path.relpath(_within(real, parts), real).split(os.sep)
    if names[0] == HIDDEN:
        raise _no_such_key()
    return [name for name in names if name != "."]


@contextmanager
def _folder(real: str, way: Sequence[str], *, make: bool = False) -> Iterator[int]:
    """A descriptor of a folder of a bucket, on a way without links."""
    found = os.open(real, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for name in way:
            if make:
                with suppress(FileExistsError):
                    os.mkdir(name, _FOLDER_RIGHTS, dir_fd=found)
                    os.fsync(found)
            _check_spelling(found, name)
            below = os.open(name, _FOLDER, dir_fd=found)
            os.close(found)
            found = below
        yield found
    finally:
        os.close(found)


def _walk(real: str, place: str, key: str, begin: str, above: tuple[str, ...] = ()) -> Iterator[StoredObject]:
    """The objects in a folder and below, whose names in the folder begin in a way, in the order of their keys."""
    found: list[tuple[bytes, os.DirEntry[str]]] = []
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(place) as entries:
        for entry in entries:
            if entry.name.startswith(begin) and (key or entry.name != HIDDEN):
                is_folder = entry.is_dir()
                found.append((_bytes(entry.name, key) + (b"/" if is_folder else b""), entry))
    for _, entry in sorted(found, key=lambda one: one[0]):
        at = entry.path
        if entry.is_symlink():
            at = _within(real, os.path.relpath(entry.path, real).split(os.sep))
            if at in (place, *above) or place.startswith(at + "/"):
                raise StorageError(f"{key}{entry.name}: is a link to a folder that it is in, and is not followed")
        with suppress(FileNotFoundError):  # deleted meanwhile, or a link to nothing
            status = os.lstat(at)
            if stat.S_ISDIR(status.st_mode):
                yield from _walk(real, at, f"{key}{entry.name}/", "", (*above, place))
            elif stat.S_ISREG(status.st_mode):
                yield StoredObject(key + entry.name, status.st_size)
            else:
                raise StorageError(f"{key}{entry.name}: is no file, and not read: expected a file or a folder")


def _bytes(name: str, key: str) -> bytes:
    try:
        return name.encode()
    except UnicodeEncodeError:
        raise StorageError(
            f"{key}{name!r}: the name of a file is not UTF-8, as that of an object is; rename it"
        ) from None


def _check_spelling(folder: int, name: str) -> None:
    """Raise StorageError when a file system that does not tell cases apart, such as macOS's, finds another name."""
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except OSError:
        return
    spellings = {name.swapcase(), name.upper(), name.lower(), *(normalize(form, name) for form in ("NFC", "NFD"))}
    for spelling in spellings - {name}:
        with suppress(OSError):
            other = os.stat(spelling, dir_fd=folder, follow_symlinks=False)
            if os.path.samestat(found, other) and name not in os.listdir(folder):
                raise StorageError(f"NoSuchKey: '{name}' is there in another spelling, and keys differ by that")


def _no_such_key() -> StorageError:
    return StorageError("NoSuchKey: The specified key does not exist.")


@contextmanager
def _explained() -> Iterator[None]:
    """What the disk refuses, as StorageError."""
    try:
        yield
    except (FileNotFoundError, IsADirectoryError):
        raise _no_such_key() from None
    except PermissionError as error:
        message = f"AccessDenied: {error.strerror}: the user that the server runs as has no right to it"
        raise StorageError(message) from error
    except OSError as error:
        reason = _REASONS.get(error.errno or 0)
        if reason is None:
            raise Unreachable(f"InternalError: {error.strerror or error}") from error
        raise StorageError(reason) from error
