"""The rows of a file of labels: CSV with a header, one label in each row.

The same file stands in the constructs and in the provider, so that both read and refuse the same: neither can import
the other, and a test compares the two.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

#: What CreateLabel calls ratings.
RATINGS = ("ANOMALY", "NO_ANOMALY", "NEUTRAL")
#: The labels that a group takes.
MOST = 5_000
#: The longest texts that CreateLabel takes, in characters; those of the notes end with the provider's own mark.
LONGEST = {"fault_code": 100, "equipment": 200, "notes": 2_533}
_REQUIRED = ("start", "end", "rating")
_COLUMNS = (*_REQUIRED, *LONGEST)


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
    if time.tzinfo is None or time.microsecond:
        raise ValueError(expected)
    try:
        return time.astimezone(UTC).isoformat()
    except OverflowError:
        raise ValueError(expected) from None


def parse(content: bytes) -> list[Row]:
    """The labels in *content*.

    Raises InvalidRows for the first thing that the service would not take.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidRows(f"file: got byte {error.start} that is no text, expected UTF-8") from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: dict[str, tuple[Row, int]] = {}
    try:
        header = _header(next(reader, []))
        for cells in reader:
            if not cells:
                continue
            row = _row(header, cells, reader.line_num)
            if row.key in rows:
                raise InvalidRows(f"line {reader.line_num}: got the label of line {rows[row.key][1]}, expected it once")
            rows[row.key] = (row, reader.line_num)
    except csv.Error as error:
        raise InvalidRows(f"line {reader.line_num}: got {str(error)!r}, expected CSV") from None
    if len(rows) > MOST:
        raise InvalidRows(f"file: got {len(rows)} labels, expected at most {MOST}")
    return [row for row, _ in rows.values()]


def check_codes(rows: Iterable[Row], known: Sequence[str]) -> None:
    """Raise InvalidRows for a fault code that is none of *known*, those of the label group."""
    for row in rows:
        if row.fault_code and row.fault_code not in known:
            codes = ", ".join(map(repr, known)) or "no fault code: the label group has none"
            raise InvalidRows(f"label from {row.start}, fault_code: got {row.fault_code!r}, expected one of {codes}")


def _header(cells: Sequence[str]) -> list[str]:
    header = [cell.strip() for cell in cells]
    missing = [name for name in _REQUIRED if name not in header]
    if missing or len(set(header)) < len(header) or not set(header) <= set(_COLUMNS):
        raise InvalidRows(
            f"line 1: got {','.join(header)!r}, expected the columns {', '.join(_REQUIRED)}, "
            f"and any of {', '.join(LONGEST)}"
        )
    return header


def _row(header: Sequence[str], cells: Sequence[str], line: int) -> Row:
    if len(cells) != len(header):
        raise InvalidRows(f"line {line}: got {len(cells)} cells, expected {len(header)} as in line 1")
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
            raise _invalid(line, name, f"{values[name][:20]}...", f"at most {longest} characters")
    return Row(**values)


def _invalid(line: int, column: str, got: str, expected: str) -> InvalidRows:
    return InvalidRows(f"line {line}, {column}: got {got!r}, expected {expected}")
