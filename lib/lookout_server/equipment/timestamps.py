"""The timestamp formats of data files and of labels; times without a zone are UTC.

Sources: user guide ("Formatting your data": the 21 formats; "Labeling your data": fractions of a second), and what
AWS's own package `lookoutequipment` and notebooks write for ingestion and inference, which has fractions as well.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from lookout_server.protocol.times import is_told

#: All of them, for messages.
FORMATS = (
    "yyyy-MM-dd, yyyy/MM/dd, yyyy MM dd or yyyyMMdd, then T or a space, then HH:mm, HH:mm:ss or HH:mm:ss.SSSSSS; "
    "yyyy-MM-dd-HH:mm, yyyy-MM-dd-HH:mm:ss, yyyy-MM-dd-HH-mm-ss, yyyyMMddHHmm or yyyyMMddHHmmss"
)

_ONE, _TWO, _YEAR = "([0-9][0-9]?)", "([0-9][0-9])", "([0-9]{4})"
_DATES = {mark: f"{_YEAR}{mark}{_ONE}{mark}{_ONE}" for mark in "-/ "}
_TIME = f"{_ONE}:{_TWO}(?::{_TWO}(?:[.]([0-9]{{1,9}}))?)?"
# Joined by T or a space everywhere, by a hyphen too where the date has hyphens; digits only; hyphens only.
_FORMATS = [
    re.compile(pattern)
    for pattern in (
        rf"{_DATES['-']}[T \-]{_TIME}",
        rf"{_DATES['/']}[T ]{_TIME}",
        rf"{_DATES[' ']}[T ]{_TIME}",
        rf"{_YEAR}{_TWO}{_TWO}[T ]{_TIME}",
        rf"{_YEAR}{_TWO}{_TWO}{_TWO}{_TWO}{_TWO}?",
        rf"{_YEAR}-{_TWO}-{_TWO}-{_TWO}-{_TWO}-{_TWO}",
    )
]
_LIKE_ONE = re.compile(r"[0-9][0-9 :./,\-TZ+]*")


def parse(text: str) -> datetime | None:
    """The time that a cell holds, or None when it is in none of the supported formats.

    The user guide's own sample leaves out leading zeros ("2020/1/1 0:00"), so they may be missing beside separators.
    Of a fraction of a second, six digits count.
    """
    match = matched(text.strip())
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction = (*match.groups("0"), "0")[:7]
    microseconds = int(fraction.ljust(6, "0")[:6])
    try:
        time = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second), microseconds, UTC)
    except ValueError:
        return None
    return time if is_told(time) else None


def matched(text: str) -> re.Match[str] | None:
    """Where year, month, day, hour, minute, second and fraction are in a text of a supported format, if it is one."""
    return next((match for expression in _FORMATS if (match := expression.fullmatch(text))), None)


def is_like_one(text: str) -> bool:
    """Whether a cell holds a time in whatever format, and so is no name of a column."""
    return _LIKE_ONE.fullmatch(text) is not None
