"""Sensors that did not go on as they and the others did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from lookout_server.detection.sensors.covariance import precision
from lookout_server.detection.sensors.frame import Floats, Integers
from lookout_server.detection.sensors.windows import row_before, trailing_mean

_SPAN = 4


@dataclass(frozen=True)
class Forecast:
    """A vector autoregression (Sims, 1980): every sensor from the mean of the last rows of all of them, in closed form.

    mean: of the readings and of what was before, one after the other. weights: sensors x twice the sensors, from both
    to the error of the forecast. variance: of that error, each sensor's.
    """

    mean: Floats
    weights: Floats
    variance: Floats
    history: ClassVar[int] = _SPAN
    names_culprit: ClassVar[bool] = True

    @staticmethod
    def _with_past(values: Floats, since: Integers) -> Floats:
        return np.hstack([values, row_before(trailing_mean(values, since, _SPAN), since)])

    @classmethod
    def fit(cls, values: Floats, since: Integers) -> Self:
        both, sensors = cls._with_past(values, since), values.shape[1]
        inverse = precision(both)
        now = np.linalg.inv(inverse[:sensors, :sensors])
        return cls(both.mean(0), now @ inverse[:sensors], np.diag(now).copy())

    def parts(self, values: Floats, since: Integers) -> Floats:
        errors = (self._with_past(values, since) - self.mean) @ self.weights.T
        parts: Floats = errors**2 / self.variance
        return parts
