"""Blobs that no document refers to: from work that was cut off, or of documents that are deleted or changed."""

from __future__ import annotations

from datetime import datetime, timedelta

from lookout_server.store.blobs import Blobs
from lookout_server.store.documents import Documents

#: How old a blob has to be: a document that is to refer to it is committed within that time.
GRACE = timedelta(hours=1)


def sweep(documents: Documents, blobs: Blobs, now: datetime, *, grace: timedelta = GRACE) -> int:
    """Delete what is not referred to and older than *grace* by the clock of the blobs; how many blobs it were."""
    before = now - grace
    blobs.abandon(before)
    # The blobs first: a document that is committed while they are listed is seen.
    old = list(blobs.digests(before=before))
    needed = documents.blobs() if old else set()
    # Judged again one by one: what was put again in the meantime stays.
    return sum(blobs.delete(digest, before=before) for digest in old if digest not in needed)
