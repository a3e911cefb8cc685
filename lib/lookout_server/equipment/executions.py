"""Inference schedulers and what came of their runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from lookout_server.entities.codec import Kept
from lookout_server.entities.session import NUMBERS, Collection, Entity
from lookout_server.equipment.rates import seconds_of
from lookout_server.equipment.schedulers import Switch
from lookout_server.protocol.times import later


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
class Execution(Entity):
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

    kept_predictions: Kept[tuple[Prediction, ...]] | None = None
    #: Whether a row of it is anomalous.
    anomalous: bool = False

    @property
    def predictions(self) -> tuple[Prediction, ...]:
        """What it says of each row; nothing when it has not succeeded."""
        return self.kept_predictions.value if self.kept_predictions else ()


@dataclass
class InferenceScheduler(Entity):
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
    #: The end of the latest window that a run was begun for.
    done_until: datetime | None = None
    #: The number of the run that is under way.
    running: int | None = None
    #: The LatestInferenceResult: that of the latest run that succeeded.
    latest_result: str | None = None
    #: Whether the last row that was judged is anomalous: what is so at the next one is the same anomaly.
    in_anomaly: bool = False

    @property
    def executions(self) -> Collection[int, Execution]:
        """Its runs by number."""
        return Collection(self.home, "execution", Execution, NUMBERS, self.arn.rpartition("/")[2])

    def before(self, time: datetime) -> int:
        """The number of its last run before the one in whose window a time is, or that comes next."""
        return self.executions.before(lambda run: run.end >= time)

    @property
    def interval(self) -> timedelta:
        """The time between two runs, and the length of a window."""
        return timedelta(seconds=seconds_of(self.configuration["DataUploadFrequency"]))

    @property
    def delay(self) -> timedelta:
        """How long after the end of a window its run begins."""
        return timedelta(minutes=self.configuration.get("DataDelayOffsetInMinutes") or 0)

    def next_window(self, now: datetime, most: int) -> datetime | None:
        """The end of the window whose run is next, while the scheduler runs; of those that are due, one of the last.

        `most` is how many of those that are due are made up for.

        Boundaries are counted from the full hour (user guide, "Understanding the inference process"). Windows that
        ended before the scheduler ran are none of its business.
        """
        if self.switch.status != "RUNNING":
            return None
        done = max(self.switch.since, self.done_until or self.switch.since)
        first = _boundary(done, self.interval) + self.interval
        last = _boundary(later(now, -self.delay.total_seconds()), self.interval)
        count = (last - first) // self.interval + 1
        return first + self.interval * max(0, count - most)


def _boundary(time: datetime, interval: timedelta) -> datetime:
    """The latest boundary that is not after a time."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return epoch + (time - epoch) // interval * interval
