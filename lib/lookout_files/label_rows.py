"""The rows of a file of labels: CSV with a header, one label in each row."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

# Relative, because the two packages have different names.
from lookout_files import text_files
from lookout_files.text_files import Unreadable, shown

#: What CreateLabel calls ratings.
RATINGS = ("ANOMALY", "NO_ANOMALY", "NEUTRAL")
#: The labels that a group takes.
MOST = 5_000
#: The bytes of a file: those of as many labels, with texts of a common length.
MOST_BYTES = 16 * 1024 * 1024
#: The longest texts that CreateLabel takes, in characters; those of the notes end with the provider's own mark.
LONGEST = {"fault_code": 100, "equipment": 200, "notes": 2_533}
_REQUIRED = ("start", "end", "rating")
_COLUMNS = (*_REQUIRED, *LONGEST)
_EXPECTED = f"the columns {', '.join(_REQUIRED)}, and any of {', '.join(LONGEST)}"


class InvalidRows(ValueError):
    """The service would not take the labels: the text says where, what it got and what it expects."""


@dataclass(frozen=True)
class Row:
    """One label: when the equipment was how."""

    #: ISO 8601 in UTC, whole seconds.
    start: str
    end: str
    rating: str
    fault_code: str = ""
    equipment: str = ""
    notes: str = ""

    @property
    def key(self) -> str:
        """16 hex digits of all that ListLabels tells of a label, which is all but its notes."""
        return digest([self.start, self.end, self.rating, self.fault_code, self.equipment])


def digest(value: object) -> str:
    """16 hex digits of what JSON can hold."""
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:16]


def moment(text: str) -> str:
    """A time as `Row` has it.

    Raises ValueError, with what was expected, for what is no time, has no zone, or is finer than a second: requests
    to the service hold whole seconds.
    """
    expected = "a time with its zone and without fractions of a second, such as 2024-01-31T08:00:00Z"
    try:
        time = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(expected) from None
    # Between date and time it takes any character.
    if not text.isascii() or time.tzinfo is None or time.microsecond:
        raise ValueError(expected)
    try:
        return time.astimezone(UTC).isoformat()
    except OverflowError:
        raise ValueError(expected) from None


def parse(content: bytes) -> list[Row]:
    """The labels in *content*.

    Raises InvalidRows for the first thing that the service would not take.
    """
    if len(content) > MOST_BYTES:
        raise InvalidRows(f"file: got more than {MOST_BYTES} bytes, expected at most {MOST} labels")
    header: list[str] = []
    rows: dict[str, tuple[Row, int]] = {}
    try:
        for line, cells in text_files.rows(content):
            if not header:
                header = _header(line, cells)
                continue
            row = _row(header, cells, line)
            if row.key in rows:
                raise InvalidRows(f"line {line}: got the label of line {rows[row.key][1]}, expected it once")
            rows[row.key] = (row, line)
    except Unreadable as error:
        raise InvalidRows(str(error)) from None
    if not header:
        raise InvalidRows(f"file: got nothing, expected a header with {_EXPECTED}")
    if len(rows) > MOST:
        raise InvalidRows(f"file: got {len(rows)} labels, expected at most {MOST}")
    return [row for row, _ in rows.values()]


def check_codes(rows: Iterable[Row], known: Sequence[str]) -> None:
    """Raise InvalidRows for a fault code that is none of *known*, those of the label group."""
    for row in rows:
        if row.fault_code and row.fault_code not in known:
            codes = ", ".join(map(repr, known)) or "no fault code: the label group has none"
            raise InvalidRows(f"label from {row.start}, fault_code: got {row.fault_code!r}, expected one of {codes}")


def _header(line: int, cells: Sequence[str]) -> list[str]:
    header = [cell.strip() for cell in cells]
    missing = [name for name in _REQUIRED if name not in header]
    if missing or len(set(header)) < len(header) or not set(header) <= set(_COLUMNS):
        got = shown(",".join(header), 200)
        # Most likely it is a row: no column is called like a time.
        got += " and no header" if "0" <= header[0][:1] <= "9" else ""
        raise InvalidRows(f"line {line}: got {got}, expected {_EXPECTED}")
    return header


def _row(header: Sequence[str], cells: Sequence[str], line: int) -> Row:
    if len(cells) != len(header):
        raise InvalidRows(f"line {line}: got {len(cells)} cells, expected {len(header)} as in the header")
    values = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
    for name in ("start", "end"):
        try:
            values[name] = moment(values[name])
        except ValueError as error:
            raise _invalid(line, name, cells[header.index(name)], str(error)) from None
    if values["end"] <= values["start"]:
        raise _invalid(line, "end", values["end"], f"a time after the start, {values['start']}")
    if values["rating"] not in RATINGS:
        raise _invalid(line, "rating", values["rating"], f"one of {', '.join(RATINGS)}")
    for name, longest in LONGEST.items():
        if len(values.get(name, "")) > longest:
            raise _invalid(line, name, values[name], f"at most {longest} characters")
    return Row(**values)


def _invalid(line: int, column: str, got: str, expected: str) -> InvalidRows:
    return InvalidRows(f"line {line}, {column}: got {shown(got)}, expected {expected}")
