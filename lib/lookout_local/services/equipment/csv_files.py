"""One data file: a CSV with a column of timestamps and one column per sensor (user guide, "Formatting your data")."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lookout_local.services.equipment import timestamps
from lookout_local.services.equipment.schema import is_sensor_name

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


class Unusable(Exception):
    """The file is discarded; the message says why."""


@dataclass(frozen=True)
class Row:
    """One line: its time (None when unsupported) and the texts of its sensors."""

    time: datetime | None
    cells: dict[str, str]


@dataclass(frozen=True)
class DataFile:
    """The columns and rows of one file."""

    timestamp: str
    sensors: tuple[str, ...]
    rows: Sequence[Row]


def number(cell: str) -> float | None:
    """The value of a cell; None when it is no finite number."""
    if not _NUMBER.fullmatch(cell):
        return None
    value = float(cell)
    return value if math.isfinite(value) else None


def read(key: str, body: bytes) -> DataFile:
    """Read a file; raises Unusable for what is no CSV file of sensor data."""
    if not key.lower().endswith(".csv"):
        raise Unusable("its name does not end with .csv")
    try:
        text = body.decode("utf-8-sig")
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise Unusable(f"it is not readable as CSV: {error}") from error
    lines = [line for line in lines if any(cell.strip() for cell in line)]
    if not lines:
        raise Unusable("it is empty")
    header = [cell.strip() for cell in lines[0]]
    if len(header) < 2:
        raise Unusable("it has fewer than two columns")
    if len(set(header)) != len(header):
        raise Unusable("two of its columns have the same name")
    invalid = [name for name in header if not is_sensor_name(name)]
    if invalid:
        raise Unusable(f"the column name '{invalid[0]}' has characters that are not valid")
    if timestamps.parse(header[0]):
        raise Unusable("it has no header")
    rows = [
        Row(timestamps.parse(line[0]), dict(zip(header[1:], (c.strip() for c in line[1:]), strict=False)))
        for line in lines[1:]
    ]
    if not any(row.time for row in rows):
        raise Unusable("none of its rows has a timestamp in a supported format")
    return DataFile(header[0], tuple(header[1:]), rows)
