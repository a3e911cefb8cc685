"""What no store could take, the same from every adapter: a ValueError before anything is written."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime

from lookout_server.store.documents import (
    LARGEST_BODY,
    LARGEST_NUMBER,
    LONGEST_ID,
    LONGEST_KIND,
    MOST_WRITES,
    Put,
    Write,
)

_DIGEST = re.compile(r"[0-9a-f]{64}")


def bodies(writes: Sequence[Write]) -> list[str]:
    """The bodies of the Puts of a commit as text, in order; raises ValueError as `Documents.commit` says."""
    if len(writes) > MOST_WRITES:
        raise ValueError(f"commit: got {len(writes)} writes, expected at most {MOST_WRITES}")
    if len({(write.kind, write.id) for write in writes}) < len(writes):
        raise ValueError("commit: got two writes about one document, expected one about each")
    for write in writes:
        _key("kind", write.kind, LONGEST_KIND)
        _key("id", write.id, LONGEST_ID)
    return [_body(write) for write in writes if isinstance(write, Put)]


def limit(given: int | None) -> None:
    if given is not None and given < 0:
        raise ValueError(f"limit: got {given}, expected 0 or more, or None for all")


def time(where: str, given: datetime) -> None:
    if given.utcoffset() is None:
        raise ValueError(f"{where}: got the time {given} without a zone, expected one in UTC")


def digest(given: str) -> str:
    """The digest of a blob, if it is one: no path, above all."""
    if not _DIGEST.fullmatch(given):
        raise ValueError(f"digest of a blob: got {given!r:.80}, expected a SHA-256 as 64 hexadecimal digits")
    return given


def _key(what: str, given: str, longest: int) -> None:
    size = len(given) if given.isascii() else len(given.encode("utf-8"))
    if not 0 < size <= longest or "\0" in given:
        raise ValueError(f"{what} of a document: got {given!r:.80}, expected 1 to {longest} bytes without NUL")


def _body(put: Put) -> str:
    where = f"{put.kind} {put.id}"
    try:
        # In ASCII: also half of a surrogate pair, which JSON can say and UTF-8 cannot, comes back as it was.
        text = json.dumps(dict(put.body), separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"{where}: got a body that is not JSON ({error})") from error
    if len(text) > LARGEST_BODY:
        raise ValueError(f"{where}: got a body of {len(text)} bytes, expected at most {LARGEST_BODY}; make it a blob")
    if put.number is not None and not 0 < put.number <= LARGEST_NUMBER:
        raise ValueError(f"{where}: got the number {put.number}, expected one above 0 of 63 bits")
    if put.due is not None:
        time(where, put.due)
    for one in put.blobs:
        digest(one)
    return text
