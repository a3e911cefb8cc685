"""From which score on a picture is anomalous, and how sure that is: data, for which nothing is learnt again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lookout_server.detection.images.labels import Flags
from lookout_server.detection.images.pictures import Floats
from lookout_server.detection.images.settings import Settings

Doubles = NDArray[np.float64]
Method = Literal["normal only", "held out", "given"]
_NORMAL_ONLY: Method = "normal only"
_HELD_OUT: Method = "held out"
_SIGMA = 1.4826  # the standard deviation of normal data, in median absolute deviations
#: The least deviation of scores, which are logarithms: pictures that are all the same are followed by one that is not.
_LEAST = 0.02
#: Without anomalous pictures, what the median of normal ones is taken to be: so many logarithms of odds.
_MEDIAN = 2.2
_STEPS = 50
#: So many pictures of each kind are taken to be on the wrong side, beside those that there are.
_DOUBT = 0.5
#: Quantiles of cells among which the one is chosen from which on they are shown.
_LEVELS = 401


@dataclass(frozen=True)
class Threshold:
    #: The raw score that is calibrated to 0.5, and how many logarithms of odds one more of it is.
    value: float
    slope: float
    #: The same for places in a picture: where the anomaly ends is not where the alarm begins.
    place: float
    #: How it was found: without anomalous pictures, nothing could be measured but normal ones.
    method: Method
    #: Held-out pictures that it was found on.
    normal: int
    anomalous: int
    #: Of these pictures, at this threshold; NaN is not JSON, so what could not be measured is None.
    precision: float | None
    recall: float | None
    f1: float | None

    def calibrated(self, raw: Any) -> Any:
        """Between 0 and 1; 0.5 is the alarm."""
        return _logistic(self.slope * (raw - self.value))

    def placed(self, evidence: Any) -> Any:
        """Likewise, of places."""
        return _logistic(self.slope * (evidence - self.place))

    def at(self, value: float) -> Threshold:
        """The same with another alarm."""
        return Threshold(value, self.slope, self.place, "given", self.normal, self.anomalous, None, None, None)


def _logistic(odds: Any) -> Any:
    return 1 / (1 + np.exp(-np.clip(odds, -30, 30)))


def choose(normal: Doubles, anomalous: Doubles, cells: Floats, masked: Flags, settings: Settings) -> Threshold:
    """normal, anomalous: raw scores of pictures that were not learnt; of the latter there may be none.

    cells, masked: evidence of cells of those that have masks, and whether a mask covers them.
    """
    value, slope = logistic(normal, anomalous) if len(anomalous) else unlabelled(normal, settings)
    place = best_level(cells, masked) if masked.any() else (float(np.median(normal)) + value) / 2
    if not len(anomalous):
        return Threshold(value, slope, place, _NORMAL_ONLY, len(normal), 0, None, None, None)
    found, false = int((anomalous >= value).sum()), int((normal >= value).sum())
    precision, recall, f1 = figures(found, false, len(anomalous))
    return Threshold(value, slope, place, _HELD_OUT, len(normal), len(anomalous), precision, recall, f1)


def best_level(cells: Floats, masked: Flags) -> float:
    """The level at and above which cells are most like the masks, by F1."""
    levels = np.unique(np.quantile(cells, np.linspace(0, 1, _LEVELS)))
    found = masked.sum() - np.searchsorted(np.sort(cells[masked]), levels)
    false = (~masked).sum() - np.searchsorted(np.sort(cells[~masked]), levels)
    return float(levels[(2 * found / (found + false + masked.sum())).argmax()])


def figures(found: int, false: int, anomalous: int) -> tuple[float, float, float]:
    """Precision, recall and F1 of so many pictures found rightly and falsely, of so many that there are to find."""
    return found / max(found + false, 1), found / max(anomalous, 1), 2 * found / max(found + false + anomalous, 1)


def unlabelled(normal: Doubles, settings: Settings) -> tuple[float, float]:
    """Robust deviations above the median."""
    middle = float(np.median(normal))
    deviation = max(_SIGMA * float(np.median(np.abs(normal - middle))), float(normal.std()), _LEAST)
    above = settings.deviations * deviation
    return middle + above, _MEDIAN / above


def logistic(normal: Doubles, anomalous: Doubles) -> tuple[float, float]:
    """Where a logistic regression on the score says 0.5, and its slope, both kinds counting the same.

    As Platt (1999) has it: towards targets that few examples allow, so that what is separate is not certain.
    """
    scores = np.concatenate([normal, anomalous])
    middle, unit = float(np.median(scores)), max(float(scores.std()), _LEAST)
    values = np.column_stack([(scores - middle) / unit, np.ones(len(scores))])
    low, high = _DOUBT / (len(normal) + 2 * _DOUBT), 1 - _DOUBT / (len(anomalous) + 2 * _DOUBT)
    targets = np.concatenate([np.full(len(normal), low), np.full(len(anomalous), high)])
    counts = np.concatenate([np.full(len(normal), 0.5 / len(normal)), np.full(len(anomalous), 0.5 / len(anomalous))])
    weights = np.zeros(2)
    for _ in range(_STEPS):
        said = 1 / (1 + np.exp(-np.clip(values @ weights, -30, 30)))
        slope = values.T @ (counts * (said - targets))
        bend = (values * (counts * said * (1 - said))[:, None]).T @ values + 1e-6 * np.eye(2)
        step = np.linalg.solve(bend, slope)
        weights -= np.clip(step, -1, 1)
        if np.abs(step).max() < 1e-9:
            break
    rise = max(float(weights[0]), 0.1)
    return middle - unit * float(weights[1]) / rise, rise / unit
