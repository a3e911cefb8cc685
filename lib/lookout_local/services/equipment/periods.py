"""RetrainingFrequency and LookbackWindow: ISO 8601 durations of years, months and days."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from lookout_local.services.errors import validation

_PERIOD = re.compile(r"P(?:(\d)Y)?(?:(\d{1,2})M)?(?:(\d{1,3})D)?")
_SHORTEST, _LONGEST = 30, 365


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
        """The time that is so many periods after a start; months end where the calendar ends them."""
        month = start.month - 1 + self.months * times
        year, month = start.year + month // 12, month % 12 + 1
        day = min(start.day, calendar.monthrange(year, month)[1])
        return start.replace(year=year, month=month, day=day) + timedelta(days=self.days * times)


def check_frequency(text: str) -> None:
    """Raise a ValidationException for a RetrainingFrequency below 30 days or above a year (API reference).

    A month counts as 30 days here, twelve as a year.
    """
    period = Period.parse(text)
    days = period.months // 12 * 365 + period.months % 12 * 30 + period.days
    if not _SHORTEST <= days <= _LONGEST:
        raise validation(f"RetrainingFrequency: got {text}, expected P30D to P1Y")
