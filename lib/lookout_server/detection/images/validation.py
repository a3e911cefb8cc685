"""How an inspector judges pictures that it has not learnt: all that a threshold may be chosen on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from lookout_server.detection.images.evidence import Way, both, score
from lookout_server.detection.images.examples import Gathered
from lookout_server.detection.images.head import Head
from lookout_server.detection.images.labels import Flags
from lookout_server.detection.images.memory import Memory, Scaling
from lookout_server.detection.images.pictures import Floats
from lookout_server.detection.images.settings import Settings
from lookout_server.detection.images.threshold import logistic

Doubles = NDArray[np.float64]
#: By how much the loss has to be below that of a simpler way (guessing has 1.39): luck does as much with few pictures.
_CLEARLY = 0.05


@dataclass(frozen=True)
class Seen:
    """A picture by what was learnt from pictures of other folds: two maps, and which cells its masks cover, if any."""

    unusual: Floats
    odds: Floats
    mask: Flags | None

    def score(self, way: Way, settings: Settings) -> float:
        return score(way.joined(self.unusual, self.odds, settings), way, settings)


@dataclass(frozen=True)
class HeldOut:
    normal: list[Seen]
    anomalous: list[Seen]

    def scores(self, way: Way, settings: Settings) -> tuple[Doubles, Doubles]:
        """Raw scores of the normal and of the anomalous pictures."""
        normal, anomalous = (
            np.array([one.score(way, settings) for one in some], np.float64) for some in (self.normal, self.anomalous)
        )
        return normal, anomalous

    def best(self, ways: Sequence[Way], settings: Settings) -> Way:
        """The way whose scores say best which pictures are anomalous, by log-likelihood; an early one if in doubt."""
        best, least = ways[0], np.inf
        for way in ways if self.anomalous else ():
            if (loss := _loss(*self.scores(way, settings))) < least - _CLEARLY:
                best, least = way, loss
        return best

    def cells(self, way: Way, settings: Settings) -> tuple[Floats, Flags]:
        """Of the cells of all pictures that have masks, the evidence, and whether a mask covers them."""
        masked = [
            (way.joined(one.unusual, one.odds, settings), one.mask) for one in self.anomalous if one.mask is not None
        ]
        if not masked:
            return np.zeros(0, np.float32), np.zeros(0, bool)
        return np.concatenate([one.ravel() for one, _ in masked]), np.concatenate([mask.ravel() for _, mask in masked])


def _loss(normal: Doubles, anomalous: Doubles) -> float:
    value, slope = logistic(normal, anomalous)
    wrong = np.logaddexp(0, slope * (normal - value)).mean() + np.logaddexp(0, -slope * (anomalous - value)).mean()
    return float(wrong)


def ways(anomalous: Gathered, settings: Settings) -> list[Way]:
    """What there is to choose from, the simplest first; without anomalous pictures nothing."""
    if not enough(anomalous, settings):
        return [Way(0.0, settings.tops[0])]
    return [Way(weight, top) for top, weight in product(settings.tops, settings.weights)]


def enough(anomalous: Gathered, settings: Settings) -> bool:
    """Whether there are so many anomalous pictures that what they look like can be learnt, and held out."""
    return anomalous.count >= settings.least_anomalous


def fit_head(anomalous: Gathered, normal: Gathered, scaling: Scaling, memory: Memory, settings: Settings) -> Head:
    """Learn what anomalies look like beside what is normal. The memory is that of the same normal pictures."""
    unusual = anomalous.anomalous(scaling, memory, settings)
    usual = np.concatenate([scaling(normal.patches.features), anomalous.around.features])
    return Head.fit(unusual.features, unusual.shares, usual, settings.ridge)


def held_out(normal: Gathered, anomalous: Gathered, scaling: Scaling, settings: Settings) -> HeldOut:
    """See the kept pictures of each fold by a memory and a head that know nothing of that fold."""
    folds = min(settings.folds, int(normal.patches.owners.max()) + 1)
    found: tuple[dict[int, Seen], dict[int, Seen]] = ({}, {})
    learn = enough(anomalous, settings)
    for fold in range(folds):
        others, examples = normal.without(fold, folds), anomalous.without(fold, folds)
        memory = Memory.fit(scaling(others.patches.features), settings.remembered)
        head = fit_head(examples, others, scaling, memory, settings) if learn else None
        for some, gathered in zip(found, (normal, anomalous), strict=True):
            some.update(_seen(gathered, fold, folds, memory, head, scaling, settings))
    return HeldOut(*([one for _, one in sorted(some.items(), key=lambda item: item[0])] for some in found))


def _seen(
    gathered: Gathered,
    fold: int,
    folds: int,
    memory: Memory,
    head: Head | None,
    scaling: Scaling,
    settings: Settings,
) -> Iterator[tuple[int, Seen]]:
    for number, grid in gathered.grids.items():
        if number % folds == fold:
            whole = grid.astype(np.float32)
            unusual, odds = both(memory, head, scaling(whole), whole.shape[:2], settings)
            yield number, Seen(unusual, odds, gathered.masks.get(number))
