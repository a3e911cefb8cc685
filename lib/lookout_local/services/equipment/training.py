"""What stands in for training: a deterministic statistic of the ingested data, not machine learning.

The mean and standard deviation of each sensor over the training range are the model. A row of the evaluation range is
anomalous when one of its sensors is more than three standard deviations from its mean; rows of that kind which follow
one another make an event, and a sensor's share of the squared deviations is its part in it. The metrics have the
members that the service's own have (user guide, "Understanding results"), and every figure in them is computed.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lookout_local.services.equipment import timestamps
from lookout_local.services.equipment.content import Content
from lookout_local.services.equipment.schema import Schema
from lookout_local.services.errors import StorageError, validation
from lookout_local.services.storage import Storage

_DEVIATIONS = 3.0
_MAX_METRICS = 50_000
_OFF_CONDITION = re.compile(r"([^\\]+)\\{1,2}([^\\<>]+?)\s*([<>])\s*([+-]?\d+(?:\.\d+)?)")
_RATES = {"S": 1, "M": 60, "H": 3600}

Sensor = tuple[str, str]
Range = tuple[datetime, datetime]
Row = tuple[datetime, Mapping[Sensor, float]]


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


@dataclass(frozen=True)
class Trained:
    """What a training brings."""

    metrics: str
    quality: str


def read_labels(storage: Storage, role: str, location: Mapping[str, Any]) -> list[Range]:
    """The labeled ranges in the files of an S3 location: two columns, start and end, without a header.

    Raises TrainingFailed when they cannot be read.
    """
    bucket, prefix = location["Bucket"], location.get("Prefix") or ""
    ranges: list[Range] = []
    try:
        for entry in storage.list(role, bucket, prefix):
            if not entry.key.lower().endswith(".csv"):
                continue
            text = storage.read(role, bucket, entry.key).decode("utf-8-sig", errors="replace")
            for line in csv.reader(io.StringIO(text, newline="")):
                times = [timestamps.parse(cell.partition(".")[0]) for cell in line[:2]]
                if len(times) != 2 or times[0] is None or times[1] is None or times[0] > times[1]:
                    raise TrainingFailed(
                        f"The labels in s3://{bucket}/{entry.key} cannot be read: got '{','.join(line)}', "
                        "expected a start and an end"
                    )
                ranges.append((times[0], times[1]))
    except StorageError as error:
        raise TrainingFailed(f"The labels in s3://{bucket}/{prefix} cannot be read: {error}") from error
    return sorted(ranges)


def train(plan: Plan, content: Content, labels: Sequence[Range], row_quotas: tuple[int, int]) -> Trained:
    """Train and evaluate; raises TrainingFailed. `row_quotas` are those of training and of evaluation."""
    rows = _rows(plan, content)
    training = _within(rows, plan.training)
    evaluation = _within(rows, plan.evaluation) if plan.evaluation else []
    for what, found, quota in zip(("training", "evaluation"), (training, evaluation), row_quotas, strict=True):
        if len(found) > quota:
            raise TrainingFailed(f"The {what} data has {len(found)} rows, the quota is {quota}")
    if not training:
        raise TrainingFailed(f"There is no data between {plan.training[0]} and {plan.training[1]}")
    if plan.evaluation and not evaluation:
        raise TrainingFailed(f"There is no data between {plan.evaluation[0]} and {plan.evaluation[1]}")
    profiles = _profiles(training, plan.schema)
    events = _events(evaluation, profiles)
    labeled = [
        label
        for label in labels
        if plan.evaluation and label[0] <= plan.evaluation[1] and label[1] >= plan.evaluation[0]
    ]
    return _assess(events, labeled)


def _rows(plan: Plan, content: Content) -> list[Row]:
    """The rows of all components by time, resampled to their means, without those during which the asset was off."""
    seconds = int(plan.rate[2:-1]) * _RATES[plan.rate[-1]] if plan.rate else 1
    sums: dict[int, dict[Sensor, tuple[float, int]]] = {}
    for component, name in sorted(plan.schema.sensors):
        table = content.tables[component]
        for time, value in zip(table.times, table.values[name], strict=True):
            if value is not None:
                bucket = sums.setdefault(int(time.timestamp()) // seconds * seconds, {})
                total, count = bucket.get((component, name), (0.0, 0))
                bucket[(component, name)] = (total + value, count + 1)
    rows = [
        (datetime.fromtimestamp(at, UTC), {sensor: total / n for sensor, (total, n) in values.items()})
        for at, values in sorted(sums.items())
    ]
    return [row for row in rows if not (plan.off and plan.off.holds(row[1]))]


def _within(rows: Sequence[Row], span: Range) -> list[Row]:
    return [row for row in rows if span[0] <= row[0] <= span[1]]


def _profiles(rows: Sequence[Row], schema: Schema) -> dict[Sensor, tuple[float, float]]:
    """Mean and standard deviation of each sensor that has data."""
    profiles: dict[Sensor, tuple[float, float]] = {}
    for sensor in sorted(schema.sensors):
        values = [row[1][sensor] for row in rows if sensor in row[1]]
        if values:
            mean = math.fsum(values) / len(values)
            spread = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / len(values))
            profiles[sensor] = (mean, spread)
    return profiles


@dataclass
class _Event:
    start: datetime
    end: datetime
    parts: dict[Sensor, float]


def _events(rows: Sequence[Row], profiles: Mapping[Sensor, tuple[float, float]]) -> list[_Event]:
    events: list[_Event] = []
    current: _Event | None = None
    for time, values in rows:
        deviations = {
            sensor: _deviation(value, *profiles[sensor]) for sensor, value in values.items() if sensor in profiles
        }
        if max(deviations.values(), default=0.0) <= _DEVIATIONS:
            current = None
            continue
        if current is None:
            current = _Event(time, time, {})
            events.append(current)
        current.end = time
        for sensor, deviation in deviations.items():
            current.parts[sensor] = current.parts.get(sensor, 0.0) + deviation**2
    return events


def _deviation(value: float, mean: float, spread: float) -> float:
    """How many standard deviations a value is off; off a sensor that never changed counts as just too many."""
    if spread > 0:
        return abs(value - mean) / spread
    return 0.0 if value == mean else _DEVIATIONS + 1


def _assess(events: Sequence[_Event], labeled: Sequence[Range]) -> Trained:
    hits = {label: [event for event in events if _overlap(event, label)] for label in labeled}
    identified = [label for label, found in hits.items() if found]
    unknown = [event for event in events if not any(_overlap(event, label) for label in labeled)]
    warning = sum((label[1] - max(hits[label][0].start, label[0])).total_seconds() for label in identified)
    metrics: dict[str, Any] = {
        "labeled_ranges": [{"start": _iso(start), "end": _iso(end)} for start, end in labeled],
        "labeled_event_metrics": {
            "num_labeled": len(labeled),
            "num_identified": len(identified),
            "total_warning_time_in_seconds": warning,
        },
        "predicted_ranges": [],
        "unknown_event_metrics": {
            "num_identified": len(unknown),
            "total_duration_in_seconds": sum((e.end - e.start).total_seconds() for e in unknown),
        },
    }
    # The metrics are limited to 50,000 characters (ModelMetrics): the ranges that fit are listed, the earliest first.
    room = _MAX_METRICS - len(json.dumps(metrics))
    for event in events:
        shown = _shown(event)
        room -= len(json.dumps(shown)) + 2
        if room < 0:
            break
        metrics["predicted_ranges"].append(shown)
    if not labeled:
        quality = "CANNOT_DETERMINE_QUALITY"
    elif 2 * len(identified) >= len(labeled):
        quality = "QUALITY_THRESHOLD_MET"
    else:
        quality = "POOR_QUALITY_DETECTED"
    return Trained(json.dumps(metrics), quality)


def _overlap(event: _Event, label: Range) -> bool:
    return event.start <= label[1] and event.end >= label[0]


def _shown(event: _Event) -> dict[str, Any]:
    total = math.fsum(event.parts.values())
    return {
        "start": _iso(event.start),
        "end": _iso(event.end),
        "diagnostics": [
            {"name": f"{component}\\{name}", "value": round(part / total, 6)}
            for (component, name), part in sorted(event.parts.items())
        ],
    }


def _iso(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.%f")
