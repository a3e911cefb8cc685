"""The names of the files that inference reads: `<component><delimiter><timestamp>.csv` (user guide, "SDK examples")."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from lookout_server.protocol.errors import validation

_OFFSET = re.compile(r"([+-])([0-9]{2}):([0-9]{2})")
# The default of the format is not documented; it is that of AWS's samples. That of the delimiter is a hyphen.
_DEFAULT_FORMAT, _DEFAULT_DELIMITER = "yyyyMMddHHmmss", "-"
_FORMATS = {
    "EPOCH": re.compile(r"([0-9]{1,11})"),
    "yyyy-MM-dd-HH-mm-ss": re.compile("-".join(["([0-9]{4})", *["([0-9]{2})"] * 5])),
    "yyyyMMddHHmmss": re.compile("([0-9]{4})" + "([0-9]{2})" * 5),
}


def parse_offset(text: str | None) -> timedelta:
    """Read an InputTimeZoneOffset; none is UTC.

    Raises a ValidationException unless it is a multiple of 30 minutes from -12:00 to +12:00 (user guide).
    """
    match = _OFFSET.fullmatch(text or "+00:00")
    sign, hours, minutes = match.groups() if match else ("+", "99", "0")
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    if offset > timedelta(hours=12) or minutes not in ("00", "30"):
        raise validation(f"InputTimeZoneOffset: got '{text}', expected -12:00 to +12:00 in steps of 30 minutes")
    return -offset if sign == "-" else offset


@dataclass(frozen=True)
class FileNames:
    """How files are named; `offset` is that of the local time in a name from UTC, and says nothing about rows."""

    delimiter: str
    format: str
    offset: timedelta

    @classmethod
    def of(cls, configuration: Mapping[str, Any]) -> FileNames:
        """The names that a DataInputConfiguration describes."""
        naming = configuration.get("InferenceInputNameConfiguration") or {}
        return cls(
            naming.get("ComponentTimestampDelimiter", _DEFAULT_DELIMITER),
            naming.get("TimestampFormat") or _DEFAULT_FORMAT,
            parse_offset(configuration.get("InputTimeZoneOffset")),
        )

    def time(self, name: str, component: str) -> datetime | None:
        """The time in the name of a file of a component; None for any other name."""
        start = component + self.delimiter
        if not name.startswith(start) or not name.lower().endswith(".csv"):
            return None
        match = _FORMATS[self.format].fullmatch(name[len(start) : -len(".csv")])
        if not match:
            return None
        numbers = [int(part) for part in match.groups()]
        try:
            if self.format == "EPOCH":
                return datetime.fromtimestamp(numbers[0], UTC)
            return datetime(*numbers[:6], tzinfo=UTC) - self.offset  # type: ignore[arg-type,misc]
        except (ValueError, OverflowError, OSError):
            return None
