"""What creeps: wear, drift, a setting that was changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from lookout_server.detection.sensors.covariance import precision
from lookout_server.detection.sensors.frame import Floats, Integers
from lookout_server.detection.sensors.windows import trailing_mean

_SPAN = 32
_FARTHEST = 20.0


@dataclass(frozen=True)
class Slow:
    """The Mahalanobis distance of the levels over a long span, in which noise is gone and little is much.

    After a gap there are few rows to a level yet, and noise is in it: it counts by how many there are.

    mean, spread: of the levels. inverse: their precision, shrunk more than that of readings: levels are few.
    """

    mean: Floats
    spread: Floats
    inverse: Floats
    history: ClassVar[int] = _SPAN
    names_culprit: ClassVar[bool] = False

    @classmethod
    def fit(cls, values: Floats, since: Integers) -> Self:
        level = trailing_mean(values, since, _SPAN)
        mean, spread = level.mean(0), np.maximum(level.std(0), 0.05)
        return cls(mean, spread, precision((level - mean) / spread, extra=0.1))

    def parts(self, values: Floats, since: Integers) -> Floats:
        level = trailing_mean(values, since, _SPAN)
        centred = np.clip((level - self.mean) / self.spread, -_FARTHEST, _FARTHEST)
        there = np.minimum(since + 1, _SPAN) / _SPAN
        parts: Floats = np.maximum(centred * (centred @ self.inverse), 0) * there[:, None]
        return parts
