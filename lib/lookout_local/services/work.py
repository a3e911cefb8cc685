"""Long operations: when they are over."""

from __future__ import annotations

from datetime import datetime

from lookout_local.services.settings import Progress
from lookout_local.services.times import later


class Work:
    """One long operation on its way: how often it was looked at, when it began, and whether anything is still done.

    It is over when its time has come, but not before what is really done for it (`busy`) is done.
    """

    def __init__(self, started: datetime, *, busy: bool = False) -> None:
        self.started = started
        self._done = None if busy else started
        self._looks = 0

    def done(self, now: datetime) -> None:
        """What was done for it is done now."""
        self._done = now

    def resume(self) -> None:
        """There is something left to do for it."""
        self._done = None

    def end_if_due(self, progress: Progress, now: datetime, *, look: bool) -> datetime | None:
        """When the work ended, or None while it goes on; `look` says that the caller looks at this very work."""
        if progress.seconds is not None:
            due = later(self.started, progress.seconds)
            return None if self._done is None or now < due else max(due, self._done)
        if not look:
            return None
        self._looks += 1
        return now if self._done is not None and self._looks > (progress.looks or 0) else None
