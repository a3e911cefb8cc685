"""Learning what is normal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from lookout_server.detection.sensors.calibration import Calibration, Fold, folds_of, held_out_scores
from lookout_server.detection.sensors.frame import BadFrame, Flags, Floats, Frame, Integers, since_start, step_of
from lookout_server.detection.sensors.judgement import Judgement
from lookout_server.detection.sensors.model import Model
from lookout_server.detection.sensors.normal import Normal
from lookout_server.detection.sensors.settings import Settings
from lookout_server.detection.sensors.smoothing import smoothed
from lookout_server.detection.sensors.threshold import Threshold, choose

Labels = Sequence[tuple[int, int]]


@dataclass(frozen=True)
class Learnt:
    """What was learnt of a frame.

    blocks: for each block of the frame, its first row, the row behind its last, and a model that has learnt all but
    the block: its views, their calibration and the threshold. None where there are too few rows to hold any out.
    """

    frame: Frame
    model: Model
    blocks: tuple[tuple[int, int, Model], ...]

    def held_out(self) -> Iterator[Judgement]:
        """What is said of the frame itself, block by block, without having learnt it.

        Without blocks nothing is held out: the model judges what it has learnt.
        """
        for first, end, model in self.blocks or ((0, len(self.frame), self.model),):
            yield from model.judge_long(self.frame.between(first, end), self.frame)


def fit(frame: Frame, settings: Settings | None = None, labels: Labels = ()) -> Model:
    """Learn from the frame.

    labels: first and last time of what is known to be abnormal, in milliseconds. Those rows are left out of what is
    normal; from `Settings.least_events` events on they have a say in the threshold.

    Errors: `BadFrame` when no row is left to learn from, or none of its readings is a number.
    """
    return learn(frame, settings, labels).model


def learn(frame: Frame, settings: Settings | None = None, labels: Labels = ()) -> Learnt:
    """The same, with what it takes to judge the frame itself as if it had not been learnt."""
    settings = settings or Settings()
    labelled = inside(frame.times, labels)
    normal_rows = frame.without(labelled)
    values = normal_rows.of(frame.names)
    if np.isnan(values).all():
        raise BadFrame(
            f"training: got {len(normal_rows)} rows outside of the labels and no reading in them, expected at least one"
        )
    longest = round(settings.gap * step_of(frame.times))
    normal = Normal.fit(values, since_start(normal_rows.times, longest), settings)
    folds = folds_of(normal_rows, longest, settings)
    raw = np.empty((len(frame), len(settings.views)))
    whole = [Fold(0, len(normal_rows), normal)]
    raw[~labelled] = held_out_scores(normal_rows, folds or whole, longest)
    # Labelled rows are judged by what judges the normal rows beside them: scores of one strictness are compared.
    for first, end, fold in _whole_blocks(folds or whole, labelled):
        if (rows := labelled[first:end]).any():
            block = frame.between(first, end)
            raw[first:end][rows] = fold.normal.scores(block.of(frame.names), since_start(block.times, longest))[rows]
    alarm = _Alarm(frame.times, raw, labelled, labels, longest, settings)

    def model(normal: Normal, rows: Flags) -> Model:
        return Model(frame.names, longest, settings, normal, *alarm.chosen(rows))

    blocks = []
    for first, end, fold in _whole_blocks(folds, labelled):
        others = np.ones(len(frame), bool)
        others[first:end] = False
        blocks.append((first, end, model(fold.normal, others)))
    return Learnt(frame, model(normal, np.ones(len(frame), bool)), tuple(blocks))


@dataclass(frozen=True)
class _Alarm:
    """From which score on it is an alarm, by the rows of a frame and what was held out of it."""

    times: Integers
    raw: Floats
    labelled: Flags
    labels: Labels
    longest: int
    settings: Settings

    def chosen(self, rows: Flags) -> tuple[Calibration, Threshold]:
        """By some of the rows."""
        normal = rows & ~self.labelled
        calibration = Calibration.fit(self.raw[normal])
        smooth = smoothed(calibration(self.raw), since_start(self.times, self.longest), self.settings)
        held_out = smoothed(calibration(self.raw[normal]), since_start(self.times[normal], self.longest), self.settings)
        abnormal = rows & self.labelled
        events = sum(bool(inside(self.times[abnormal], [label]).any()) for label in self.labels)
        return calibration, choose(held_out, smooth[abnormal], events, self.settings)


def _whole_blocks(folds: list[Fold], labelled: Flags) -> Iterator[tuple[int, int, Fold]]:
    """The blocks of the rows that are not labelled, as blocks of all rows."""
    if folds:
        normal = np.flatnonzero(~labelled)
        starts = [0, *(int(normal[fold.first]) for fold in folds[1:]), len(labelled)]
        yield from ((first, end, fold) for (first, end), fold in zip(pairwise(starts), folds, strict=True))


def inside(times: Integers, labels: Labels) -> Flags:
    """Which rows lie in one of the ranges, both ends included."""
    inside = np.zeros(len(times), bool)
    for first, last in labels:
        inside[np.searchsorted(times, first) : np.searchsorted(times, last, side="right")] = True
    return inside
