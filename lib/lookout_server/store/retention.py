"""Documents that only expire, such as client tokens, events and audit: `due` is when they may go."""

from __future__ import annotations

import contextlib
from datetime import datetime

from lookout_server.store.documents import MOST_WRITES, Delete, Documents
from lookout_server.store.errors import Conflict


def expire(documents: Documents, kind: str, now: datetime, limit: int) -> int:
    """Delete documents of the kind that are due, the oldest first, at most *limit*; how many it were."""
    gone = 0
    while gone < limit:
        due = documents.by_due(kind, until=now, limit=min(MOST_WRITES, limit - gone))
        deletes = [Delete(one.kind, one.id, one.revision) for one in due]
        if not deletes:
            break
        try:
            documents.commit(deletes)
            gone += len(deletes)
        except Conflict:  # somebody renewed one, or clears away as well: each by itself
            for delete in deletes:
                with contextlib.suppress(Conflict):
                    documents.commit([delete])
                    gone += 1
    return gone
