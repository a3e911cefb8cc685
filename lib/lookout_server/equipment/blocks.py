"""Blocks: some rows of a component, as arrays. Data of any size is a stream of them, and never whole in memory.

This module and those that build on it need numpy. The server imports them where it computes, and not when it starts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from lookout_server.equipment.content import Content

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

Times = NDArray[np.int64]
Values = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Block:
    """Rows: their times, and the values of each sensor."""

    #: In microseconds since 1970. Those of `Content.blocks` are in order, and each is there once.
    times: Times
    #: By sensor; NaN where a value is missing.
    values: Mapping[str, Values]

    def __len__(self) -> int:
        return len(self.times)

    def at(self, rows: Any) -> Block:
        """Some of the rows, by whatever numpy takes for an index."""
        return Block(self.times[rows], {name: column[rows] for name, column in self.values.items()})

    def having(self, sensors: Iterable[str]) -> Block:
        """The same rows with these sensors; one that is not there is missing in all rows."""
        nothing = np.full(len(self), np.nan)
        return Block(self.times, {name: self.values.get(name, nothing) for name in sensors})

    def in_order(self) -> Block:
        """The rows ordered by time; of several of the same time the first counts."""
        if (self.times[1:] > self.times[:-1]).all():
            return self
        order = np.argsort(self.times, kind="stable")
        times = self.times[order]
        return self.at(order[np.concatenate(([True], times[1:] != times[:-1]))])


@dataclass(frozen=True)
class Stream:
    """Blocks in the order of time, and the first time in them, which is known before they are read."""

    first: int
    blocks: Iterator[Block]


def microseconds(time: datetime) -> int:
    """A time as blocks have it."""
    return (time - EPOCH) // MICROSECOND


def moment(time: int) -> datetime:
    """The time that a block means."""
    return EPOCH + int(time) * MICROSECOND


def joined(blocks: Sequence[Block]) -> Block:
    """Blocks one behind the other, with all their sensors."""
    if len(blocks) == 1:
        return blocks[0]
    names = dict.fromkeys(name for block in blocks for name in block.values)
    even = [block if block.values.keys() == names.keys() else block.having(names) for block in blocks]
    return Block(
        np.concatenate([block.times for block in even]),
        {name: np.concatenate([block.values[name] for block in even]) for name in names},
    )


def merged(contents: Sequence[Content], component: str, sensors: Sequence[str], *span: datetime) -> Iterator[Block]:
    """The rows of several contents, within a span; where two have one of the same time, that of the earlier counts."""
    return merge(
        [Stream(microseconds(content.start), content.blocks(component, sensors, *span)) for content in contents]
    )


def merge(streams: Sequence[Stream]) -> Iterator[Block]:
    """The rows of all streams in the order of time; of several of the same time that of the first stream counts.

    No more than a block of each stream is held, and only of streams whose times have come; and of those it is not all
    that comes at once.
    """
    waiting = sorted(range(len(streams)), key=lambda number: streams[number].first, reverse=True)
    held: dict[int, Block] = {}
    while waiting or held:
        bound = min((int(block.times[(len(block) - 1) // len(held)]) for block in held.values()), default=None)
        if waiting and (bound is None or streams[waiting[-1]].first <= bound):
            _advance(streams, held, waiting.pop())
            continue
        assert bound is not None
        found = []
        for number in sorted(held):
            block = held[number]
            count = int(np.searchsorted(block.times, bound, side="right"))
            if count:
                found.append(block.at(slice(None, count)))
                held[number] = block.at(slice(count, None))
            if count == len(block):
                _advance(streams, held, number)
        yield joined(found).in_order()


def _advance(streams: Sequence[Stream], held: dict[int, Block], number: int) -> None:
    """Hold the next block of a stream, or nothing of it any more."""
    held.pop(number, None)
    for block in streams[number].blocks:
        if len(block):
            held[number] = block
            return
