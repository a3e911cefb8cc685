"""Sensors that no longer go together as they did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from lookout_server.detection.sensors.covariance import precision
from lookout_server.detection.sensors.frame import Floats, Integers


@dataclass(frozen=True)
class Relations:
    """The Mahalanobis distance (1936) of the readings, with a shrunk covariance.

    The part of a sensor is its deviation times what the precision makes of all deviations: they sum to the distance.
    The same precision says what each sensor should have read, given the others, and how far off it usually is.
    """

    mean: Floats
    inverse: Floats
    history: ClassVar[int] = 0
    names_culprit: ClassVar[bool] = True

    @classmethod
    def fit(cls, values: Floats, since: Integers) -> Self:
        return cls(values.mean(0), precision(values))

    def parts(self, values: Floats, since: Integers) -> Floats:
        centred = values - self.mean
        parts: Floats = np.maximum(centred * (centred @ self.inverse), 0)
        return parts

    def expected(self, values: Floats) -> Floats:
        """What each sensor should read, given all others of its row."""
        own = np.diag(self.inverse)
        expected: Floats = values - ((values - self.mean) @ self.inverse) / own
        return expected

    def tolerance(self) -> Floats:
        """The standard deviation of each sensor around what is expected of it."""
        deviation: Floats = 1 / np.sqrt(np.diag(self.inverse))
        return deviation
