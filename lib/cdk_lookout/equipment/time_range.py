"""Ranges of time: which part of the data a model is trained with, and which it is evaluated with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import aws_cdk as cdk

from cdk_lookout.validation import invalid

_EXPECTED = "a time with its offset from UTC, in whole seconds, such as 2024-01-31T00:00:00+00:00"


class TimeRange:
    """From one time to another. Times have a time zone: the same range in another zone is the same range."""

    def __init__(self, start: str, end: str, span: timedelta | None = None) -> None:
        """Use `between` or `from_iso`."""
        self._start = start
        self._end = end
        self._span = span

    @classmethod
    def between(cls, start: datetime, end: datetime) -> TimeRange:
        """The range between two times.

        :param start: with a time zone, in whole seconds.
        :param end: after *start*.
        :raises InvalidProperty: for a time without a time zone or with fractions of a second, and when *end* is not
            after *start*.
        """
        where = "TimeRange.between"
        return cls._of(where, check_time("start", where, start), check_time("end", where, end))

    @classmethod
    def from_iso(cls, start: str, end: str) -> TimeRange:
        """The range between two times in ISO 8601, such as `2024-01-31T00:00:00Z`; they may be tokens.

        :raises InvalidProperty: as `between` does.
        """
        where = "TimeRange.from_iso"
        first, last = _parse("start", where, start), _parse("end", where, end)
        if first is None or last is None:
            return cls(iso(first) if first else start, iso(last) if last else end)
        return cls._of(where, first, last)

    @classmethod
    def _of(cls, where: str, start: datetime, end: datetime) -> TimeRange:
        if start >= end:
            raise invalid("end", where, iso(end), f"a time after the start, {iso(start)}")
        return cls(iso(start), iso(end), end - start)

    @property
    def start(self) -> str:
        """When it begins, ISO 8601 in UTC."""
        return self._start

    @property
    def end(self) -> str:
        """When it ends, ISO 8601 in UTC."""
        return self._end

    @property
    def span(self) -> timedelta | None:
        """How long it is; None when a time is known only at deployment."""
        return self._span


def check_time(what: str, where: object, time: datetime) -> datetime:
    """*time*, if it has a time zone and whole seconds; raises InvalidProperty otherwise."""
    if not isinstance(time, datetime) or time.utcoffset() is None or time.microsecond:
        raise invalid(what, where, time, _EXPECTED)
    try:
        time.astimezone(UTC)
    except OverflowError:
        # Before the year 1 or after the year 9999 in UTC.
        raise invalid(what, where, time, _EXPECTED) from None
    return time


def iso(time: datetime) -> str:
    """*time* in ISO 8601, in UTC."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _parse(what: str, where: str, text: str) -> datetime | None:
    if not isinstance(text, str):
        raise invalid(what, where, text, _EXPECTED)
    if cdk.Token.is_unresolved(text):
        return None
    try:
        # Between date and time it takes any character.
        return check_time(what, where, datetime.fromisoformat(text if text.isascii() else ""))
    except ValueError:
        raise invalid(what, where, text, _EXPECTED) from None
