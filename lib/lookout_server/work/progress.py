"""Long operations: when they are over."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from lookout_server.entities.codec import NOT_KEPT
from lookout_server.protocol.times import LAST, later
from lookout_server.settings import Progress


@dataclass
class Work:
    """One long operation on its way: when it began, how often it was looked at, and whether anything is still done.

    It is over when its time has come, but not before what is really done for it is done.
    """

    started: datetime
    #: When what is really done for it was done; None while it goes on.
    done: datetime | None = None
    looks: int = 0
    #: Whether somebody looks at it now: a call counts once, however often it comes to look.
    _seen: bool = field(default=False, init=False, compare=False, metadata=NOT_KEPT)

    @classmethod
    def idle(cls, started: datetime) -> Work:
        """Nothing is done for it: it takes its time."""
        return cls(started, started)

    @classmethod
    def busy(cls, started: datetime) -> Work:
        """Something is done for it, which ends when it ends."""
        return cls(started)

    def end_if_due(self, progress: Progress, now: datetime, *, look: bool = False) -> datetime | None:
        """When the work ended, or None while it goes on. `look` says that somebody looks at this very work."""
        if look and not self._seen:
            self._seen = True
            self.looks += progress.looks is not None
        if self.done is None:
            return None
        if self._has_had_its_time(progress, now):
            return max(later(self.started, progress.seconds or 0), self.done)
        return now if look and self._has_been_seen(progress) else None

    def is_late(self, progress: Progress, now: datetime) -> bool:
        """Whether it would be over, were it not for what is still done."""
        return self.done is None and (self._has_had_its_time(progress, now) or self._has_been_seen(progress))

    def ends_at(self, progress: Progress) -> datetime | None:
        """When it is over by time; None while that is not known, and the end of the calendar when it is never."""
        if self.done is None:
            return None
        return LAST if progress.seconds is None else max(later(self.started, progress.seconds), self.done)

    def _has_had_its_time(self, progress: Progress, now: datetime) -> bool:
        return progress.seconds is not None and now >= later(self.started, progress.seconds)

    def _has_been_seen(self, progress: Progress) -> bool:
        return progress.looks is not None and self.looks > progress.looks
