"""One data file: a CSV with a column of timestamps and one column per sensor (user guide, "Formatting your data").

Files are large and others wait for their turn, so they are read row by row, and columns are kept instead of rows.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from lookout_local.services.equipment import timestamps
from lookout_local.services.equipment.schema import is_sensor_name

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_LONGEST_NUMBER = 400
"""Characters of a cell that can be a number: more digits than a floating point number ever has."""

_LARGEST_NUMBER = 1e100
"""No sensor measures more, and of what is less squares and sums can be told."""

_PIECE = 256 * 1024
_LONGEST_LINE = 1024**2
"""Bytes: the names of 3,000 sensors, or as many numbers, take less."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Unusable(Exception):
    """The file is discarded; the message says why."""


@dataclass(frozen=True)
class DataFile:
    """The columns of one file, in the rows whose timestamp is supported."""

    timestamp: str
    sensors: tuple[str, ...]
    """The names of all columns but the first."""

    times: Sequence[datetime]
    columns: Mapping[str, Sequence[float | None]]
    """By sensor: None where a value is missing, NaN where it is invalid."""

    unsupported: int
    """How many rows have a timestamp in no supported format."""

    def where(self, holds: Callable[[datetime], bool]) -> DataFile:
        """The rows of which something holds."""
        kept = [index for index, time in enumerate(self.times) if holds(time)]
        return DataFile(
            self.timestamp,
            self.sensors,
            [self.times[index] for index in kept],
            {name: [column[index] for index in kept] for name, column in self.columns.items()},
            unsupported=0,
        )


def number(cell: str) -> float | None:
    """The value of a cell: None when it is empty, NaN when it is no number that can be calculated with."""
    if not cell:
        return None
    if len(cell) > _LONGEST_NUMBER or not _NUMBER.fullmatch(cell):
        return math.nan
    value = float(cell)
    return value if abs(value) <= _LARGEST_NUMBER else math.nan


def read(key: str, body: bytes, *, wanted: Collection[str] | None = None, most: int) -> DataFile:
    """Read a file, of its sensors those that are `wanted`, which may be any up to the quota `most`.

    Raises Unusable for what is no CSV file of sensor data.
    """
    if not key.lower().endswith(".csv"):
        raise Unusable("its name does not end with .csv")
    lines = records(body)
    header = [cell.strip() for cell in next(lines, [])]
    _check_header(header)
    known = None if wanted is None else frozenset(wanted)
    taken = [name for name in header[1:] if known is None or name in known]
    if len(taken) > most:
        raise Unusable(f"Columns per dataset: got {len(taken)}, the quota is {most}")
    columns: dict[str, list[float | None]] = {name: [] for name in taken}
    places = [(place, columns[name].append) for place, name in enumerate(header) if name in columns]
    times: list[datetime] = []
    unsupported = 0
    for line in lines:
        time = timestamps.parse(line[0])
        if time is None:
            unsupported += 1
            continue
        times.append(time)
        for place, append in places:
            append(number(line[place].strip()) if place < len(line) else None)
    if not times:
        raise Unusable("none of its rows has a timestamp in a supported format")
    return DataFile(header[0], tuple(header[1:]), times, columns, unsupported)


def records(body: bytes) -> Iterator[list[str]]:
    """The rows of a CSV file that are not blank; raises Unusable where it is none."""
    try:
        for record in csv.reader(_lines(body), strict=True):
            if any(cell.strip() for cell in record):
                yield record
    except (UnicodeDecodeError, csv.Error) as error:
        raise Unusable(f"it is not readable as CSV: {error}") from error


def _lines(body: bytes) -> Iterator[str]:
    """The lines that are not blank: millions of blank ones cost next to nothing, and no piece holds others up."""
    stream = io.BytesIO(body)
    stream.seek(len(_BYTE_ORDER_MARK) if body.startswith(_BYTE_ORDER_MARK) else 0)
    rest = b""
    while piece := stream.read(_PIECE):
        *lines, rest = (rest + piece).splitlines(keepends=True)
        if len(rest) > _LONGEST_LINE:
            raise Unusable(f"it has a line of more than {_LONGEST_LINE} bytes")
        yield from map(bytes.decode, filter(bytes.strip, lines))
    if rest.strip():
        yield rest.decode()


def _check_header(header: Sequence[str]) -> None:
    if not header:
        raise Unusable("it is empty")
    if len(header) < 2:
        raise Unusable("it has fewer than two columns")
    if len(set(header)) != len(header):
        raise Unusable("two of its columns have the same name")
    invalid = [name for name in header if not is_sensor_name(name)]
    if invalid:
        raise Unusable(f"the column name '{invalid[0][:200]}' has characters that are not valid")
    if timestamps.parse(header[0]):
        raise Unusable("it has no header")
