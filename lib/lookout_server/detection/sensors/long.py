"""Rows that may be too many to be in memory at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from lookout_server.detection.sensors.frame import Frame, Integers

#: Readings to learn from: learning takes about twelve times their memory.
MOST = 20_000_000
#: Rows that follow one another in a sample: many times what any view looks back.
_BLOCK = 512


@dataclass(frozen=True)
class Long:
    """times: of all rows. sample: those to learn from. frames: all rows in order, whenever it is iterated.

    Where the readings are few, the sample is all of them, and the only frame.
    """

    times: Integers
    sample: Frame
    frames: Iterable[Frame]

    @classmethod
    def of(cls, frame: Frame) -> Self:
        """Rows that are in memory."""
        return cls(frame.times, frame, (frame,))

    def blocks(self, ends: Sequence[int], most: int | None = None) -> Iterator[tuple[int, Frame]]:
        """All rows, cut where blocks end and after so many rows at most: each piece with the number of its block."""
        number = at = 0
        for frame in self.frames:
            first = 0
            while first < len(frame):
                while ends[number] <= at:
                    number += 1
                end = min(len(frame), first + ends[number] - at, first + (most or len(frame)))
                yield number, frame.between(first, end)
                at, first = at + end - first, end


class Sample:
    """So many readings of rows that come frame by frame: all of them, or blocks that are spread evenly over them.

    As soon as there are too many, one of every two neighbouring blocks goes, and of later ones no more are taken. Which
    it is, is decided by chance, else blocks might keep step with what the machine does; the same chance every time.
    """

    def __init__(self, names: tuple[str, ...], most: int = MOST) -> None:
        self._names = names
        self._most = most
        self._times = [np.zeros(0, np.int64)]
        self._rows = 0
        self._halvings = 0
        self._blocks: dict[int, list[Frame]] = {}
        self._readings = 0

    def add(self, frame: Frame) -> None:
        """Take rows that are later than those before, or leave them."""
        self._times.append(frame.times)
        first = 0
        while first < len(frame):
            number = self._rows // _BLOCK
            end = min(len(frame), first + (number + 1) * _BLOCK - self._rows)
            if self._stays(number):
                piece = frame.between(first, end)
                # A copy, which does not keep the rest of the frame in memory.
                self._blocks.setdefault(number, []).append(Frame(piece.times, piece.names, piece.values.copy()))
                self._readings += piece.values.size
                # The block that is being filled is never the only one.
                while self._readings > self._most and len(self._blocks) > 1:
                    self._halve()
            self._rows, first = self._rows + end - first, end

    def of(self, frames: Iterable[Frame]) -> Long:
        """All rows, with what was taken of them; `frames` brings the rows again."""
        taken = joined(self._names, [piece for block in self._blocks.values() for piece in block])
        return Long(np.concatenate(self._times), taken, frames if self._halvings else (taken,))

    def _halve(self) -> None:
        self._halvings += 1
        self._blocks = {number: block for number, block in self._blocks.items() if self._stays(number)}
        self._readings = sum(piece.values.size for block in self._blocks.values() for piece in block)

    def _stays(self, number: int) -> bool:
        return all(
            (number >> level) % 2 == np.random.default_rng((level, number >> level + 1)).integers(2)
            for level in range(self._halvings)
        )


def joined(names: tuple[str, ...], frames: Sequence[Frame]) -> Frame:
    """Frames of these sensors, which follow one another, as one."""
    if len(frames) == 1:
        return frames[0]
    times = [np.zeros(0, np.int64), *(frame.times for frame in frames)]
    values = [np.zeros((0, len(names))), *(frame.values for frame in frames)]
    return Frame(np.concatenate(times), names, np.concatenate(values))
