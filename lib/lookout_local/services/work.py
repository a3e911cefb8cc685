"""Long operations: when they are over."""

from __future__ import annotations

from datetime import datetime, timedelta

from lookout_local.services.settings import Progress


class Work:
    """One long operation on its way: how often it was looked at, and when it began."""

    def __init__(self, started: datetime) -> None:
        self.started = started
        self._looks = 0

    def end_if_due(self, progress: Progress, now: datetime, *, look: bool) -> datetime | None:
        """When the work ended, or None while it goes on; `look` says that the caller looks at this very work."""
        if progress.seconds is not None:
            end = self.started + timedelta(seconds=progress.seconds)
            return end if now >= end else None
        if not look:
            return None
        self._looks += 1
        return now if self._looks > (progress.looks or 0) else None
