"""The slow and obvious way to read data files, row by row and all at once: what the fast one does must be the same."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from lookout_files.text_files import shown
from lookout_server.equipment import timestamps
from lookout_server.equipment.csv_files import Unusable, check_header, number, records
from lookout_server.equipment.schema import Component
from tests.server.services.contents import Table

LARGE_GAP = timedelta(days=30)
_MOST_CATEGORIES = 10
_ISSUE, _NO_ISSUE = "POTENTIAL_ISSUE_DETECTED", "NO_ISSUE_DETECTED"


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
    check_header(begin, header)
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


@dataclass
class ComponentReader:
    """Gathers the rows of one component from its files."""

    component: Component
    unsupported: int = 0
    duplicates: int = 0
    _times: list[datetime] = field(default_factory=list)
    _columns: dict[str, list[float | None]] = field(default_factory=dict)
    _seen: set[datetime] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._columns = {name: [] for name in self.component.sensors}

    def add(self, file: DataFile) -> None:
        """Take in a file; the first row of a time counts, later ones are duplicates."""
        self.unsupported += file.unsupported
        new: list[int] = []
        for index, time in enumerate(file.times):
            if time not in self._seen:
                self._seen.add(time)
                new.append(index)
        self.duplicates += len(file.times) - len(new)
        self._times += [file.times[index] for index in new]
        for name, column in self._columns.items():
            given = file.columns.get(name)
            column += [None] * len(new) if given is None else [given[index] for index in new]

    def table(self) -> Table:
        """The rows, ordered by time."""
        order = sorted(range(len(self._times)), key=self._times.__getitem__)
        return Table(
            tuple(self._times[index] for index in order),
            {name: tuple(_known(column[index]) for index in order) for name, column in self._columns.items()},
        )

    def summaries(self, table: Table) -> list[dict[str, Any]]:
        """The SensorStatisticsSummary of each sensor; `table` has the rows."""
        return [self._summary(name, table) for name in self.component.sensors]

    def _summary(self, name: str, table: Table) -> dict[str, Any]:
        rows = len(table.times)
        total = rows + self.unsupported + self.duplicates
        column = table.values[name]
        times = [time for time, value in zip(table.times, column, strict=True) if value is not None]
        values = [value for value in column if value is not None]
        missing = self._columns[name].count(None)
        return {
            "ComponentName": self.component.name,
            "SensorName": name,
            "DataExists": bool(values),
            "MissingValues": _share(missing, rows),
            "InvalidValues": _share(rows - missing - len(values), rows),
            "InvalidDateEntries": _share(self.unsupported, total),
            "DuplicateTimestamps": _share(self.duplicates, total),
            "CategoricalValues": _categories(values),
            "MultipleOperatingModes": {"Status": _ISSUE if _two_modes(values) else _NO_ISSUE},
            "LargeTimestampGaps": _gaps(times),
            "MonotonicValues": _monotonic(values),
            "DataStartTime": times[0] if times else None,
            "DataEndTime": times[-1] if times else None,
        }


def _known(value: float | None) -> float | None:
    """A value; None for one that is no finite number."""
    return None if value is None or math.isnan(value) else value


def _share(count: int, of: int) -> dict[str, Any]:
    return {"Count": count, "Percentage": round(100 * count / of, 4) if of else 0.0}


def _categories(values: Sequence[float]) -> dict[str, Any]:
    """Categorical: at most ten different values, each seen ten times on average."""
    different = len(set(values))
    categorical = 0 < different <= _MOST_CATEGORIES and len(values) >= 10 * different
    return {"Status": _ISSUE if categorical else _NO_ISSUE, "NumberOfCategory": different}


def _two_modes(values: Sequence[float]) -> bool:
    """Two modes: hardly any value (1 %) in the middle third of the range, and a tenth of them on either side."""
    if not values or min(values) == max(values):
        return False
    low, high = min(values), max(values)
    third = (high - low) / 3
    below = sum(value < low + third for value in values)
    above = sum(value > high - third for value in values)
    middle = len(values) - below - above
    return middle <= 0.01 * len(values) and min(below, above) >= 0.1 * len(values)


def _gaps(times: Sequence[datetime]) -> dict[str, Any]:
    gaps = [later - earlier for earlier, later in pairwise(times)]
    large = [gap for gap in gaps if gap > LARGE_GAP]
    return {
        "Status": _ISSUE if large else _NO_ISSUE,
        "NumberOfLargeTimestampGaps": len(large),
        "MaxTimestampGapInDays": max(gaps, default=timedelta()).days,
    }


def _monotonic(values: Sequence[float]) -> dict[str, Any]:
    """Monotonic: no step (of at least two) in the other direction."""
    steps = [later - earlier for earlier, later in pairwise(values)]
    direction = None
    if len(steps) >= 2:
        if all(step == 0 for step in steps):
            direction = "STATIC"
        elif all(step >= 0 for step in steps):
            direction = "INCREASING"
        elif all(step <= 0 for step in steps):
            direction = "DECREASING"
    return {"Status": _ISSUE if direction else _NO_ISSUE, "Monotonicity": direction}
