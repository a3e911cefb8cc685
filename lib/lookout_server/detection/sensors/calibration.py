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


@dataclass(frozen=True)
class Fold:
    """first, end: a block of consecutive rows, the end left out. normal: what was learnt from all other rows."""

    first: int
    end: int
    normal: Normal


def folds_of(frame: Frame, longest: int, settings: Settings) -> list[Fold]:
    """The blocks that a frame is cut into; none with fewer than 8 rows a block, or where only one is wanted."""
    if settings.blocks < 2 or len(frame) < 8 * settings.blocks:
        return []
    values, found = frame.of(frame.names), []
    for first, end in pairwise(np.linspace(0, len(frame), settings.blocks + 1).astype(int)):
        outside = np.ones(len(frame), bool)
        outside[first:end] = False
        since = since_start(frame.times[outside], longest)
        found.append(Fold(int(first), int(end), Normal.fit(values[outside], since, settings)))
    return found


def held_out_scores(frame: Frame, folds: list[Fold], longest: int) -> Floats:
    """rows x views: every block is judged by what was learnt from the other blocks."""
    values = frame.of(frame.names)
    return np.concatenate(
        [
            fold.normal.scores(values[rows], since_start(frame.times[rows], longest))
            for fold in folds
            for rows in (slice(fold.first, fold.end),)
        ]
    )
