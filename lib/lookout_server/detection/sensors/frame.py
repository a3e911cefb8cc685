"""Readings with their times and the names of their sensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


class BadFrame(ValueError):
    """Times, names and values do not fit together, or there is nothing to learn from."""


@dataclass(frozen=True)
class Frame:
    """Rows in the order of time.

    times: milliseconds since the epoch, one per row, each later than the one before.
    names: of the sensors, one per column, each once.
    values: rows x sensors; NaN and the infinite are readings that are missing.
    """

    times: Integers
    names: tuple[str, ...]
    values: Floats

    def __post_init__(self) -> None:
        if np.shape(self.values) != (len(self.times), len(self.names)):
            raise BadFrame(
                f"values: got the shape {np.shape(self.values)}, expected {(len(self.times), len(self.names))}, "
                "rows by sensors"
            )
        if len(set(self.names)) != len(self.names):
            raise BadFrame(f"names: each sensor can occur once, got {', '.join(self.names)}")
        late = np.flatnonzero(np.diff(self.times) <= 0)
        if len(late):
            raise BadFrame(f"times: row {late[0] + 1} is not later than the row before it")

    def __len__(self) -> int:
        return len(self.times)

    def of(self, names: Sequence[str]) -> Floats:
        """The values of these sensors, in this order, as a copy; NaN where one is not there or not finite."""
        found = {name: index for index, name in enumerate(self.names)}
        values = np.full((len(self), len(names)), np.nan)
        for column, name in enumerate(names):
            if name in found:
                values[:, column] = self.values[:, found[name]]
        values[~np.isfinite(values)] = np.nan
        return values

    def after(self, history: Frame | None, rows: int) -> Frame:
        """This frame behind the last *rows* rows of *history* that are earlier than it, sensors matched by name."""
        if history is None or not len(self) or not rows:
            return self
        first = int(np.searchsorted(history.times, self.times[0]))
        earlier = history.between(max(0, first - rows), first)
        return Frame(
            np.concatenate([earlier.times, self.times]),
            self.names,
            np.concatenate([earlier.of(self.names), np.asarray(self.values, np.float64)]),
        )

    def last(self, rows: int, history: Frame | None) -> Frame:
        """The last *rows* rows or more of *history* and this frame behind it, as far as there are so many."""
        own = self.between(max(0, len(self) - rows), len(self))
        return own if len(own) == rows else own.after(history, rows)

    def between(self, first: int, end: int) -> Frame:
        """The rows from one on, up to another that is left out."""
        return Frame(self.times[first:end], self.names, self.values[first:end])

    def without(self, rows: Flags) -> Frame:
        """The rows that are not among *rows*."""
        return Frame(self.times[~rows], self.names, self.values[~rows])


def step_of(times: Integers) -> int:
    """The usual time from one row to the next, in milliseconds: the median; 1 for a single row."""
    return max(1, int(np.median(np.diff(times)))) if len(times) > 1 else 1


def since_start(times: Integers, longest: int) -> Integers:
    """How many rows there are before each row that belong together with it.

    More than *longest* milliseconds between two rows is a gap, as is a restart: what was before counts no more.
    """
    rows = np.arange(len(times))
    starts = np.concatenate([[True], np.diff(times) > longest]) if len(times) else np.zeros(0, bool)
    return rows - np.maximum.accumulate(np.where(starts, rows, 0))
