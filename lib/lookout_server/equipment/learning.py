"""Training: readings and labels in, a model out, and what is said of rows that it has not learnt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, Self

import numpy as np

from lookout_server.detection.sensors import Frame, Judgement, Learnt, Model, learn
from lookout_server.detection.sensors.frame import Flags, Integers
from lookout_server.detection.sensors.long import Long, Sample, joined
from lookout_server.detection.sensors.training import inside
from lookout_server.equipment.content import Content
from lookout_server.equipment.frames import Readings, Running, Stretch, labelled, moment
from lookout_server.equipment.rates import seconds_of
from lookout_server.equipment.training import Plan, Range, TrainingFailed

_MILLISECONDS_OF_DAY = 86_400_000

#: The rows by which a model is assessed: of the evaluation range; of its training, each block by what was learnt from
#: the others; of its training as it learnt them, where there are too few to hold any out.
Basis = Literal["evaluation", "held out", "training"]


@dataclass(frozen=True)
class Span:
    """The rows of a span of time, which are held where they are few.

    times, off: of all of them, and during which the asset was off. running: those during which it was not.
    """

    times: Integers
    off: Flags
    running: Long

    @classmethod
    def read(cls, stretch: Stretch, what: str, quota: int) -> Self:
        """Raises TrainingFailed when there are more rows than the quota, or none."""
        sample, times, off, count = Sample(stretch.readings.names), [], [], 0
        for rows in stretch:
            count += len(rows.running)
            if count > quota:
                raise TrainingFailed(f"The {what} data has more than {quota} rows, which is the quota")
            sample.add(rows.running)
            times.append(rows.frame.times)
            off.append(rows.off)
        if not count:
            raise TrainingFailed(f"There is no data between {stretch.span[0]} and {stretch.span[1]}")
        return cls(np.concatenate(times), np.concatenate(off), sample.of(Running(stretch)))

    def before(self, time: int, rows: int, stretch: Stretch) -> Frame:
        """So many rows during which the asset was not off, of those before a time."""
        times = self.running.times
        end = int(np.searchsorted(times, time))
        if not end:
            return self.running.sample.between(0, 0)
        span = moment(times[max(0, end - rows)]), moment(times[end - 1])
        return joined(stretch.readings.names, list(Running(replace(stretch, span=span))))


@dataclass(frozen=True)
class Trained:
    """What a training brings."""

    learnt: Learnt
    #: Seconds from one row to the next, when there is one.
    seconds: int
    #: The rows by which it is assessed, with those during which the asset was off.
    assessed: Span
    basis: Basis
    #: Of the training, what came before the rows by which it is assessed.
    history: Frame | None = None

    @property
    def model(self) -> Model:
        """What judges from now on."""
        return self.learnt.model

    @property
    def first(self) -> datetime:
        """The time of the first row of the training."""
        return moment(self.learnt.rows.times[0])

    @property
    def last(self) -> datetime:
        """The time of the last row of the training."""
        return moment(self.learnt.rows.times[-1])

    @property
    def days(self) -> int:
        """How many UTC days have training data."""
        return len(np.unique(self.learnt.rows.times // _MILLISECONDS_OF_DAY))

    def judged(self) -> Iterator[Judgement]:
        """What is said of the rows by which it is assessed, in the order of time."""
        if self.basis == "evaluation":
            return self.model.judge_long(self.assessed.running.frames, self.history)
        return self.learnt.held_out()


def train(plan: Plan, contents: Sequence[Content], labels: Sequence[Range], row_quotas: tuple[int, int]) -> Trained:
    """Learn; raises TrainingFailed. `row_quotas` are those of training and of evaluation."""
    readings = Readings(contents, plan.schema, plan.off)
    seconds = seconds_of(plan.rate) if plan.rate else readings.interval()
    stretch = Stretch(readings, seconds, plan.training)
    training = Span.read(stretch, "training", row_quotas[0])
    tried = replace(stretch, span=plan.evaluation) if plan.evaluation else None
    evaluation = Span.read(tried, "evaluation", row_quotas[1]) if tried else None
    marks = labelled(labels, seconds)
    if inside(training.running.times, marks).all():
        raise TrainingFailed(f"The labels leave no data between {plan.training[0]} and {plan.training[1]}")
    learnt = learn(training.running, labels=marks)
    if evaluation:
        history = training.before(int(evaluation.running.times[0]), learnt.model.history, stretch)
        return Trained(learnt, seconds, evaluation, "evaluation", history)
    return Trained(learnt, seconds, training, "held out" if learnt.blocks else "training")
