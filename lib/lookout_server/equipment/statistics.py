"""What is found out about sensors while their data is read: quality counts and the grade of each sensor.

Rows come in the order of time, as a stream, and nothing of them is kept but what is counted. Thresholds are those of
the user guide where it names them ("Reviewing your ingested data": ranges under 14 days, gaps of more than 30 days);
for the others the service gives no figures, and simple rules stand in, stated at each.

Needs numpy and pyarrow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lookout_server.equipment.blocks import MICROSECOND, Block, Times, Values, moment
from lookout_server.equipment.levels import Levels

SHORT_RANGE = timedelta(days=14)
LARGE_GAP = timedelta(days=30)
_MOST_CATEGORIES = 10
#: Different values that are counted; what has more is said to have so many.
MOST_DIFFERENT = 100
_LARGE_GAP = LARGE_GAP // MICROSECOND
_ISSUE, _NO_ISSUE = "POTENTIAL_ISSUE_DETECTED", "NO_ISSUE_DETECTED"


class ComponentStatistics:
    """What is found out about the sensors of a component."""

    def __init__(self) -> None:
        self._rows = 0
        self._sensors: dict[str, _Sensor] = {}

    def add(self, block: Block) -> None:
        """Take in rows, which are later than all before; what is infinite is invalid."""
        gaps = _Gaps.of(block.times)
        for name in block.values.keys() - self._sensors.keys():
            self._sensors[name] = _Sensor(missing=self._rows)
        for name, sensor in self._sensors.items():
            column = block.values.get(name)
            if column is None:
                sensor.missing += len(block)
            else:
                sensor.add(block.times, column, gaps)
        self._rows += len(block)

    def summaries(self, component: str, sensors: Sequence[str], unsupported: int, duplicates: int) -> list[Any]:
        """The SensorStatisticsSummary of each sensor."""
        total = self._rows + unsupported + duplicates
        nothing = _Sensor(missing=self._rows)
        return [
            {
                "ComponentName": component,
                "SensorName": name,
                "InvalidDateEntries": _share(unsupported, total),
                "DuplicateTimestamps": _share(duplicates, total),
                **self._sensors.get(name, nothing).summary(self._rows),
            }
            for name in sensors
        ]


@dataclass(frozen=True)
class _Gaps:
    """The longest time between a row and the next, and how many such times are large."""

    longest: int
    large: int

    @classmethod
    def of(cls, times: Times) -> _Gaps:
        gaps = np.diff(times)
        longest = int(gaps.max(initial=0))
        return cls(longest, int((gaps > _LARGE_GAP).sum()) if longest > _LARGE_GAP else 0)


@dataclass
class _Sensor:
    """One sensor, so far."""

    missing: int = 0
    invalid: int = 0
    values: int = 0
    first: int = 0
    last: int = 0
    longest_gap: int = 0
    large_gaps: int = 0
    #: The value that came last, and whether one was ever more, and less, than the one before.
    level: float = 0.0
    rises: bool = False
    falls: bool = False
    #: How often each value occurs, as long as there are not too many different ones; then how many are in which range.
    counts: dict[float, int] | None = field(default_factory=dict)
    levels: Levels = field(default_factory=Levels)

    def add(self, times: Times, column: Values, gaps: _Gaps) -> None:
        known = np.isfinite(column)
        if not known.all():
            invalid = int(np.isinf(column).sum())
            self.invalid += invalid
            self.missing += len(column) - int(known.sum()) - invalid
            times, column = times[known], column[known]
            if not len(column):
                return
            gaps = _Gaps.of(times)
        self._add_times(times, gaps)
        self._add_steps(column)
        self.values += len(column)
        self._add_levels(column)

    def _add_times(self, times: Times, gaps: _Gaps) -> None:
        if self.values:
            between = int(times[0]) - self.last
            self.longest_gap = max(self.longest_gap, between)
            self.large_gaps += between > _LARGE_GAP
        else:
            self.first = int(times[0])
        self.longest_gap = max(self.longest_gap, gaps.longest)
        self.large_gaps += gaps.large
        self.last = int(times[-1])

    def _add_steps(self, column: Values) -> None:
        if not (self.rises and self.falls):
            before = self.level if self.values else column[0]
            steps = np.diff(column, prepend=before)
            self.rises = self.rises or bool((steps > 0).any())
            self.falls = self.falls or bool((steps < 0).any())
        self.level = float(column[-1])

    def _add_levels(self, column: Values) -> None:
        if self.counts is None:
            self.levels.add(column)
            return
        found = pc.value_counts(pa.array(column))
        if len(found) <= MOST_DIFFERENT:
            counted = zip(found.field("values").to_pylist(), found.field("counts").to_pylist(), strict=True)
            for value, count in counted:
                self.counts[value] = self.counts.get(value, 0) + count
            if len(self.counts) <= MOST_DIFFERENT:
                return
        else:
            self.levels.add(column)
        if self.counts:
            self.levels.add(np.array(list(self.counts)), np.array(list(self.counts.values())))
        self.counts = None

    def summary(self, rows: int) -> dict[str, Any]:
        different = MOST_DIFFERENT if self.counts is None else len(self.counts)
        # Categorical: at most ten different values, each seen ten times on average.
        categorical = 0 < different <= _MOST_CATEGORIES and self.values >= 10 * different
        return {
            "DataExists": self.values > 0,
            "MissingValues": _share(self.missing, rows),
            "InvalidValues": _share(self.invalid, rows),
            "CategoricalValues": {"Status": _status(categorical), "NumberOfCategory": different},
            "MultipleOperatingModes": {"Status": _status(self._has_two_modes())},
            "LargeTimestampGaps": {
                "Status": _status(self.large_gaps > 0),
                "NumberOfLargeTimestampGaps": self.large_gaps,
                "MaxTimestampGapInDays": (self.longest_gap * MICROSECOND).days,
            },
            "MonotonicValues": {"Status": _status(self._direction() is not None), "Monotonicity": self._direction()},
            "DataStartTime": moment(self.first) if self.values else None,
            "DataEndTime": moment(self.last) if self.values else None,
        }

    def _direction(self) -> str | None:
        """Monotonic: no step (of at least two) in the other direction."""
        if self.values < 3 or (self.rises and self.falls):
            return None
        return "INCREASING" if self.rises else "DECREASING" if self.falls else "STATIC"

    def _has_two_modes(self) -> bool:
        """Two modes: hardly any value (1 %) in the middle third of the range, and a tenth of them on either side.

        Of a sensor with many different values, to a 256th of its range.
        """
        if self.counts is not None:
            values, counts = np.array(list(self.counts)), np.array(list(self.counts.values()))
        else:
            values, counts = self.levels.middles()
        if not len(values) or values.min() == values.max():
            return False
        low, high = float(values.min()), float(values.max())
        third = (high - low) / 3
        below = int(counts[values < low + third].sum())
        above = int(counts[values > high - third].sum())
        middle = self.values - below - above
        return middle <= 0.01 * self.values and min(below, above) >= 0.1 * self.values


def quality(summaries: Sequence[Mapping[str, Any]], unsupported: int, duplicates: int) -> dict[str, Any]:
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
        "UnsupportedTimestamps": {"TotalNumberOfUnsupportedTimestamps": unsupported},
        "DuplicateTimestamps": {"TotalNumberOfDuplicateTimestamps": duplicates},
    }


def _share(count: int, of: int) -> dict[str, Any]:
    return {"Count": count, "Percentage": round(100 * count / of, 4) if of else 0.0}


def _status(issue: bool) -> str:
    return _ISSUE if issue else _NO_ISSUE
