"""From what was ingested to the frames of readings that the detector of sensors learns from and judges.

All components of a schema become one frame: a column for each sensor, `component\\sensor`, and a row for each interval
of the sampling rate in which anything was read, with the means of what was read in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from lookout_server.detection.sensors import Frame
from lookout_server.detection.sensors.frame import Flags, Floats, Integers
from lookout_server.equipment.blocks import EPOCH, Block, merged
from lookout_server.equipment.content import Content
from lookout_server.equipment.schema import Component, Schema
from lookout_server.equipment.training import OffCondition, Range
from lookout_server.protocol.times import FIRST, LAST, later

_MICROSECONDS, _MILLISECONDS = 1_000_000, 1_000
_MILLISECOND = timedelta(milliseconds=1)
#: Rows by which it is found out how often a component is read.
_LOOKED_AT = 10_000
#: Components are read together when all of them have hardly more rows than each of them: not so many times as many.
_TOGETHER = 1.2


@dataclass(frozen=True)
class Rows:
    """A frame, and in which of its rows the asset was off: those are neither learnt nor judged."""

    frame: Frame
    off: Flags

    @property
    def running(self) -> Frame:
        """The rows during which the asset was not off."""
        return self.frame.without(self.off) if self.off.any() else self.frame

    def within(self, span: Range) -> Rows:
        """The rows from one time to another."""
        first, end = np.searchsorted(self.frame.times, [_milliseconds_from(span[0]), milliseconds(span[1]) + 1])
        return Rows(self.frame.between(int(first), int(end)), self.off[first:end])


@dataclass(frozen=True)
class Readings:
    """Where rows come from: contents, of which the first that has a row of a time counts, by a schema."""

    contents: Sequence[Content]
    schema: Schema
    off: OffCondition | None

    def rows(self, seconds: int, span: Range | None = None) -> Rows:
        """The rows of intervals of so many seconds, from that of one time to that of another."""
        names: list[str] = []
        parts: list[tuple[Integers, Floats]] = []
        for component in self.schema.components:
            names += [sensor_name(component.name, sensor) for sensor in component.sensors]
            parts.append(self._means(component, seconds, span))
        every = np.unique(np.concatenate([intervals for intervals, _ in parts]))
        values = np.full((len(every), len(names)), np.nan)
        column = 0
        for intervals, means in parts:
            values[np.searchsorted(every, intervals), column : column + means.shape[1]] = means
            column += means.shape[1]
        read = ~np.isnan(values).all(1)
        frame = Frame(every[read] * seconds * _MILLISECONDS, tuple(names), values[read])
        return Rows(frame, self._off(frame))

    def interval(self) -> int:
        """How many seconds the rows of a model have for which nobody says it.

        One, so that rows are as they were read. Where the components are not read together, as many as it usually takes
        the slowest of them from one row to the next: else hardly any row would have readings of all of them.
        """
        if len(self.schema.components) < 2:
            return 1
        times = [self._times(component) for component in self.schema.components]
        if len(np.unique(np.concatenate(times))) <= _TOGETHER * min(map(len, times)):
            return 1
        return max([1, *(int(np.median(np.diff(one))) for one in times if len(one) > 1)])

    def _times(self, component: Component) -> Integers:
        """The seconds of the first rows of a component."""
        found = np.zeros(0, np.int64)
        for block in self._blocks(component, None):
            found = np.unique(np.concatenate([found, block.times[:_LOOKED_AT] // _MICROSECONDS]))
            if len(found) >= _LOOKED_AT:
                break
        return found[:_LOOKED_AT]

    def _blocks(self, component: Component, span: Range | None) -> Iterator[Block]:
        return merged(self.contents, component.name, component.sensors, *(span or ()))

    def _means(self, component: Component, seconds: int, span: Range | None) -> tuple[Integers, Floats]:
        """The intervals in which there are rows, and the means of the readings in them, intervals x sensors."""
        nothing = np.zeros((0, len(component.sensors)))
        intervals, sums, counts = [np.zeros(0, np.int64)], [nothing], [nothing]
        if span:
            # What is read in the same interval belongs to it, also before the first and after the last time.
            span = later(span[0], -seconds), later(span[1], seconds)
        for block in self._blocks(component, span):
            if len(block.times):
                values = np.column_stack([block.values[one] for one in component.sensors])
                found, summed, counted = _summed(
                    block.times // (seconds * _MICROSECONDS),
                    np.nan_to_num(values),
                    (~np.isnan(values)).astype(np.float64),
                )
                intervals.append(found)
                sums.append(summed)
                counts.append(counted)
        # An interval may begin in one block and end in the next.
        every, total, count = _summed(np.concatenate(intervals), np.concatenate(sums), np.concatenate(counts))
        return every, np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)

    def _off(self, frame: Frame) -> Flags:
        if self.off is None:
            return np.zeros(len(frame), bool)
        values = frame.values[:, frame.names.index(sensor_name(*self.off.sensor))]
        return values < self.off.value if self.off.below else values > self.off.value


def sensor_name(component: str, sensor: str) -> str:
    """How models, results and metrics call a sensor."""
    return f"{component}\\{sensor}"


def moment(time: int) -> datetime:
    """The time of a row."""
    return EPOCH + int(time) * _MILLISECOND


def milliseconds(time: datetime) -> int:
    """A time as rows have it; what is less is cut off."""
    return (max(FIRST, min(LAST, time)) - EPOCH) // _MILLISECOND


def _milliseconds_from(time: datetime) -> int:
    """The first time of a row that is not before a time."""
    return -((EPOCH - max(FIRST, min(LAST, time))) // _MILLISECOND)


def labelled(labels: Sequence[Range], seconds: int) -> list[tuple[int, int]]:
    """Labels as times of rows: a row belongs to a label when they have a moment in common."""
    step = seconds * _MILLISECONDS
    return [(milliseconds(start) // step * step, milliseconds(end)) for start, end in labels]


def _summed(intervals: Integers, values: Floats, counts: Floats) -> tuple[Integers, Floats, Floats]:
    """Rows of the same interval, which follow one another, as one."""
    if not len(intervals):
        return intervals, values, counts
    starts = np.flatnonzero(np.concatenate([[True], np.diff(intervals) != 0]))
    return intervals[starts], np.add.reduceat(values, starts, axis=0), np.add.reduceat(counts, starts, axis=0)
