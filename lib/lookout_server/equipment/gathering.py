"""Gathers the rows of a component from its files, whatever their size, and whatever order they are in.

Rows are written as they come. Mostly they come in the order of time, and that is all. Otherwise what was written is a
number of runs, each of which is in order: they are merged as soon as all are there. A file that turns out to be
unusable in the middle takes what was written of it with it.

Needs numpy and pyarrow.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from lookout_server.entities.blob import Keeper
from lookout_server.equipment.blocks import Block, Stream, joined, merge
from lookout_server.equipment.columns import Part
from lookout_server.equipment.parts import Group, PartsReader, PartsWriter, parts_of
from lookout_server.equipment.statistics import ComponentStatistics

#: Bytes of a row group: what is held in memory of each run that is being merged.
_GROUP = 8 * 1024**2
#: Runs that are merged at once.
_MOST_RUNS = 6


@dataclass(frozen=True)
class Gathered:
    """The rows of a component."""

    parts: tuple[Part, ...]
    sensors: tuple[str, ...]
    #: How many rows had the time of an earlier one.
    duplicates: int
    #: None when nobody asked for them.
    statistics: ComponentStatistics | None


@dataclass(frozen=True)
class _Mark:
    """How far a gatherer has come."""

    rows: int
    groups: int
    runs: int
    pending: int
    last: int | None


class Gatherer:
    """Takes the rows of files that follow one another; the first row of a time counts, later ones are duplicates.

    To be used in a `with`, at whose end nothing is left of what was not finished.
    """

    def __init__(self, keeper: Keeper, sensors: Sequence[str] = (), *, count: bool = True) -> None:
        """For sensors that are known before, and others that come; `count` tells whether statistics are wanted."""
        self.sensors = list(sensors)
        #: How many rows were taken, duplicates among them.
        self.rows = 0
        self._keeper = keeper
        self._count = count
        self._out = _Groups(PartsWriter(keeper, sensors), ComponentStatistics() if count else None)
        self._last: int | None = None
        #: The places in the groups at which runs begin.
        self._runs = [0]
        #: Whether nothing has to be done over again.
        self._straight = True

    def __enter__(self) -> Gatherer:
        return self

    def __exit__(self, *exception: object) -> None:
        self._out.writer.abandon()

    def add(self, sensors: Iterable[str], blocks: Iterable[Block]) -> None:
        """Take the rows of a file: all of them, or none when an exception comes."""
        out = self._out
        mark = _Mark(self.rows, len(out.groups), len(self._runs), sum(map(len, out.pending)), self._last)
        try:
            for block in blocks:
                self._take(block)
        except BaseException:
            self._back_to(mark)
            raise
        self.sensors = list(dict.fromkeys((*self.sensors, *sensors)))

    def _take(self, block: Block) -> None:
        self.rows += len(block)
        block = block.in_order()
        if self._last is not None and len(block) and block.times[0] == self._last:
            block = block.at(slice(1, None))
        if not len(block):
            return
        if self._last is not None and block.times[0] < self._last:
            self._straight, self._out.statistics = False, None
            self._out.flush()
            self._runs.append(len(self._out.groups))
        self._last = int(block.times[-1])
        self._out.add(block)

    def _back_to(self, mark: _Mark) -> None:
        out = self._out
        if len(out.groups) == mark.groups:
            rest = joined(out.pending).at(slice(None, mark.pending)) if mark.pending else None
            out.pending = [rest] if rest else []
        else:
            self._straight, out.statistics, out.pending = False, None, []
            begun = out.groups[mark.groups]
            del out.groups[mark.groups :]
            if mark.pending and mark.last is not None:
                out.groups.append(replace(begun, rows=mark.pending, last=mark.last))
        del self._runs[mark.runs :]
        self.rows, self._last = mark.rows, mark.last

    def finish(self, component: str) -> Gathered:
        """All rows, in the order of time."""
        out = self._out
        out.finish()
        if not self._straight:
            out = self._in_order()
        kept = sum(group.rows for group in out.groups)
        parts = parts_of(component, out.writer.blobs, out.groups)
        return Gathered(parts, tuple(self.sensors), self.rows - kept, out.statistics)

    def _in_order(self) -> _Groups:
        """The runs, merged. What was written of them is referred to by nobody, and swept like all that is not."""
        out = self._out
        runs = [out.groups[first:end] for first, end in pairwise([*self._runs, len(out.groups)])]
        while _most_at_once(runs) > _MOST_RUNS:
            out, runs = self._merged(out, runs, None)
        out, _ = self._merged(out, runs, ComponentStatistics() if self._count else None, at_once=len(runs))
        return out

    def _merged(
        self,
        before: _Groups,
        runs: Sequence[Sequence[Group]],
        statistics: ComponentStatistics | None,
        at_once: int = _MOST_RUNS,
    ) -> tuple[_Groups, list[list[Group]]]:
        """Runs that follow one another as one, some at a time, so that the first row of a time is still the first."""
        reader = PartsReader(before.writer.blobs)
        out = _Groups(PartsWriter(self._keeper, self.sensors), statistics)
        found = []
        try:
            for first in range(0, len(runs), max(1, at_once)):
                begin = len(out.groups)
                some = [run for run in runs[first : first + at_once] if run]
                for block in merge([Stream(run[0].first, map(reader.read, run)) for run in some]):
                    out.add(block)
                out.flush()
                found.append(out.groups[begin:])
            out.finish()
        except BaseException:
            out.writer.abandon()
            raise
        finally:
            reader.close()
        return out, found


class _Groups:
    """Row groups that come to be of blocks, and the statistics of what is in them."""

    def __init__(self, writer: PartsWriter, statistics: ComponentStatistics | None) -> None:
        self.writer = writer
        self.statistics = statistics
        self.groups: list[Group] = []
        self.pending: list[Block] = []
        self._size = 0

    def add(self, block: Block) -> None:
        self.pending.append(block)
        self._size += len(block) * (len(block.values) + 1) * block.times.itemsize
        if self._size >= _GROUP:
            self.flush()

    def flush(self) -> None:
        """Write what is pending as a row group."""
        if self.pending:
            block = joined(self.pending)
            self.groups.append(self.writer.write(block))
            if self.statistics:
                self.statistics.add(block)
        self.pending, self._size = [], 0

    def finish(self) -> None:
        self.flush()
        self.writer.close()


def _most_at_once(runs: Sequence[Sequence[Group]]) -> int:
    """How many runs have a time in common, at most."""
    ends = sorted(end for run in runs if run for end in ((run[0].first, 0), (run[-1].last, 1)))
    return max(accumulate(-1 if is_last else 1 for _, is_last in ends), default=0)
