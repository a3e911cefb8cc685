"""Views that measure in different units are made comparable on data that they have not seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from lookout_server.detection.sensors.frame import Flags, Floats, Frame, Integers, since_start
from lookout_server.detection.sensors.long import Long
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


def folds_of(times: Integers, sample: Frame, longest: int, settings: Settings) -> list[Fold]:
    """The blocks that rows are cut into; none with fewer than 8 rows a block, or where only one is wanted.

    times: of all rows. sample: those of them that are learnt.
    """
    if settings.blocks < 2 or len(times) < 8 * settings.blocks:
        return []
    values, found = sample.of(sample.names), []
    for first, end in pairwise(np.linspace(0, len(times), settings.blocks + 1).astype(int)):
        outside = (sample.times < times[first]) | (sample.times > times[end - 1])
        since = since_start(sample.times[outside], longest)
        found.append(Fold(int(first), int(end), Normal.fit(values[outside], since, settings)))
    return found


def _every(times: Integers) -> Flags:
    return np.ones(len(times), bool)


def held_out_scores(
    rows: Long, folds: list[Fold], longest: int, wanted: Callable[[Integers], Flags] = _every
) -> Floats:
    """rows x views: every block is judged by what was learnt from the other blocks, as if nothing came before it.

    wanted: of which rows, by their times.
    """
    found: list[Floats] = []
    history, before = None, 0
    for number, piece in rows.blocks([fold.end for fold in folds]):
        normal = folds[number].normal
        history = history if number == before else None
        these = wanted(piece.times)
        if these.any():
            found.append(scores_of(normal, piece, history, longest)[these])
        history, before = piece.last(normal.history, history), number
    return np.concatenate(found)


def scores_of(normal: Normal, frame: Frame, history: Frame | None, longest: int) -> Floats:
    """rows x views, with what came before the rows."""
    whole = frame.after(history, normal.history)
    return normal.scores(whole.of(whole.names), since_start(whole.times, longest))[len(whole) - len(frame) :]
