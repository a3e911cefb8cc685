"""Learning what is normal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from lookout_server.detection.sensors.calibration import Calibration, Fold, folds_of, held_out_scores
from lookout_server.detection.sensors.frame import BadFrame, Flags, Floats, Frame, Integers, since_start, step_of
from lookout_server.detection.sensors.judgement import Judgement
from lookout_server.detection.sensors.long import Long
from lookout_server.detection.sensors.model import ROWS_AT_ONCE, Model
from lookout_server.detection.sensors.normal import Normal
from lookout_server.detection.sensors.settings import Settings
from lookout_server.detection.sensors.smoothing import smoothed
from lookout_server.detection.sensors.threshold import Threshold, choose

Labels = Sequence[tuple[int, int]]


@dataclass(frozen=True)
class Learnt:
    """What was learnt of rows.

    blocks: for each block of the rows, the row behind its last, and a model that has learnt all but the block: its
    views, their calibration and the threshold. None where there are too few rows to hold any out.
    """

    rows: Long
    model: Model
    blocks: tuple[tuple[int, Model], ...]

    @property
    def frame(self) -> Frame:
        """The rows that it was learnt from, among them what is labelled."""
        return self.rows.sample

    def held_out(self) -> Iterator[Judgement]:
        """What is said of the rows themselves, block by block, without having learnt them.

        Without blocks nothing is held out: the model judges what it has learnt.
        """
        blocks = self.blocks or ((len(self.rows.times), self.model),)
        history: Frame | None = None
        for number, piece in self.rows.blocks([end for end, _ in blocks], ROWS_AT_ONCE):
            model = blocks[number][1]
            yield model.judge(piece, history)
            history = piece.last(model.history, history)


def fit(frame: Frame, settings: Settings | None = None, labels: Labels = ()) -> Model:
    """Learn from the frame.

    labels: first and last time of what is known to be abnormal, in milliseconds. Those rows are left out of what is
    normal; from `Settings.least_events` events on they have a say in the threshold.

    Errors: `BadFrame` when no row is left to learn from, or none of its readings is a number.
    """
    return learn(Long.of(frame), settings, labels).model


def learn(rows: Long, settings: Settings | None = None, labels: Labels = ()) -> Learnt:
    """The same, with what it takes to judge the rows themselves as if they had not been learnt.

    What is normal is learnt from the sample of the rows; units and threshold are those of all of them.
    """
    settings = settings or Settings()
    labelled = inside(rows.times, labels)
    normal_rows = _without(rows, labels)
    names = rows.sample.names
    values = normal_rows.sample.of(names)
    if np.isnan(values).all():
        raise BadFrame(
            f"training: got {len(normal_rows.times)} rows outside of the labels and no reading in them, "
            "expected at least one"
        )
    longest = round(settings.gap * step_of(rows.times))
    normal = Normal.fit(values, since_start(normal_rows.sample.times, longest), settings)
    del values
    folds = folds_of(normal_rows.times, normal_rows.sample, longest, settings)
    raw = np.empty((len(rows.times), len(settings.views)))
    whole = [Fold(0, len(normal_rows.times), normal)]
    raw[~labelled] = held_out_scores(normal_rows, folds or whole, longest)
    if labelled.any():
        # By what judges the normal rows beside them: scores of one strictness are compared.
        beside = [Fold(first, end, fold.normal) for first, end, fold in _whole_blocks(folds or whole, labelled)]
        raw[labelled] = held_out_scores(rows, beside, longest, lambda times: inside(times, labels))
    alarm = _Alarm(rows.times, raw, labelled, labels, longest, settings)

    def model(normal: Normal, chosen: Flags) -> Model:
        return Model(names, longest, settings, normal, *alarm.chosen(chosen))

    blocks = []
    for first, end, fold in _whole_blocks(folds, labelled):
        others = np.ones(len(rows.times), bool)
        others[first:end] = False
        blocks.append((end, model(fold.normal, others)))
    return Learnt(rows, model(normal, np.ones(len(rows.times), bool)), tuple(blocks))


@dataclass(frozen=True)
class _Unlabelled:
    """The frames without what is labelled in them."""

    frames: Iterable[Frame]
    labels: Labels

    def __iter__(self) -> Iterator[Frame]:
        return (frame.without(inside(frame.times, self.labels)) for frame in self.frames)


def _without(rows: Long, labels: Labels) -> Long:
    """The rows that are not labelled."""
    sample = rows.sample.without(inside(rows.sample.times, labels))
    return Long(rows.times[~inside(rows.times, labels)], sample, _Unlabelled(rows.frames, labels))


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
