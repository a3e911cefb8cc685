"""Readings that were never seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from lookout_server.detection.sensors.frame import Floats, Integers

#: What is beyond the range: one reading in 500 of training at each end, so that an outlier does not widen it.
_BEYOND = 0.002


@dataclass(frozen=True)
class Range:
    """How far, squared, each sensor is outside of the range that it had in training, whatever the others do.

    low, high: the ends of that range.
    """

    low: Floats
    high: Floats
    history: ClassVar[int] = 0
    names_culprit: ClassVar[bool] = False

    @classmethod
    def fit(cls, values: Floats, since: Integers) -> Self:
        return cls(np.quantile(values, _BEYOND, axis=0), np.quantile(values, 1 - _BEYOND, axis=0))

    def parts(self, values: Floats, since: Integers) -> Floats:
        parts: Floats = np.maximum(np.maximum(self.low - values, values - self.high), 0) ** 2
        return parts
