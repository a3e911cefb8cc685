"""From what was ingested to the frames of readings that the detector of sensors learns from and judges.

All components of a schema become one frame: a column for each sensor, `component\\sensor`, and a row for each interval
of the sampling rate in which anything was read, with the means of what was read in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

import numpy as np

from lookout_server.detection.sensors import Frame
from lookout_server.detection.sensors.frame import Flags, Floats, Integers
from lookout_server.detection.sensors.long import joined
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

_Means = tuple[Integers, Floats]


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
        pieces = list(self.pieces(seconds, span))
        off = np.concatenate([np.zeros(0, bool), *(piece.off for piece in pieces)])
        return Rows(joined(self.names, [piece.frame for piece in pieces]), off)

    def pieces(self, seconds: int, span: Range | None = None) -> Iterator[Rows]:
        """The same, some at a time."""
        components = self.schema.components
        parts = [self._means(component, seconds, span) for component in components]
        for intervals, values in _side_by_side(parts, [len(component.sensors) for component in components]):
            read = ~np.isnan(values).all(1)
            frame = Frame(intervals[read] * seconds * _MILLISECONDS, self.names, values[read])
            yield Rows(frame, self._off(frame))

    @property
    def names(self) -> tuple[str, ...]:
        """The sensors of the rows."""
        return tuple(sensor_name(part.name, sensor) for part in self.schema.components for sensor in part.sensors)

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

    def _means(self, component: Component, seconds: int, span: Range | None) -> Iterator[_Means]:
        """The intervals in which there are rows, and the means of the readings in them, intervals x sensors."""
        if span:
            # What is read in the same interval belongs to it, also before the first and after the last time.
            span = later(span[0], -seconds), later(span[1], seconds)
        held: _Sums | None = None
        for block in self._blocks(component, span):
            if len(block.times):
                values = np.column_stack([block.values[one] for one in component.sensors])
                found = _Sums.of(block.times // (seconds * _MICROSECONDS), values).behind(held)
                # The last interval may go on in the next block.
                held = found.between(-1, None)
                if len(found.intervals) > 1:
                    yield found.between(0, -1).means()
        if held:
            yield held.means()

    def _off(self, frame: Frame) -> Flags:
        if self.off is None:
            return np.zeros(len(frame), bool)
        values = frame.values[:, frame.names.index(sensor_name(*self.off.sensor))]
        return values < self.off.value if self.off.below else values > self.off.value


@dataclass(frozen=True)
class Stretch:
    """The rows of a span of time, read whenever it is iterated."""

    readings: Readings
    seconds: int
    span: Range

    def __iter__(self) -> Iterator[Rows]:
        return (piece.within(self.span) for piece in self.readings.pieces(self.seconds, self.span))


@dataclass(frozen=True)
class Running:
    """Of rows those during which the asset was not off."""

    rows: Iterable[Rows]

    def __iter__(self) -> Iterator[Frame]:
        return (piece.running for piece in self.rows)


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


@dataclass(frozen=True)
class _Sums:
    """Intervals, and of each and each sensor the sum of the readings in it and how many there are."""

    intervals: Integers
    values: Floats
    counts: Floats

    @classmethod
    def of(cls, intervals: Integers, values: Floats) -> Self:
        """Of rows, of which several may be of the same interval; NaN is no reading."""
        return cls(intervals, np.nan_to_num(values), (~np.isnan(values)).astype(np.float64))._each_once()

    def between(self, first: int, end: int | None) -> Self:
        return type(self)(self.intervals[first:end], self.values[first:end], self.counts[first:end])

    def behind(self, others: Self | None) -> Self:
        """The same behind others, whose last interval may be its first."""
        if others is None:
            return self
        return type(self)(
            np.concatenate([others.intervals, self.intervals]),
            np.concatenate([others.values, self.values]),
            np.concatenate([others.counts, self.counts]),
        )._each_once()

    def means(self) -> _Means:
        counts = self.counts
        return self.intervals, np.divide(self.values, counts, out=np.full(counts.shape, np.nan), where=counts > 0)

    def _each_once(self) -> Self:
        starts = np.flatnonzero(np.concatenate([[True], np.diff(self.intervals) != 0]))
        if len(starts) == len(self.intervals):
            return self
        values, counts = (np.add.reduceat(one, starts, axis=0) for one in (self.values, self.counts))
        return type(self)(self.intervals[starts], values, counts)


def _side_by_side(streams: Sequence[Iterator[_Means]], widths: Sequence[int]) -> Iterator[_Means]:
    """All intervals in order, each with the means of all streams; NaN where one does not have it."""
    held = dict(enumerate(next(stream, None) for stream in streams))
    places = np.cumsum([0, *widths])
    while there := {number: one for number, one in held.items() if one is not None}:
        bound = min(int(intervals[-1]) for intervals, _ in there.values())
        ends = {number: int(np.searchsorted(one[0], bound, side="right")) for number, one in there.items()}
        every = np.unique(np.concatenate([one[0][: ends[number]] for number, one in there.items()]))
        values = np.full((len(every), places[-1]), np.nan)
        for number, (intervals, means) in there.items():
            end = ends[number]
            values[np.searchsorted(every, intervals[:end]), places[number] : places[number + 1]] = means[:end]
            rest = intervals[end:], means[end:]
            held[number] = rest if len(rest[0]) else next(streams[number], None)
        yield every, values
