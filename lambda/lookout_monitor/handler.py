"""Metrics about schedulers, models and datasets: the service has none, so a schedule asks, and puts what it hears.

Nothing is remembered between runs. A run is about one window of time, which follows from the time of its event alone:
the windows of a schedule neither overlap nor leave anything out, however late or how often a run takes place.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from lookout_shared import log
from lookout_shared.aws import Kind, Service, ServiceError

#: What CloudWatch takes at once.
_MOST_AT_ONCE = 1000
#: Executions are listed by the times of their data, which end at most an hour before the execution is due.
_MARGIN = timedelta(days=1)
_OUTCOMES = {"SUCCESS": "SuccessfulExecutions", "FAILED": "FailedExecutions", "IN_PROGRESS": "UnfinishedExecutions"}
#: Where in the description of a dataset the figures of its last ingestion are.
_DATA_QUALITY = {
    "MissingValues": ("MissingSensorData", "TotalNumberOfMissingValues"),
    "InvalidValues": ("InvalidSensorData", "TotalNumberOfInvalidValues"),
    "UnsupportedTimestamps": ("UnsupportedTimestamps", "TotalNumberOfUnsupportedTimestamps"),
    "DuplicateTimestamps": ("DuplicateTimestamps", "TotalNumberOfDuplicateTimestamps"),
    "SensorsWithoutData": ("InsufficientSensorData", "MissingCompleteSensorData", "AffectedSensorCount"),
    "SensorsWithShortDateRange": ("InsufficientSensorData", "SensorsWithShortDateRange", "AffectedSensorCount"),
}

Metric = tuple[str, float, datetime]


class Incomplete(Exception):
    """Something could not be asked about; what could be is put all the same."""


def handle(event: Mapping[str, Any], context: object) -> dict[str, int]:
    """Put the metrics of one window; how many.

    The event is `{"Time", "IntervalSeconds", "SettlingSeconds", "Namespace", "InferenceSchedulers", "Models",
    "Datasets"}`; Time is ISO 8601, the last three are lists of names.
    """
    region = os.environ["AWS_REGION"]
    lookout, cloudwatch = Service("lookoutequipment", region), Service("cloudwatch", region)
    now = datetime.fromisoformat(event["Time"]).astimezone(UTC)
    interval = timedelta(seconds=event["IntervalSeconds"])
    # The schedule may be late, but not by an interval.
    end = _floor(now, interval) - timedelta(seconds=event["SettlingSeconds"])

    def scheduler(name: str) -> Iterator[Metric]:
        yield from _executions(lookout, name, end - interval, end)
        yield from _scheduler(lookout, name, now)

    kinds: dict[str, tuple[str, Callable[[str], Iterator[Metric]]]] = {
        "InferenceSchedulers": ("InferenceSchedulerName", scheduler),
        "Models": ("ModelName", lambda name: _model(lookout, name, now)),
        "Datasets": ("DatasetName", lambda name: _dataset(lookout, name, now)),
    }
    data: list[dict[str, Any]] = []
    failures: list[str] = []
    for kind, (dimension, look) in kinds.items():
        for name in event.get(kind, []):
            try:
                metrics = list(look(name))
            except ServiceError as error:
                if error.kind is Kind.UNREACHABLE:
                    # It is so for everything, and takes long each time.
                    raise
                failures.append(f"{name}: {error}")
                log.write("not asked", level="ERROR", name=name, cause=str(error))
                continue
            data += [_datum(metric, dimension, name) for metric in metrics]
    for start in range(0, len(data), _MOST_AT_ONCE):
        chunk = data[start : start + _MOST_AT_ONCE]
        cloudwatch.call("PutMetricData", Namespace=event["Namespace"], MetricData=chunk)
    log.write("put", metrics=len(data), windowStart=end - interval, windowEnd=end)
    if failures:
        raise Incomplete("; ".join(failures))
    return {"Metrics": len(data)}


def _executions(lookout: Service, name: str, start: datetime, end: datetime) -> Iterator[Metric]:
    """What came of the executions that were due after *start* and not after *end*, each at the time it was due."""
    listed = lookout.pages(
        "ListInferenceExecutions",
        "InferenceExecutionSummaries",
        InferenceSchedulerName=name,
        DataStartTimeAfter=start - _MARGIN,
        MaxResults=500,
    )
    for execution in listed:
        if not start < (due := execution["ScheduledStartTime"]) <= end:
            continue
        for outcome, metric in _OUTCOMES.items():
            yield metric, float(execution["Status"] == outcome), due
        if execution["Status"] != "SUCCESS":
            log.write(
                "execution",
                level="WARN",
                scheduler=name,
                due=due,
                status=execution["Status"],
                reason=execution.get("FailedReason"),
            )


def _scheduler(lookout: Service, name: str, now: datetime) -> Iterator[Metric]:
    found = lookout.call("DescribeInferenceScheduler", InferenceSchedulerName=name)
    yield "Running", float(found["Status"] == "RUNNING"), now
    if result := found.get("LatestInferenceResult"):
        yield "Anomalous", float(result == "ANOMALOUS"), now


def _model(lookout: Service, name: str, now: datetime) -> Iterator[Metric]:
    found = lookout.call("DescribeModel", ModelName=name)
    if status := found.get("LatestScheduledRetrainingStatus"):
        yield "RetrainingFailed", float(status == "FAILED"), now
    if quality := found.get("ModelQuality"):
        yield "PoorQuality", float(quality == "POOR_QUALITY_DETECTED"), now


def _dataset(lookout: Service, name: str, now: datetime) -> Iterator[Metric]:
    found = lookout.call("DescribeDataset", DatasetName=name)
    for metric, path in _DATA_QUALITY.items():
        figure: Any = found.get("DataQualitySummary")
        for member in path:
            figure = (figure or {}).get(member)
        if figure is not None:
            yield metric, float(figure), now
    if files := found.get("IngestedFilesSummary"):
        yield "DiscardedFiles", float(len(files.get("DiscardedFiles", []))), now


def _datum(metric: Metric, dimension: str, name: str) -> dict[str, Any]:
    what, value, at = metric
    return {
        "MetricName": what,
        "Dimensions": [{"Name": dimension, "Value": name}],
        "Timestamp": at,
        "Value": value,
        "Unit": "Count",
    }


def _floor(moment: datetime, step: timedelta) -> datetime:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return epoch + (moment - epoch) // step * step
