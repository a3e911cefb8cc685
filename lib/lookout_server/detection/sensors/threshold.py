"""From which score on it is an alarm. A threshold is data: it can be moved, and nothing is learnt again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from lookout_server.detection.sensors.frame import Floats
from lookout_server.detection.sensors.settings import Settings

Method = Literal["held out", "labels", "given"]
_HELD_OUT: Method = "held out"
_LABELS: Method = "labels"
_SIGMA = 1.4826  # the standard deviation of normal data, in median absolute deviations
_POINTS = 1001
#: How many times as often as normal rows labelled ones must have an alarm: labels of what looks normal say nothing.
_LEAST_RATIO = 2.0
#: What never moved in training does not make an alarm of nothing.
_LEAST = 1e-3


@dataclass(frozen=True)
class Threshold:
    """value: the smoothed score that is calibrated to 0.5.

    method: how it was found. rate: the share of held-out normal rows that reach it. rows, events: what it was found on.
    levels: the quantiles of the held-out scores in steps of .1 %, from which `at_rate` takes another one.
    """

    value: float
    method: Method
    rate: float
    rows: int
    events: int
    levels: Floats

    def calibrated(self, smooth: Floats) -> Floats:
        """Scores between 0 and 1; 0.5 is the threshold."""
        return smooth / (smooth + self.value)

    def at_rate(self, rate: float) -> Threshold:
        """The threshold that this share of the held-out normal rows reaches."""
        value = float(np.interp(1 - rate, np.linspace(0, 1, _POINTS), self.levels))
        return Threshold(max(value, _LEAST), "given", rate, self.rows, self.events, self.levels)


def choose(held_out: Floats, labelled: Floats, events: int, settings: Settings) -> Threshold:
    """Choose the threshold.

    held_out: smoothed scores of normal rows. labelled: of the rows in labelled ranges, events: how many those are.
    """
    value, method = max(unlabelled(held_out, settings), _LEAST), _HELD_OUT
    if events >= settings.least_events:
        # Only down, to events that it misses: what would raise it are a few strong ones, and the next may be weaker.
        value, method = min(value, _best(held_out, labelled, value)), _LABELS
    levels = np.quantile(held_out, np.linspace(0, 1, _POINTS))
    rate = float((held_out >= value).mean())
    return Threshold(max(value, _LEAST), method, rate, len(held_out), events, levels)


def unlabelled(held_out: Floats, settings: Settings) -> float:
    """The quantile of the held-out scores, or so many robust deviations above their median, whichever is less.

    The deviations are the median's (Hampel, 1974): events that nobody labelled are in the quantile, not in them.
    """
    middle = float(np.median(held_out))
    deviation = _SIGMA * float(np.median(np.abs(held_out - middle)))
    return min(float(np.quantile(held_out, settings.quantile)), middle + settings.deviations * deviation)


def _best(normal: Floats, anomalous: Floats, start: float) -> float:
    """The threshold with the best F1 of rows, the one nearest to *start* of those that are within 1 % of it.

    Candidates are quantiles of the scores themselves; *start* is the answer when none of them tells labelled rows from
    normal ones.
    """
    candidates = np.unique(np.quantile(np.concatenate([normal, anomalous]), np.linspace(0, 1, _POINTS)))
    found = len(anomalous) - np.searchsorted(np.sort(anomalous), candidates)
    false = len(normal) - np.searchsorted(np.sort(normal), candidates)
    told = found * len(normal) >= _LEAST_RATIO * false * len(anomalous)
    f1 = np.where(told, 2 * found / (found + false + len(anomalous)), 0.0)
    if not f1.any():
        return start
    good = candidates[f1 >= 0.99 * f1.max()]
    return float(good[np.abs(np.log((good + 1e-9) / (start + 1e-9))).argmin()])
