"""Backups: one file with everything of a data directory, made while a server works in it, and restored elsewhere.

The file is a zip: `manifest.json`, `documents.sqlite`, `blobs/<digest>` for each blob that a document refers to, and
the key file as `key` if that was asked for. It is written beside its name and gets it when it is whole.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shutil
import sqlite3
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from lookout_server.data_directory import DataDirectory
from lookout_server.errors import ServerError
from lookout_server.monitoring.release import release
from lookout_server.store import BlobMissing, DirectoryBlobs, SqliteDocuments, StoreError

FORMAT = 1
_MANIFEST, _DOCUMENTS, _BLOBS, _KEY = "manifest.json", "documents.sqlite", "blobs/", "key"
_BLOB = re.compile(r"blobs/([0-9a-f]{64})")
_PIECE = 1 << 20
#: Blobs that nobody refers to any more go after an hour; those that are to be copied are renewed so often, in seconds.
_RENEWED = 1_200
#: Told how many blobs of how many are done.
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Made:
    """What a backup or a restored directory holds."""

    blobs: int
    bytes: int
    has_key: bool
    #: Blobs that a document refers to and that are not there, or not what they were.
    missing: tuple[str, ...] = ()


def back_up(directory: DataDirectory, target: Path, key_file: Path | None, progress: Progress) -> Made:
    """Write a backup, with a key file if there is one to take along. Raises ServerError; then nothing is left."""
    directory.must_exist()
    if os.path.lexists(target):
        raise ServerError(f"backup {target}: exists; name a file that does not")
    blobs = DirectoryBlobs(directory.blobs)
    with _unfinished(target) as file, _unfinished(target, ".documents") as copy:
        # What documents refer to now is renewed, and then looked at again: it stays for the next hour.
        for digest in _copied(directory.documents, copy):
            with contextlib.suppress(BlobMissing):
                blobs.renew(digest)
        digests = _copied(directory.documents, copy)
        missing = []
        with zipfile.ZipFile(file, "w", allowZip64=True) as archive:
            manifest = {
                "format": FORMAT,
                "release": release(),
                "made": datetime.now(UTC).isoformat(timespec="seconds"),
                "blobs": len(digests),
            }
            archive.writestr(_MANIFEST, json.dumps(manifest))
            archive.write(copy, _DOCUMENTS, zipfile.ZIP_DEFLATED, 1)
            if key_file is not None:
                archive.write(key_file, _KEY)
            renewed = time.monotonic()
            for done, digest in enumerate(digests):
                progress(done, len(digests))
                if time.monotonic() - renewed > _RENEWED:
                    _renew(blobs, digests[done:])
                    renewed = time.monotonic()
                try:
                    with blobs.open(digest) as source, archive.open(f"{_BLOBS}{digest}", "w", force_zip64=True) as into:
                        shutil.copyfileobj(source, into, _PIECE)
                except BlobMissing:
                    missing.append(digest)
        progress(len(digests), len(digests))
        _to_disk(file)
        size = file.stat().st_size
        os.replace(file, target)
        _to_disk(target.parent)
    return Made(len(digests) - len(missing), size, key_file is not None, tuple(missing))


def restore(source: Path, directory: DataDirectory, progress: Progress) -> Made:
    """Make a data directory out of a backup. Raises ServerError; then there is none.

    The directory must be missing or empty. Everything is checked before it gets its name.
    """
    directory.must_be_free()
    if directory.exists() and os.listdir(directory.path):
        raise ServerError(f"data directory {directory.path}: is not empty; name an empty or a new one (--data)")
    beside = directory.path.with_name(f".{directory.path.name}.{secrets.token_hex(8)}")
    try:
        with _explained(source), zipfile.ZipFile(source) as archive:
            os.umask(0o077)
            beside.mkdir(parents=True)
            made = _unpacked(archive, source, DataDirectory(beside), progress)
            _to_disk(beside)
            os.replace(beside, directory.path)
            _to_disk(directory.path.parent)
            return made
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _unpacked(archive: zipfile.ZipFile, source: Path, directory: DataDirectory, progress: Progress) -> Made:
    names = archive.namelist()
    try:
        found = json.loads(archive.read(_MANIFEST))["format"]
    except (KeyError, TypeError, ValueError):
        raise ServerError(f"backup {source}: is a zip of something else; name a backup") from None
    if found != FORMAT:
        raise ServerError(f"backup {source}: got the format {found}, expected {FORMAT}; use the release that wrote it")
    with archive.open(_DOCUMENTS) as content, directory.documents.open("xb") as file:
        shutil.copyfileobj(content, file, _PIECE)
    if _KEY in names:
        with archive.open(_KEY) as content, directory.key_file.open("xb") as file:
            shutil.copyfileobj(content, file, _PIECE)
    blobs = DirectoryBlobs(directory.blobs)
    digests = [match[1] for match in map(_BLOB.fullmatch, names) if match]
    for done, digest in enumerate(digests):
        progress(done, len(digests))
        with archive.open(f"{_BLOBS}{digest}") as content:
            if blobs.put(content) != digest:  # type: ignore[arg-type]
                raise ServerError(f"backup {source}: blob {digest} is not what was written; take an earlier backup")
    progress(len(digests), len(digests))
    with _opened(directory.documents, _DOCUMENTS) as documents:
        for problem in documents.check():
            raise ServerError(f"backup {source}: {problem}; take an earlier backup")
        missing = documents.blobs() - set(digests)
    return Made(len(digests), sum(each.file_size for each in archive.infolist()), _KEY in names, tuple(sorted(missing)))


def _copied(documents: Path, copy: Path) -> list[str]:
    """Copy the database as it is now, whatever its format is; the blobs that it refers to."""
    with contextlib.closing(sqlite3.connect(f"{documents.as_uri()}?mode=ro", uri=True)) as source:
        copy.unlink(missing_ok=True)
        os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with contextlib.closing(sqlite3.connect(copy)) as target:
            source.backup(target)
    with _opened(copy, str(documents)) as opened:
        return sorted(opened.blobs())


@contextlib.contextmanager
def _opened(path: Path, where: str) -> Iterator[SqliteDocuments]:
    """A database that lies where nobody looks for it; messages name where it is from."""
    documents = SqliteDocuments(path, where)
    try:
        yield documents
    finally:
        documents.close()


def _renew(blobs: DirectoryBlobs, digests: list[str]) -> None:
    for digest in digests:
        with contextlib.suppress(BlobMissing):
            blobs.renew(digest)


@contextlib.contextmanager
def _unfinished(target: Path, more: str = "") -> Iterator[Path]:
    """A file beside a target, which is gone at the end unless it was renamed."""
    path = target.absolute().with_name(f".{target.name}{more}.{secrets.token_hex(8)}")
    try:
        with _explained(target):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            yield path
    finally:
        for suffix in ("", "-wal", "-shm"):
            with contextlib.suppress(OSError):
                path.with_name(f"{path.name}{suffix}").unlink()


@contextlib.contextmanager
def _explained(file: Path) -> Iterator[None]:
    """What disk, database and zip refuse, as ServerError."""
    try:
        yield
    except (zipfile.BadZipFile, EOFError) as error:
        raise ServerError(f"backup {file}: is not a backup, or not the whole of one ({error}); name another") from None
    except sqlite3.Error as error:
        raise ServerError(f"backup {file}: the database cannot be copied ({error}); check disk and rights") from None
    except StoreError as error:
        raise ServerError(f"backup {file}: {error}") from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        where = f" ({error.filename})" if error.filename and str(error.filename) != str(file) else ""
        raise ServerError(
            f"backup {file}: {reason}{where}; check the path, its rights and the room on its disk"
        ) from None


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
