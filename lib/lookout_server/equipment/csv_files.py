"""One data file: a CSV with a column of timestamps and one column per sensor (user guide, "Formatting your data").

Files are large and others wait for their turn, so they are read row by row, and columns are kept instead of rows.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from lookout_files import text_files
from lookout_files.text_files import Unreadable, shown
from lookout_server.equipment import timestamps
from lookout_server.equipment.schema import is_sensor_name

_NUMBER = re.compile(r"[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?")
#: Characters of a cell that can be a number: more digits than a floating point number ever has.
_LONGEST_NUMBER = 400

#: No sensor measures more, and of what is less squares and sums can be told.
_LARGEST_NUMBER = 1e100


class Unusable(Exception):
    """The file is discarded; the message says why."""


@dataclass(frozen=True)
class DataFile:
    """The columns of one file, in the rows whose timestamp is supported."""

    timestamp: str
    #: The names of all columns but the first.
    sensors: tuple[str, ...]

    times: Sequence[datetime]
    #: By sensor: None where a value is missing, NaN where it is invalid.
    columns: Mapping[str, Sequence[float | None]]

    #: How many rows have a timestamp in no supported format.
    unsupported: int

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

    A row that ends too early has missing values. One with more cells than the header has invalid values, all of them:
    a comma within a number has moved the others into the columns of their neighbours, and nobody can tell from where.

    Raises Unusable for what is no CSV file of sensor data.
    """
    if not key.lower().endswith(".csv"):
        raise Unusable("its name does not end with .csv")
    lines = records(body)
    begin, cells = next(lines, (1, []))
    header = [cell.strip() for cell in cells]
    _check_header(begin, header)
    known = None if wanted is None else frozenset(wanted)
    taken = [name for name in header[1:] if known is None or name in known]
    if len(taken) > most:
        raise Unusable(f"Columns per dataset: got {len(taken)}, the quota is {most}")
    columns: dict[str, list[float | None]] = {name: [] for name in taken}
    places = [(place, columns[name].append) for place, name in enumerate(header) if name in columns]
    times: list[datetime] = []
    unsupported, first = 0, "no row below its header"
    for line, cells in lines:
        time = timestamps.parse(cells[0])
        if time is None:
            if not unsupported:
                first = f"line {line}, {header[0]}: got {shown(cells[0])}"
            unsupported += 1
            continue
        times.append(time)
        moved = len(cells) > len(header) and any(map(str.strip, cells[len(header) :]))
        for place, append in places:
            append(math.nan if moved else number(cells[place].strip()) if place < len(cells) else None)
    if not times:
        raise Unusable(f"{first}, expected at least one row with a time in a supported format: {timestamps.FORMATS}")
    return DataFile(header[0], tuple(header[1:]), times, columns, unsupported)


def records(body: bytes) -> Iterator[tuple[int, list[str]]]:
    """The rows of a CSV file that are not blank, with their lines; raises Unusable where it is none."""
    try:
        yield from text_files.rows(body)
    except Unreadable as error:
        raise Unusable(str(error)) from error


def _check_header(line: int, header: Sequence[str]) -> None:
    if not header:
        raise Unusable("it is empty")
    if timestamps.is_like_one(header[0]):
        raise Unusable(f"it has no header: line {line} begins with {shown(header[0])}, expected names of columns")
    if len(header) < 2:
        raise Unusable(f"line {line}: got {shown(header[0])}, expected at least two columns, with commas between them")
    seen: set[str] = set()
    for place, name in enumerate(header, 1):
        if not is_sensor_name(name):
            raise Unusable(
                f"line {line}, column {place}: got the name {shown(name)}, "
                "expected 1 to 200 letters (A to Z), digits and : # $ . - _"
            )
        if name in seen:
            raise Unusable(f"line {line}, column {place}: got the name {shown(name)} again, expected different names")
        seen.add(name)
