"""The time as a service sees it."""

from __future__ import annotations

import math
import threading
from datetime import UTC, datetime
from typing import Protocol

from lookout_server.protocol.times import later, within


class Clock(Protocol):
    """Tells the time, in UTC."""

    def now(self) -> datetime: ...


class SystemClock:
    """The time of the machine, sped up by `scale` from the moment the clock was made (1.0: as it is)."""

    def __init__(self, scale: float = 1.0) -> None:
        if not 0 < scale < math.inf:
            raise ValueError(f"scale of a clock: got {scale}, expected a number above 0")
        self._scale = scale
        self._start = datetime.now(UTC)

    def now(self) -> datetime:
        """The start, plus the time since then multiplied by the scale."""
        seconds = (datetime.now(UTC) - self._start).total_seconds() * self._scale
        return later(self._start, seconds)


class ManualClock:
    """A clock that stands still until a test moves it. It goes as far as the services can tell the time."""

    def __init__(self, start: datetime = datetime(2024, 1, 1, tzinfo=UTC)) -> None:
        self._now = within(start)
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """The start plus everything it was advanced by."""
        with self._lock:
            return self._now

    def advance(self, seconds: float) -> None:
        """Move forward; raises ValueError for a negative number of seconds."""
        if not 0 <= seconds < math.inf:
            raise ValueError(f"seconds to advance a clock: got {seconds}, expected 0 or more")
        with self._lock:
            self._now = later(self._now, seconds)

    def set(self, now: datetime) -> None:
        """Be at another time, also an earlier one."""
        with self._lock:
            self._now = within(now)
