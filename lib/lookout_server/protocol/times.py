"""The times that the services can tell, and sums of them that stay among those.

Python's calendar goes from the year 1 to 9999. A client shows a time in a zone of its own, up to 14 hours off, so the
first and the last day of that calendar are times that some clients cannot read: an answer never has them.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

FIRST = datetime(1, 1, 2, tzinfo=UTC)
LAST = datetime(9999, 12, 30, tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def is_told(time: datetime) -> bool:
    """Whether a time is among those that the services can tell."""
    return FIRST <= time <= LAST


def within(time: datetime) -> datetime:
    """The nearest time that the services can tell, in UTC; a time without a zone is UTC."""
    aware = time if time.tzinfo else time.replace(tzinfo=UTC)
    return max(FIRST, min(LAST, aware)).astimezone(UTC)


def later(time: datetime, seconds: float) -> datetime:
    """A time so many seconds later, or earlier when negative, but never beyond what the services can tell."""
    try:
        return within(time + timedelta(seconds=seconds))
    except OverflowError:
        return LAST if seconds > 0 else FIRST


def iso(time: datetime) -> str:
    """A time as the services' own files have it: in UTC, to the microsecond, without a zone."""
    return time.replace(tzinfo=None).isoformat(timespec="microseconds")


def from_epoch(seconds: float) -> datetime | None:
    """The time so many seconds after 1970, to the nearest millisecond; None when the services cannot tell it."""
    try:
        time = _EPOCH + round(seconds * 1000) * _MILLISECOND
    except (OverflowError, ValueError):
        return None
    return time if is_told(time) else None


def to_epoch(time: datetime) -> float:
    """Seconds since 1970 in whole milliseconds; what is less is cut off, so that no time is told before it is there."""
    return (time - _EPOCH) // _MILLISECOND / 1000
