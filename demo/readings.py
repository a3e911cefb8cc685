"""What the pump's sensors say: half a year of readings with two times of trouble, and the readings of every minute."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 1, tzinfo=UTC)
TRAINED_DAYS = 180
DAYS = 200
SENSORS = ("pressure", "flow")
#: When the pump was blocked, after the days that a model learns from. Only the first time is in the labels.
_TROUBLE = tuple((START + timedelta(days=day), START + timedelta(days=day, hours=18)) for day in (185, 193))


def half_year() -> str:
    """A reading every six hours: a daily and a slow swing, so that there is something to learn."""
    times = [START + timedelta(hours=6 * step) for step in range(DAYS * 4)]
    blocked = [any(start <= time <= end for start, end in _TROUBLE) for time in times]
    return _rows((time, *_values(time, trouble)) for time, trouble in zip(times, blocked, strict=True))


def labels() -> str:
    """The one time of trouble that somebody has written down: start and end, no header."""
    (start, end), _ = _TROUBLE
    return f"{start:%Y-%m-%dT%H:%M:%S.%f},{end:%Y-%m-%dT%H:%M:%S.%f}\n"


def interval(start: datetime, *, minutes: int, trouble: bool) -> str:
    """A reading every minute after *start*."""
    times = [start + timedelta(minutes=minute) for minute in range(1, minutes + 1)]
    return _rows((time, *_values(time, trouble)) for time in times)


def _values(time: datetime, trouble: bool) -> tuple[float, float]:
    """Pressure and flow: a blocked pump has too much of the one and next to none of the other."""
    if trouble:
        return 95.0, 0.5
    step = (time - START).total_seconds() / 21_600
    return 40 + 5 * math.sin(step / 4), 12 + 2 * math.sin(step / 90)


def _rows(rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["Timestamp", *SENSORS])
    for time, *values in rows:
        writer.writerow([f"{time:%Y-%m-%dT%H:%M:%S}", *values])
    return text.getvalue()
