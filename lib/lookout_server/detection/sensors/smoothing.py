"""One score for each row out of those of the views, steady enough to raise an alarm by."""

from __future__ import annotations

import numpy as np

from lookout_server.detection.sensors.frame import Floats, Integers
from lookout_server.detection.sensors.settings import Settings
from lookout_server.detection.sensors.windows import trailing_max, trailing_mean


def smoothed(scores: Floats, since: Integers, settings: Settings) -> Floats:
    """scores: rows x views, calibrated.

    The mean of a short and a long average: a short event shows in the one, a weak and lasting one in the other. In the
    long one a row counts only so much: else an event that is over would go on for as long as the average. Then
    hysteresis: a row is held at the highest score of the last rows, as far as its own score is at least a part of it.
    An alarm so ends once its score has fallen clearly below the threshold. All of it looks back a fixed number of rows.
    """
    fused = scores.mean(1)
    short = min(settings.smoothing)
    averages = [
        trailing_mean(fused if span == short else np.minimum(fused, settings.loudest), since, span)
        for span in settings.smoothing
    ]
    score: Floats = np.mean(averages, axis=0)
    return np.maximum(score, np.minimum(trailing_max(score, since, settings.hold), score / settings.hold_from))


def reach(settings: Settings) -> int:
    """How many rows before a row its smoothed score looks at."""
    return max(settings.smoothing) + settings.hold
