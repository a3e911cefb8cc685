"""What the adapters that keep files have in common: files of their own, on disk when it is said so."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from lookout_server.store.errors import StoreUnavailable

#: The rights of what is in a store, which holds keys and users' data: its own user's only.
OWN_FILE, OWN_DIRECTORY = 0o600, 0o700


@contextlib.contextmanager
def explained(where: Path) -> Iterator[None]:
    """What the disk refuses, as StoreUnavailable."""
    try:
        yield
    except OSError as error:
        raise unavailable(str(where), error) from error


def unavailable(where: str, error: OSError) -> StoreUnavailable:
    """What is to be said of the error."""
    said = error.strerror or error
    return StoreUnavailable(f"{where}: {said}; check the path, its rights and the room on its disk")


def new_file(path: Path) -> int:
    """A descriptor of a new file, to be written; raises FileExistsError."""
    return os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, OWN_FILE)


def new_directory(path: Path) -> None:
    """Make the directory where it is missing; the one above it has to be there."""
    with contextlib.suppress(FileExistsError):
        path.mkdir(OWN_DIRECTORY)
        to_disk(path.parent)


def to_disk(path: Path) -> None:
    """Wait until the content of a file, or the names in a directory, are on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        flush(descriptor)
    finally:
        os.close(descriptor)


def flush(descriptor: int) -> None:
    """Wait until what was written is on disk; on macOS, fsync alone waits for the disk's own memory only."""
    whole = getattr(fcntl, "F_FULLFSYNC", None)
    if whole is None:
        os.fsync(descriptor)
    else:
        fcntl.fcntl(descriptor, whole)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[int]:
    """Only one has a folder locked, of all threads and processes; its descriptor. There is no lock file."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)
