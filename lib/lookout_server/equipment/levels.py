"""How the values of a sensor are spread over its range, which is not known before the last of them has come."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lookout_server.equipment.blocks import Values

_BINS = 512
#: The exponent of two of the smallest width, with whose inverse can still be multiplied.
_LEAST = -1_000
#: Binary digits of the number of a range, which is a whole one of 64 bits.
_DIGITS = 60


class Levels:
    """A histogram of ranges that are a power of two wide, and twice as wide as soon as there are too few of them.

    Range i begins at i times the width. There are never more than 512 beside one another, so that i modulo 512 says
    which is meant: none of them moves when the range of the values grows.
    """

    def __init__(self) -> None:
        self._low = math.inf
        self._high = -math.inf
        self._exponent = _LEAST
        self._counts = np.zeros(_BINS, np.int64)

    def add(self, values: Values, counts: NDArray[np.int64] | None = None) -> None:
        """Count values, each once or so many times."""
        self._reach(min(self._low, float(values.min())), max(self._high, float(values.max())))
        places = np.floor(values * math.ldexp(1.0, -self._exponent)).astype(np.int64) & (_BINS - 1)
        weights = None if counts is None else counts.astype(np.float64)
        self._counts += np.bincount(places, weights, minlength=_BINS).astype(np.int64)

    def middles(self) -> tuple[Values, NDArray[np.int64]]:
        """The middle of each range in which there are values, and how many."""
        places = self._places(self._exponent)
        counts = self._counts[places & (_BINS - 1)]
        there = counts > 0
        middles: Any = np.ldexp(places[there] + 0.5, self._exponent)
        return middles, counts[there]

    def _reach(self, low: float, high: float) -> None:
        """Make the ranges so wide that they are enough for all values from one to another."""
        needed = max(_exponent((high - low) / _BINS) - 1, _exponent(max(abs(low), abs(high))) - _DIGITS)
        exponent = max(self._exponent, needed)
        while _place(high, exponent) - _place(low, exponent) >= _BINS:
            exponent += 1
        if exponent > self._exponent and self._low <= self._high:
            places = self._places(self._exponent)
            wider = np.zeros(_BINS, np.int64)
            shift = min(exponent - self._exponent, 63)
            np.add.at(wider, (places >> shift) & (_BINS - 1), self._counts[places & (_BINS - 1)])
            self._counts = wider
        self._low, self._high, self._exponent = low, high, exponent

    def _places(self, exponent: int) -> NDArray[np.int64]:
        return np.arange(_place(self._low, exponent), _place(self._high, exponent) + 1)


def _exponent(value: float) -> int:
    """That of the power of two above a value that is not negative."""
    return math.frexp(value)[1] if value else _LEAST


def _place(value: float, exponent: int) -> int:
    return math.floor(math.ldexp(value, -exponent))
