"""Hosting hours as a value: days, times and a time zone."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk

from cdk_lookout.validation import check_optional, check_pattern, invalid


class DayOfWeek(enum.Enum):
    """A day of the week."""

    #: Monday.
    MONDAY = "MON"
    #: Tuesday.
    TUESDAY = "TUE"
    #: Wednesday.
    WEDNESDAY = "WED"
    #: Thursday.
    THURSDAY = "THU"
    #: Friday.
    FRIDAY = "FRI"
    #: Saturday.
    SATURDAY = "SAT"
    #: Sunday.
    SUNDAY = "SUN"


MONDAY_TO_FRIDAY = (
    DayOfWeek.MONDAY,
    DayOfWeek.TUESDAY,
    DayOfWeek.WEDNESDAY,
    DayOfWeek.THURSDAY,
    DayOfWeek.FRIDAY,
)


@dataclass(frozen=True)
class Hours:
    """The times of a week at which a model is hosted."""

    #: As the provider and the schedule's function read them.
    properties: dict[str, Any]

    @classmethod
    def of(
        cls, where: str, *, start: str, stop: str, days: Sequence[DayOfWeek], time_zone: cdk.TimeZone | None
    ) -> Hours:
        """Those hours; raises InvalidProperty for what is none."""
        for what, time in (("start", start), ("stop", stop)):
            check_pattern(what, where, time, r"([01][0-9]|2[0-3]):[0-5][0-9]", "a time from 00:00 to 23:59")
        if isinstance(days, str) or not days or not all(isinstance(day, DayOfWeek) for day in days):
            raise invalid("days", where, days, f"a list of {', '.join(map(str, DayOfWeek))}")
        check_optional("time_zone", where, time_zone, "timezone_name", "a time zone, such as TimeZone.EUROPE_BERLIN")
        zone = (time_zone or cdk.TimeZone.ETC_UTC).timezone_name
        chosen = [day.value for day in DayOfWeek if day in days]
        return cls({"Days": chosen, "Start": start, "Stop": stop, "TimeZone": zone})
