"""Inference schedulers and what came of their runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from lookout_server.equipment.rates import seconds_of
from lookout_server.equipment.schedulers import Switch
from lookout_server.protocol.times import later

#: Windows that are made up for at one look; of more, those that ended first are left out.
MOST_AT_ONCE = 1_000


@dataclass(frozen=True)
class Prediction:
    """What inference says of one row."""

    time: datetime
    #: The off condition holds, so nothing is said about the row.
    off: bool

    #: The anomaly score, from 0 to 1.
    score: float = 0.0

    anomalous: bool = False
    #: The parts of the sensors in the deviation, by `component\sensor`; they add up to 1, or are all 0.
    shares: Mapping[str, float] = field(default_factory=dict)


@dataclass
class Execution:
    """One run of a scheduler over the window between two boundaries of its interval."""

    number: int
    scheduled_at: datetime
    start: datetime
    end: datetime
    #: The scheduler's, as it was.
    configuration: Mapping[str, Any]

    version: int | None
    version_arn: str | None
    status: str = "IN_PROGRESS"
    failed_reason: str | None = None
    #: Bucket and Key of the results.
    result: Mapping[str, str] | None = None

    predictions: tuple[Prediction, ...] = ()
    #: Whether a row of it is anomalous.
    anomalous: bool = False


@dataclass
class InferenceScheduler:
    """An inference scheduler."""

    number: int
    name: str
    arn: str
    model_name: str
    model_arn: str
    #: The members that UpdateInferenceScheduler can change.
    configuration: Mapping[str, Any]

    kms_key_arn: str | None
    created_at: datetime
    updated_at: datetime
    switch: Switch
    executions: list[Execution] = field(default_factory=list)

    @property
    def interval(self) -> timedelta:
        """The time between two runs, and the length of a window."""
        return timedelta(seconds=seconds_of(self.configuration["DataUploadFrequency"]))

    @property
    def delay(self) -> timedelta:
        """How long after the end of a window its run begins."""
        return timedelta(minutes=self.configuration.get("DataDelayOffsetInMinutes") or 0)

    @property
    def latest_result(self) -> str | None:
        """The LatestInferenceResult: that of the latest run that succeeded."""
        for execution in reversed(self.executions):
            if execution.status == "SUCCESS":
                return "ANOMALOUS" if execution.anomalous else "NORMAL"
        return None

    def due(self, now: datetime) -> list[datetime]:
        """The ends of the windows whose runs are due, in order, while the scheduler runs.

        Boundaries are counted from the full hour (user guide, "Understanding the inference process"). Windows that
        ended before the scheduler ran are none of its business.
        """
        if self.switch.status != "RUNNING":
            return []
        done = max([self.switch.since, *(execution.end for execution in self.executions[-1:])])
        first = _boundary(done, self.interval) + self.interval
        last = _boundary(later(now, -self.delay.total_seconds()), self.interval)
        count = (last - first) // self.interval + 1
        return [first + self.interval * i for i in range(max(0, count - MOST_AT_ONCE), count)]


def _boundary(time: datetime, interval: timedelta) -> datetime:
    """The latest boundary that is not after a time."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return epoch + (time - epoch) // interval * interval
