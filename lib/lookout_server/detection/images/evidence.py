"""One map of a picture, and one number, out of what is unusual and what looks like an anomaly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lookout_server.detection.images.grids import blurred, inner
from lookout_server.detection.images.head import Head
from lookout_server.detection.images.memory import Memory, Scaling
from lookout_server.detection.images.pictures import Floats
from lookout_server.detection.images.settings import Settings

#: What is nearer to the memory than this is no more normal for it.
_LEAST = 0.01
#: The score looks at so many cells at least.
_CELLS = 3


@dataclass(frozen=True)
class Way:
    """weight: of what looks like an anomaly, beside what is unusual. top: the part of a map whose mean is the score."""

    weight: float
    top: float

    def joined(self, unusual: Floats, odds: Floats, settings: Settings) -> Floats:
        """One map; at the edges there is no more in it than beside them."""
        found = unusual + np.float32(self.weight) * odds
        kept = inner(found, settings.edge)
        return found if kept is found else np.minimum(found, np.pad(kept, settings.edge, mode="edge"))


@dataclass(frozen=True)
class Evidence:
    scaling: Scaling
    memory: Memory
    head: Head | None
    way: Way

    def map(self, grid: Floats, settings: Settings) -> Floats:
        """rows x columns: the logarithm of the distance to what is normal, and the weighted one of the odds."""
        return self.way.joined(*both(self.memory, self.head, self.scaling(grid), grid.shape[:2], settings), settings)

    def score(self, evidence: Floats, settings: Settings) -> float:
        return score(evidence, self.way, settings)


def both(
    memory: Memory, head: Head | None, scaled: Floats, shape: tuple[int, ...], settings: Settings
) -> tuple[Floats, Floats]:
    """How unusual each cell is and how much it looks like an anomaly, as logarithms, blurred."""
    unusual: Floats = np.log(memory.distances(scaled) + np.float32(_LEAST)).reshape(shape)
    odds = np.zeros_like(unusual) if head is None else blurred(head.odds(scaled).reshape(shape), settings.blur)
    return blurred(unusual, settings.blur), odds


def score(evidence: Floats, way: Way, settings: Settings) -> float:
    """The mean of the most anomalous part of a map: steadier than its maximum.

    At the edges there is what came in when the camera was moved or turned a little.
    """
    cells = inner(evidence, settings.edge).ravel()
    most = min(len(cells), max(_CELLS, int(way.top * len(cells))))
    return float(np.sort(np.partition(cells, -most)[-most:]).mean(dtype=np.float64))
