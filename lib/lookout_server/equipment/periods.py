"""RetrainingFrequency and LookbackWindow: ISO 8601 durations of years, months and days."""

from __future__ import annotations

import calendar
import re
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from lookout_server.protocol.errors import validation
from lookout_server.protocol.times import LAST, later

_PERIOD = re.compile(r"P(?:([0-9])Y)?(?:([0-9]{1,2})M)?(?:([0-9]{1,3})D)?")
_SHORTEST, _LONGEST = 30, 365
_SHORTEST_MONTH = 28
_SECONDS_OF_DAY = 86_400


@dataclass(frozen=True)
class Period:
    """A number of calendar months and a number of days."""

    months: int
    days: int

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read a duration like P3M15D, which the service model has checked for its form."""
        match = _PERIOD.fullmatch(text)
        years, months, days = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
        return cls(12 * years + months, days)

    def after(self, start: datetime, times: int) -> datetime:
        """The time that is so many periods after a start; months end where the calendar ends them.

        Where the calendar itself ends it is the last time that the service can tell.
        """
        month = start.month - 1 + self.months * times
        year, month = start.year + month // 12, month % 12 + 1
        if year > LAST.year:
            return LAST
        day = min(start.day, calendar.monthrange(year, month)[1])
        return later(start.replace(year=year, month=month, day=day), _SECONDS_OF_DAY * self.days * times)

    def number(self, start: datetime, passed: Callable[[datetime], bool]) -> int:
        """How many of the times that are whole periods after a start, itself included, have passed.

        The end of the calendar is no such time, and never passes.
        """
        numbers = range((LAST - start).days // _SHORTEST_MONTH + 2)
        return bisect_left(numbers, True, key=lambda number: self._coming(start, number, passed))

    def _coming(self, start: datetime, number: int, passed: Callable[[datetime], bool]) -> bool:
        time = self.after(start, number)
        return time == LAST or not passed(time)


def check_frequency(text: str) -> None:
    """Raise a ValidationException for a RetrainingFrequency below 30 days or above a year (API reference).

    A month counts as 30 days here, twelve as a year.
    """
    period = Period.parse(text)
    days = period.months // 12 * 365 + period.months % 12 * 30 + period.days
    if not _SHORTEST <= days <= _LONGEST:
        raise validation(f"RetrainingFrequency: got {text}, expected P30D to P1Y")
