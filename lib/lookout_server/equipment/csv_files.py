"""What a data file is: a CSV with a column of times and one per sensor (user guide, "Formatting your data").

`data_files` reads them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence

from lookout_files import text_files
from lookout_files.text_files import Unreadable, shown
from lookout_server.equipment import timestamps
from lookout_server.equipment.schema import is_sensor_name

_NUMBER = re.compile(r"[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?")
#: Characters of a cell that can be a number: more digits than a floating point number ever has.
LONGEST_NUMBER = 400

#: No sensor measures more, and of what is less squares and sums can be told.
LARGEST_NUMBER = 1e100


class Unusable(Exception):
    """The file is discarded; the message says why."""


def number(cell: str) -> float | None:
    """The value of a cell: None when it is empty, NaN when it is no number that can be calculated with."""
    if not cell:
        return None
    if len(cell) > LONGEST_NUMBER or not _NUMBER.fullmatch(cell):
        return math.nan
    value = float(cell)
    return value if abs(value) <= LARGEST_NUMBER else math.nan


def records(body: bytes) -> Iterator[tuple[int, list[str]]]:
    """The rows of a CSV file that are not blank, with their lines; raises Unusable where it is none."""
    try:
        yield from text_files.rows(body)
    except Unreadable as error:
        raise Unusable(str(error)) from error


def check_header(line: int, header: Sequence[str]) -> None:
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
