"""The timestamp formats of data files (user guide, "Formatting your data"); times without a zone are UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from lookout_local.services.times import is_told

_DATES = {"-": r"(\d{4})-(\d\d?)-(\d\d?)", "/": r"(\d{4})/(\d\d?)/(\d\d?)", " ": r"(\d{4}) (\d\d?) (\d\d?)"}
_TIME = r"(\d\d?):(\d\d)(?::(\d\d))?"
# Joined by T or a space everywhere, by a hyphen too where the date has hyphens; digits only; hyphens only.
_FORMATS = [
    re.compile(pattern)
    for pattern in (
        rf"{_DATES['-']}[T \-]{_TIME}",
        rf"{_DATES['/']}[T ]{_TIME}",
        rf"{_DATES[' ']}[T ]{_TIME}",
        rf"(\d{{4}})(\d\d)(\d\d)[T ]{_TIME}",
        r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?",
        r"(\d{4})-(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)",
    )
]


def parse(text: str) -> datetime | None:
    """The time that a cell holds, or None when it is in none of the supported formats.

    The user guide's own sample leaves out leading zeros ("2020/1/1 0:00"), so they may be missing beside separators.
    """
    for expression in _FORMATS:
        match = expression.fullmatch(text.strip())
        if match:
            try:
                time = datetime(*(int(part or 0) for part in match.groups()), tzinfo=UTC)  # type: ignore[arg-type,misc]
            except ValueError:
                return None
            return time if is_told(time) else None
    return None
