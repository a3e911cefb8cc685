"""What anomalies look like, learnt from examples of them: the odds of each patch, by logistic regression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lookout_server.detection.images.pictures import Floats

Doubles = NDArray[np.float64]
#: In odds' logarithms; what is farther from all examples is not more certain.
_MOST = 12.0
_STEPS = 12


@dataclass(frozen=True)
class Head:
    #: One for each feature, and the bias as the last.
    weights: Floats

    @classmethod
    def fit(cls, anomalous: Floats, shares: Doubles, normal: Floats, ridge: float) -> Head:
        """anomalous, normal: patches x features, scaled. shares: what each anomalous patch counts.

        Normal patches and anomalous ones count the same in total, *ridge* as much as so many of them.
        """
        values = np.concatenate([anomalous, normal]).astype(np.float64) * np.sqrt(normal.shape[1])
        values = np.column_stack([values, np.ones(len(values))])
        truth = np.arange(len(values)) < len(anomalous)
        counts = np.concatenate([shares / shares.sum(), np.full(len(normal), 1 / len(normal))])
        penalty = np.append(np.full(values.shape[1] - 1, ridge), 1e-9)
        weights = np.zeros(values.shape[1])
        for _ in range(_STEPS):  # Newton's
            odds = np.clip(values @ weights, -30, 30)
            said = 1 / (1 + np.exp(-odds))
            slope = values.T @ (counts * (said - truth)) + penalty * weights
            bend: Any = (values * (counts * said * (1 - said) + 1e-10)[:, None]).T @ values + np.diag(penalty)
            step = np.linalg.solve(bend, slope)
            weights -= step
            if np.abs(step).max() < 1e-5:
                break
        weights[:-1] *= np.sqrt(normal.shape[1])
        return cls(weights.astype(np.float32))

    def odds(self, scaled: Floats) -> Floats:
        """The logarithms of the odds that patches are anomalous."""
        found: Floats = np.clip(scaled @ self.weights[:-1] + self.weights[-1], -_MOST, _MOST)
        return found
