"""What stands in for training: a deterministic statistic of the data, not machine learning.

The mean and standard deviation of each sensor over the training range are what is learned; rows in labeled ranges,
known to be abnormal, are left out (user guide, "Understanding labeling"). A row is anomalous when one of its sensors is
more than three standard deviations from its mean; `metrics` makes events of such rows.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from lookout_server.equipment.columns import Table
from lookout_server.equipment.rates import seconds_of
from lookout_server.equipment.schema import Schema
from lookout_server.protocol.errors import validation

#: How many standard deviations from its mean a value may be before its row is anomalous.
DEVIATIONS = 3.0

#: More are not told apart: their squares must be finite.
_MOST_DEVIATIONS = 1e100

_OFF_CONDITION = re.compile(r"([^\\]+)\\{1,2}([^\\<>]+?)\s*([<>])\s*([+-]?[0-9]+(?:\.[0-9]+)?)")

Sensor = tuple[str, str]
Range = tuple[datetime, datetime]
Row = tuple[datetime, Mapping[Sensor, float]]
#: Mean and standard deviation of each sensor that had data: all that a training learns.
Profile = Mapping[Sensor, tuple[float, float]]


class TrainingFailed(Exception):
    """The training fails, for the reason in the message."""


@dataclass(frozen=True)
class OffCondition:
    """Rows in which a sensor is below (`<`) or above (`>`) a value are not used."""

    sensor: Sensor
    below: bool
    value: float

    @classmethod
    def parse(cls, text: str | None, schema: Schema) -> OffCondition | None:
        """Read `component\\sensor < 10.0`; raises a ValidationException for other forms and unknown sensors."""
        if text is None:
            return None
        match = _OFF_CONDITION.fullmatch(text.strip())
        if not match:
            raise validation(f"OffCondition: got '{text}', expected component\\sensor < number, or >")
        sensor = (match.group(1), match.group(2))
        if sensor not in schema.sensors:
            raise validation(f"OffCondition: the schema has no sensor {match.group(1)}\\{match.group(2)}")
        return cls(sensor, match.group(3) == "<", float(match.group(4)))

    def holds(self, values: Mapping[Sensor, float]) -> bool:
        """Whether the asset was off."""
        value = values.get(self.sensor)
        return value is not None and (value < self.value if self.below else value > self.value)


@dataclass(frozen=True)
class Plan:
    """What is trained with what; rates as ISO 8601 durations."""

    schema: Schema
    training: Range
    evaluation: Range | None
    off: OffCondition | None
    rate: str | None

    @property
    def assessed(self) -> Range:
        """The range in which the model is tried: that of the evaluation, without one that of the training."""
        return self.evaluation or self.training


@dataclass(frozen=True)
class Trained:
    """What a training brings."""

    profile: Profile
    #: The rows by which it is assessed, with those during which the asset was off.
    assessed: Sequence[Row]

    first: datetime
    last: datetime
    #: How many UTC days have training data.
    days: int

    def running(self, off: OffCondition | None) -> list[Row]:
        """The assessed rows during which the asset was not off."""
        return _running(self.assessed, off)


def train(plan: Plan, tables: Mapping[str, Table], labels: Sequence[Range], row_quotas: tuple[int, int]) -> Trained:
    """Learn; raises TrainingFailed. `row_quotas` are those of training and of evaluation."""
    rows = rows_of(plan.schema, tables, plan.rate)
    training = _running(_within(rows, plan.training), plan.off)
    evaluation = _running(_within(rows, plan.evaluation), plan.off) if plan.evaluation else []
    for what, found, quota in zip(("training", "evaluation"), (training, evaluation), row_quotas, strict=True):
        if len(found) > quota:
            raise TrainingFailed(f"The {what} data has {len(found)} rows, the quota is {quota}")
    if not training:
        raise TrainingFailed(f"There is no data between {plan.training[0]} and {plan.training[1]}")
    if plan.evaluation and not evaluation:
        raise TrainingFailed(f"There is no data between {plan.evaluation[0]} and {plan.evaluation[1]}")
    marks = inside(training, labels)
    normal = [row for row, labeled in zip(training, marks, strict=True) if not labeled]
    if not normal:
        raise TrainingFailed(f"The labels leave no data between {plan.training[0]} and {plan.training[1]}")
    return Trained(
        profile=_profile(normal, plan.schema),
        assessed=_within(rows, plan.assessed),
        first=training[0][0],
        last=training[-1][0],
        days=len({time.date() for time, _ in training}),
    )


def overlap(one: Range, other: Range) -> bool:
    """Whether two ranges have a moment in common."""
    return one[0] <= other[1] and one[1] >= other[0]


def inside(rows: Sequence[Row], spans: Sequence[Range]) -> list[bool]:
    """Which rows, ordered by time, lie in one of the spans."""
    ordered, at, marks = sorted(spans), 0, []
    until: datetime | None = None
    for time, _ in rows:
        while at < len(ordered) and ordered[at][0] <= time:
            until = max(until, ordered[at][1]) if until else ordered[at][1]
            at += 1
        marks.append(until is not None and time <= until)
    return marks


def rows_of(schema: Schema, tables: Mapping[str, Table], rate: str | None) -> list[Row]:
    """The rows of all components by time, resampled to their means when there is a rate."""
    seconds = seconds_of(rate) if rate else 1
    # Nothing but numbers is kept on the way: of millions of other objects Python itself keeps looking for garbage.
    rows: dict[int, dict[Sensor, float]] = {}
    buckets = {
        part.name: [int(time.timestamp()) // seconds * seconds for time in tables[part.name].times]
        for part in schema.components
    }
    for sensor in sorted(schema.sensors):
        component, name = sensor
        totals: dict[int, float] = {}
        counts: dict[int, int] = {}
        for bucket, value in zip(buckets[component], tables[component].values[name], strict=True):
            if value is not None:
                totals[bucket] = totals.get(bucket, 0.0) + value
                counts[bucket] = counts.get(bucket, 0) + 1
        for bucket, total in totals.items():
            rows.setdefault(bucket, {})[sensor] = total / counts[bucket]
    return [(datetime.fromtimestamp(at, UTC), rows[at]) for at in sorted(rows)]


def _running(rows: Sequence[Row], off: OffCondition | None) -> list[Row]:
    return [row for row in rows if not (off and off.holds(row[1]))]


def _within(rows: Sequence[Row], span: Range) -> list[Row]:
    return [row for row in rows if span[0] <= row[0] <= span[1]]


def _profile(rows: Sequence[Row], schema: Schema) -> Profile:
    profile: dict[Sensor, tuple[float, float]] = {}
    for sensor in sorted(schema.sensors):
        values = [row[1][sensor] for row in rows if sensor in row[1]]
        if values:
            mean = math.fsum(values) / len(values)
            spread = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / len(values))
            profile[sensor] = (mean, spread)
    return profile


def deviations_of(values: Mapping[Sensor, float], profile: Profile) -> dict[Sensor, float]:
    """How many standard deviations each value of a row is from its mean; only sensors that were learned count."""
    return {sensor: _deviation(value, *profile[sensor]) for sensor, value in values.items() if sensor in profile}


def _deviation(value: float, mean: float, spread: float) -> float:
    """How many standard deviations a value is off; off a sensor that never changed counts as just too many."""
    if spread > 0:
        return min(abs(value - mean) / spread, _MOST_DEVIATIONS)
    return 0.0 if value == mean else DEVIATIONS + 1
