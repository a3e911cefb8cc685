"""Training: readings and labels in, a model out, and what is said of rows that it has not learnt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np

from lookout_server.detection.sensors import Judgement, Learnt, Model, learn
from lookout_server.detection.sensors.training import inside
from lookout_server.equipment.content import Content
from lookout_server.equipment.frames import Readings, Rows, labelled, moment
from lookout_server.equipment.rates import seconds_of
from lookout_server.equipment.training import Plan, Range, TrainingFailed

_MILLISECONDS_OF_DAY = 86_400_000

#: The rows by which a model is assessed: of the evaluation range; of its training, each block by what was learnt from
#: the others; of its training as it learnt them, where there are too few to hold any out.
Basis = Literal["evaluation", "held out", "training"]


@dataclass(frozen=True)
class Trained:
    """What a training brings."""

    learnt: Learnt
    #: Seconds from one row to the next, when there is one.
    seconds: int
    #: The rows by which it is assessed, with those during which the asset was off.
    assessed: Rows
    basis: Basis

    @property
    def model(self) -> Model:
        """What judges from now on."""
        return self.learnt.model

    @property
    def first(self) -> datetime:
        """The time of the first row of the training."""
        return moment(self.learnt.frame.times[0])

    @property
    def last(self) -> datetime:
        """The time of the last row of the training."""
        return moment(self.learnt.frame.times[-1])

    @property
    def days(self) -> int:
        """How many UTC days have training data."""
        return len(np.unique(self.learnt.frame.times // _MILLISECONDS_OF_DAY))

    def judged(self) -> Iterator[Judgement]:
        """What is said of the rows by which it is assessed, in the order of time."""
        if self.basis == "evaluation":
            return self.model.judge_long(self.assessed.running, self.learnt.frame)
        return self.learnt.held_out()


def train(plan: Plan, contents: Sequence[Content], labels: Sequence[Range], row_quotas: tuple[int, int]) -> Trained:
    """Learn; raises TrainingFailed. `row_quotas` are those of training and of evaluation."""
    readings = Readings(contents, plan.schema, plan.off)
    seconds = seconds_of(plan.rate) if plan.rate else readings.interval()
    ranges = [plan.training, *([plan.evaluation] if plan.evaluation else [])]
    rows = readings.rows(seconds, (min(start for start, _ in ranges), max(end for _, end in ranges)))
    training = rows.within(plan.training).running
    evaluation = rows.within(plan.evaluation) if plan.evaluation else None
    found = [len(training), len(evaluation.running) if evaluation else 0]
    for what, count, quota in zip(("training", "evaluation"), found, row_quotas, strict=True):
        if count > quota:
            raise TrainingFailed(f"The {what} data has {count} rows, the quota is {quota}")
    for count, (start, end) in zip(found, ranges, strict=False):
        if not count:
            raise TrainingFailed(f"There is no data between {start} and {end}")
    marks = labelled(labels, seconds)
    if inside(training.times, marks).all():
        raise TrainingFailed(f"The labels leave no data between {plan.training[0]} and {plan.training[1]}")
    learnt = learn(training, labels=marks)
    if evaluation:
        return Trained(learnt, seconds, evaluation, "evaluation")
    return Trained(learnt, seconds, rows.within(plan.training), "held out" if learnt.blocks else "training")
