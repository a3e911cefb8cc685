"""What the tests of inference schedulers have in common: a plant that sends data of the component pump1."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from lookout_server.settings import Progress
from tests.server.services.support import ROLE, Cloud, csv_text

#: Where the clock of a cloud starts.
START = datetime(2024, 1, 1, tzinfo=UTC)

WATCH = {"InferenceSchedulerName": "watch"}
#: Values of flow and heat as in training, and heat that is far off.
NORMAL, ODD = (11.0, 22.0), (11.0, 90.0)


def parameters(**more: Any) -> dict[str, Any]:
    """The input of CreateInferenceScheduler for the scheduler `watch` of the model `wear`."""
    return {
        "ModelName": "wear",
        "InferenceSchedulerName": "watch",
        "DataUploadFrequency": "PT5M",
        "DataInputConfiguration": source(),
        "DataOutputConfiguration": {"S3OutputConfiguration": {"Bucket": "out", "Prefix": "results/"}},
        "RoleArn": ROLE,
        **more,
    }


def source(**more: Any) -> dict[str, Any]:
    """A DataInputConfiguration."""
    return {"S3InputConfiguration": {"Bucket": "data", "Prefix": "in/"}, **more}


def create(cloud: Cloud, **more: Any) -> str:
    """A scheduler that is PENDING; its ARN."""
    return str(cloud.source.create_inference_scheduler(**parameters(**more))["InferenceSchedulerArn"])


def running(cloud: Cloud, **more: Any) -> str:
    """A scheduler that is RUNNING, since now; its ARN."""
    cloud.s3.put("out", "results/", b"")
    cloud.settings.progress = Progress.by_seconds(0)
    return create(cloud, **more)


def describe(cloud: Cloud, name: str = "watch") -> dict[str, Any]:
    """DescribeInferenceScheduler."""
    return dict(cloud.source.describe_inference_scheduler(InferenceSchedulerName=name))


def status(cloud: Cloud) -> str:
    """The status of the scheduler, after a look."""
    return str(describe(cloud)["Status"])


def executions(cloud: Cloud, **filters: Any) -> list[dict[str, Any]]:
    """The executions of the scheduler."""
    listed = cloud.source.list_inference_executions(InferenceSchedulerName="watch", **filters)
    return list(listed["InferenceExecutionSummaries"])


def send(cloud: Cloud, minute: float, *values: tuple[float, float], name: str = "") -> str:
    """Put a file with a row at each of the minutes from START + `minute` on; its key.

    It is called after its first row, or `name`.
    """
    first = START + timedelta(minutes=minute)
    lines = [
        [(first + timedelta(minutes=i)).strftime("%Y-%m-%d %H:%M:%S"), str(flow), str(heat)]
        for i, (flow, heat) in enumerate(values)
    ]
    return put(cloud, lines, name or f"pump1-{first:%Y%m%d%H%M%S}.csv")


def put(cloud: Cloud, lines: Sequence[Sequence[str]], name: str) -> str:
    """Put a file with such lines; its key."""
    cloud.s3.put("data", f"in/{name}", csv_text(lines))
    return f"in/{name}"


def results(cloud: Cloud, execution: dict[str, Any]) -> list[dict[str, Any]]:
    """The lines that an execution wrote."""
    found = execution["CustomerResultObject"]
    return [json.loads(line) for line in cloud.s3.objects[(found["Bucket"], found["Key"])].splitlines()]


def at(minutes: float) -> datetime:
    """The time so many minutes after START."""
    return START + timedelta(minutes=minutes)


def advance(cloud: Cloud, minutes: float) -> None:
    """Let minutes pass."""
    cloud.clock.advance(60 * minutes)


def run(cloud: Cloud, *values: tuple[float, float], **more: Any) -> dict[str, Any]:
    """The execution of the first window of a scheduler, with rows from one minute into it on."""
    running(cloud, **more)
    send(cloud, 1, *values)
    advance(cloud, 5)
    (execution,) = executions(cloud)
    return execution


def events(cloud: Cloud, start: float = 0, end: float = 60) -> list[dict[str, Any]]:
    """The events of the scheduler between two minutes."""
    found = cloud.source.list_inference_events(**WATCH, IntervalStartTime=at(start), IntervalEndTime=at(end))
    return list(found["InferenceEventSummaries"])
