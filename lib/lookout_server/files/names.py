"""Names of buckets and keys, as far as they can be files: a key is a path below its bucket, and nothing else."""

from __future__ import annotations

import re

from lookout_server.protocol.errors import StorageError

#: In a bucket, where files are until they are whole. It is no part of any key.
HIDDEN = ".lookout"
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_LONGEST_KEY = 1024


def check_bucket(bucket: str) -> None:
    """Raise StorageError for what is no name of a bucket."""
    if not _BUCKET.fullmatch(bucket):
        expected = "3 to 63 of small letters, digits, dots and dashes, a letter or digit first and last"
        raise StorageError(f"InvalidBucketName: got '{bucket:.80}', expected {expected}")


def parts_of(key: str) -> list[str]:
    """The names on the way to an object; raises StorageError for a key that no file can have."""
    if not key or key.endswith("/"):
        raise _invalid(key, "the name of an object, not ending with /")
    return _parts(key)


def folder_of(prefix: str) -> tuple[list[str], str]:
    """The folder in which everything with a prefix is, and how the names in it begin. Raises StorageError."""
    folder, slash, name = prefix.rpartition("/")
    if name:
        _parts(prefix)
    return (_parts(folder) if slash else []), name


def _parts(key: str) -> list[str]:
    try:
        size = len(key.encode())
    except UnicodeEncodeError:
        raise _invalid(key, "characters, not half of a surrogate pair") from None
    if size > _LONGEST_KEY:
        raise _invalid(key, f"at most {_LONGEST_KEY} bytes")
    if "\0" in key:
        raise _invalid(key, "no NUL")
    if key.startswith("/"):
        raise _invalid(key, "one that does not begin with /")
    parts = key.split("/")
    if "" in parts:
        raise _invalid(key, "a name between any two /")
    if "." in parts or ".." in parts:
        raise _invalid(key, "no part that is . or ..")
    if parts[0] == HIDDEN:
        raise _invalid(key, f"one that does not begin with {HIDDEN}, where unfinished files are")
    return parts


def _invalid(key: str, expected: str) -> StorageError:
    return StorageError(f"InvalidKey: a bucket that is a directory: got {key!r:.120}, expected {expected}")
