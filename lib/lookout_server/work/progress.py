"""Long operations: when they are over."""

from __future__ import annotations

import threading
from datetime import datetime

from lookout_server.protocol.times import later
from lookout_server.settings import Progress

#: Seconds of real time that who looks too early waits, so that whoever looks without a pause sees the end.
_PATIENCE = 0.25

#: Who may wait at a time: there are only so many threads to answer requests.
_WAITING = threading.BoundedSemaphore(8)


class Work:
    """One long operation on its way: how often it was looked at, when it began, and whether anything is still done.

    It is over when its time has come, but not before what is really done for it (`busy`) is done.
    """

    def __init__(self, started: datetime, *, busy: bool = False) -> None:
        self.started = started
        self._done = None if busy else started
        self._ready = threading.Event()
        self._looks = 0
        self._looked: object = None

    def done(self, now: datetime) -> None:
        """What was done for it is done now."""
        self._done = now
        self._ready.set()

    def resume(self) -> None:
        """There is something left to do for it."""
        self._done = None
        self._ready.clear()

    def wait(self) -> None:
        """Wait a moment for what is done to be done, unless enough others do so."""
        if _WAITING.acquire(blocking=False):
            try:
                self._ready.wait(_PATIENCE)
            finally:
                _WAITING.release()

    def end_if_due(self, progress: Progress, now: datetime, *, look: object = None) -> datetime | None:
        """When the work ended, or None while it goes on.

        `look` says that somebody looks at this very work, and counts once, however often it comes in succession.
        """
        if look is not None and look is not self._looked:
            self._looked = look
            self._looks += progress.looks is not None
        if self._done is None:
            return None
        if self._has_had_its_time(progress, now):
            return max(later(self.started, progress.seconds or 0), self._done)
        return now if look is not None and self._has_been_seen(progress) else None

    def is_late(self, progress: Progress, now: datetime) -> bool:
        """Whether it would be over, were it not for what is still done."""
        return self._done is None and (self._has_had_its_time(progress, now) or self._has_been_seen(progress))

    def _has_had_its_time(self, progress: Progress, now: datetime) -> bool:
        return progress.seconds is not None and now >= later(self.started, progress.seconds)

    def _has_been_seen(self, progress: Progress) -> bool:
        return progress.looks is not None and self._looks > progress.looks
