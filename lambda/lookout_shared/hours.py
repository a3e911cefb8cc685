"""Hosting hours: the times of a week at which a model is hosted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lookout_shared.properties import InvalidProperty

#: The tag on a version of a model that holds the lease of whoever hosts it.
HOSTING = "cdk-lookout:hosted-model"
#: In the order of `datetime.weekday`.
DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")


@dataclass(frozen=True)
class Hours:
    """From `start` until `stop` on each of `days`; a `stop` that is not after `start` is that of the next day."""

    days: frozenset[str]
    start: time
    stop: time
    zone: ZoneInfo

    @classmethod
    def parse(cls, given: Mapping[str, Any], where: str) -> Hours:
        """The hours of `{"Days": ["MON"], "Start": "08:00", "Stop": "18:00", "TimeZone": "Europe/Berlin"}`.

        Raises InvalidProperty, naming *where*.
        """
        days = frozenset(given.get("Days", ()))
        if not days or not days <= set(DAYS):
            raise InvalidProperty(f"{where}.Days: got {sorted(days)}, expected some of {', '.join(DAYS)}")
        try:
            zone = ZoneInfo(str(given.get("TimeZone")))
        except (ZoneInfoNotFoundError, ValueError):
            raise InvalidProperty(
                f"{where}.TimeZone: got {given.get('TimeZone')!r}, expected the name of a time zone"
            ) from None
        return cls(days, _time(given, "Start", where), _time(given, "Stop", where), zone)

    def include(self, moment: datetime) -> bool:
        """Whether a model is to be hosted at that *moment*."""
        local = moment.astimezone(self.zone)
        today, yesterday = (DAYS[day.weekday()] in self.days for day in (local, local - timedelta(days=1)))
        clock = local.time()
        if self.start < self.stop:
            return today and self.start <= clock < self.stop
        return (today and clock >= self.start) or (yesterday and clock < self.stop)


def _time(given: Mapping[str, Any], member: str, where: str) -> time:
    try:
        return time.fromisoformat(str(given.get(member)))
    except ValueError:
        raise InvalidProperty(f"{where}.{member}: got {given.get(member)!r}, expected a time such as 08:00") from None
