"""What a server does again and again: looks for work that is due, and clears away what nobody needs any more."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

from lookout_server.backend import Backend
from lookout_server.identity.keys import KEYS
from lookout_server.monitoring import audit, health
from lookout_server.store import Blobs, Documents, StoreError, expire, sweep

_LOG = logging.getLogger(__name__)
#: Turns after which what has expired is cleared away, and how much of it at once.
_EXPIRE, _AT_ONCE = 60, 1_000
#: Turns after which blobs that nobody refers to are.
_SWEEP = 3_600
#: Longer than any work takes: what it keeps is referred to when it is done.
_GRACE = timedelta(days=2)


class Turn:
    """One turn after the other. It does not raise, and tells of what goes on failing once."""

    def __init__(self, backend: Backend, documents: Documents, blobs: Blobs, beat: health.Beat) -> None:
        self._backend = backend
        self._documents = documents
        self._blobs = blobs
        self._beat = beat
        self._turns = 0
        self._fails = False

    def __call__(self) -> None:
        """Take a turn."""
        self._turns += 1
        try:
            self._backend.tick()
            now = datetime.now(UTC)
            if self._turns % _EXPIRE == 1:
                for kind in (audit.KIND, KEYS):
                    expire(self._documents, kind, now, _AT_ONCE)
            if self._turns % _SWEEP == 0:
                sweep(self._documents, self._blobs, now, grace=_GRACE)
            self._beat()
            self._fails = False
        except Exception as error:
            if not self._fails:
                trace = not isinstance(error, StoreError)
                _LOG.error("the look for work fails, and goes on: %s", error, exc_info=trace)
            self._fails = True
