"""How often a model is retrained, with how much data, and what becomes of the new versions."""

from __future__ import annotations

import enum
import re
from datetime import UTC, date, datetime

import aws_cdk as cdk

from cdk_lookout.equipment.time_range import check_time
from cdk_lookout.validation import invalid

_PATTERN = re.compile(r"P(?:([0-9])Y)?(?:([0-9]{1,2})M)?(?:([0-9]{1,3})D)?")
_EXPECTED = "30 days to 1 year of days, months and years, such as P30D, P2M, P3M15D or P1Y"
_SHORTEST, _LONGEST = 30, 365
_MONTH, _MONTHS = 30, 12


class RetrainingFrequency:
    """How often a model is retrained: every 30 days at most, once a year at least."""

    def __init__(self, text: str) -> None:
        """Use `days`, `months`, `years` or `of`."""
        self._text = text

    @classmethod
    def days(cls, days: int) -> RetrainingFrequency:
        """Every so many days.

        :param days: 30 to 365.
        :raises InvalidProperty: when it is not.
        """
        return cls._checked("days", days, f"P{days}D")

    @classmethod
    def months(cls, months: int) -> RetrainingFrequency:
        """On the same day of the month, every so many months.

        :param months: 1 to 12.
        :raises InvalidProperty: when it is not.
        """
        return cls._checked("months", months, f"P{months}M")

    @classmethod
    def years(cls, years: int) -> RetrainingFrequency:
        """Once a year.

        :param years: 1.
        :raises InvalidProperty: when it is not.
        """
        return cls._checked("years", years, f"P{years}Y")

    @classmethod
    def of(cls, text: str) -> RetrainingFrequency:
        """A frequency in ISO 8601, such as `P3M15D`; it may be a token.

        :raises InvalidProperty: when it is none that the service takes.
        """
        if isinstance(text, str) and cdk.Token.is_unresolved(text):
            return cls(text)
        return cls._checked("of", text, text)

    @classmethod
    def _checked(cls, factory: str, got: object, text: str) -> RetrainingFrequency:
        matched = _PATTERN.fullmatch(text) if isinstance(text, str) else None
        years, months, days = (int(part or 0) for part in matched.groups()) if matched else (0, 0, 0)
        whole_years, rest = divmod(_MONTHS * years + months, _MONTHS)
        if not _SHORTEST <= whole_years * _LONGEST + rest * _MONTH + days <= _LONGEST:
            raise invalid("frequency", f"RetrainingFrequency.{factory}", got, _EXPECTED)
        return cls(text)

    @property
    def iso(self) -> str:
        """The frequency as the API takes it."""
        return self._text


class LookbackWindow(enum.Enum):
    """How far back the data reach that a model is retrained with."""

    DAYS_180 = "P180D"
    DAYS_360 = "P360D"
    DAYS_540 = "P540D"
    DAYS_720 = "P720D"


class PromoteMode(enum.Enum):
    """What becomes of a version that a retraining has added."""

    #: The service makes it active when it is better than the active one; without labels, always.
    MANAGED = "MANAGED"
    #: It stays as it is until somebody makes it active, such as an `ActiveModelVersion`.
    MANUAL = "MANUAL"


def render_start_date(where: object, start: date) -> str:
    """The API's RetrainingStartDate, of which it knows the day; raises InvalidProperty for what has none."""
    if isinstance(start, datetime):
        start = check_time("retraining_start_date", where, start).astimezone(UTC).date()
    if not isinstance(start, date):
        raise invalid("retraining_start_date", where, start, "a date, or a time with a time zone")
    return f"{start.isoformat()}T00:00:00Z"
