"""What is found out about sensors while their data is read: quality counts and the grade of each sensor.

Thresholds are those of the user guide where it names them ("Reviewing your ingested data": ranges under 14 days, gaps
of more than 30 days); for the others the service gives no figures, and simple rules stand in, stated at each.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from lookout_server.equipment.columns import Table
from lookout_server.equipment.csv_files import DataFile
from lookout_server.equipment.schema import Component

SHORT_RANGE = timedelta(days=14)
LARGE_GAP = timedelta(days=30)
_MOST_CATEGORIES = 10
_ISSUE, _NO_ISSUE = "POTENTIAL_ISSUE_DETECTED", "NO_ISSUE_DETECTED"


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


def quality(summaries: Sequence[Mapping[str, Any]], readers: Sequence[ComponentReader]) -> dict[str, Any]:
    """The DataQualitySummary of an ingestion."""
    short = [one for one in summaries if one["DataExists"] and one["DataEndTime"] - one["DataStartTime"] < SHORT_RANGE]
    missing = [one["MissingValues"]["Count"] for one in summaries]
    invalid = [one["InvalidValues"]["Count"] for one in summaries]
    return {
        "InsufficientSensorData": {
            "MissingCompleteSensorData": {"AffectedSensorCount": sum(not one["DataExists"] for one in summaries)},
            "SensorsWithShortDateRange": {"AffectedSensorCount": len(short)},
        },
        "MissingSensorData": {
            "AffectedSensorCount": sum(count > 0 for count in missing),
            "TotalNumberOfMissingValues": sum(missing),
        },
        "InvalidSensorData": {
            "AffectedSensorCount": sum(count > 0 for count in invalid),
            "TotalNumberOfInvalidValues": sum(invalid),
        },
        "UnsupportedTimestamps": {"TotalNumberOfUnsupportedTimestamps": sum(reader.unsupported for reader in readers)},
        "DuplicateTimestamps": {"TotalNumberOfDuplicateTimestamps": sum(reader.duplicates for reader in readers)},
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
