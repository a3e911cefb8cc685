"""Views that measure in different units are made comparable on data that they have not seen."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from lookout_server.detection.sensors.frame import Floats, Frame, since_start
from lookout_server.detection.sensors.normal import Normal
from lookout_server.detection.sensors.settings import Settings

#: Of the held-out scores of a view; a row that reaches it scores log(2).
_UNIT = 0.99
#: A view that no normal row disturbs must not cry at the smallest thing.
_LEAST = 0.01


@dataclass(frozen=True)
class Calibration:
    """units: of each view, the score that 1 % of held-out normal rows exceed."""

    units: Floats

    @classmethod
    def fit(cls, held_out: Floats) -> Calibration:
        """held_out: rows x views."""
        return cls(np.quantile(held_out, _UNIT, axis=0).clip(_LEAST))

    def __call__(self, scores: Floats) -> Floats:
        """rows x views, comparable: in proportion while normal, then logarithmic, so that none shouts down the rest."""
        return np.log1p(scores / self.units)


def held_out_scores(frame: Frame, longest: int, settings: Settings) -> Floats:
    """rows x views: every block of the frame is judged by what was learnt from the other blocks.

    With fewer than 8 rows a block nothing is held out, and the scores are those of the rows that were learnt.
    """
    values, scores = frame.of(frame.names), np.empty((len(frame), len(settings.views)))
    edges = np.linspace(0, len(frame), settings.blocks + 1).astype(int)
    if settings.blocks < 2 or len(frame) < 8 * settings.blocks:
        since = since_start(frame.times, longest)
        return Normal.fit(values, since, settings).scores(values, since)
    for first, end in pairwise(edges):
        inside = np.zeros(len(frame), bool)
        inside[first:end] = True
        normal = Normal.fit(values[~inside], since_start(frame.times[~inside], longest), settings)
        scores[inside] = normal.scores(values[inside], since_start(frame.times[inside], longest))
    return scores
