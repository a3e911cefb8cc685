"""Readings in units of what they usually do."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from lookout_server.detection.sensors.frame import Flags, Floats

#: Beyond so many standard deviations a reading is only "far": one broken sensor must not drown the others.
_FARTHEST = 10.0


@dataclass(frozen=True)
class Scaling:
    """mean, spread: of each sensor in training. switch: whether it had at most two values then.

    The mean of a sensor without a single reading is NaN: it was never learnt, so every later reading of it is missing.
    """

    mean: Floats
    spread: Floats
    switch: Flags

    @classmethod
    def fit(cls, values: Floats) -> Scaling:
        """values: rows x sensors, NaN where missing. A constant sensor gets a spread of .1 % of its value."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # of sensors without a single reading
            mean, spread = np.nanmean(values, 0), np.nanstd(values, 0)
            low, high = np.nanmin(values, 0), np.nanmax(values, 0)
        switch = ((values == low) | (values == high) | np.isnan(values)).all(0)
        floor = np.maximum.reduce([1e-3 * np.abs(mean), 0.01 * (high - low), np.full(len(mean), 1e-4)])
        return cls(mean, np.nan_to_num(np.maximum(spread, floor), nan=1.0), switch)

    def __call__(self, values: Floats) -> Floats:
        """Standard deviations from the mean, NaN where there is no reading."""
        return np.clip((values - self.mean) / self.spread, -_FARTHEST, _FARTHEST)

    def back(self, scaled: Floats) -> Floats:
        """The same in the units of the sensors."""
        return scaled * self.spread + self.mean
