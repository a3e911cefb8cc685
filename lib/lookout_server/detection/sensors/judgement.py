"""What a model says about rows, with its reasons."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lookout_server.detection.sensors.frame import Flags, Floats, Integers

#: The calibrated score from which on a row is an anomaly.
ALARM = 0.5


@dataclass(frozen=True)
class Reason:
    """A sensor's part in the scores of some rows.

    share: of all sensors', which sum to 1. direction: 1 when it read more than expected, -1 less, 0 when it is missing.
    seen: NaN when it is missing. expected: given all other sensors. tolerance: the standard deviation around that.
    Of several rows, the one in which the sensor contributes most.
    """

    sensor: str
    share: float
    direction: int
    seen: float
    expected: float
    tolerance: float


@dataclass(frozen=True)
class Judgement:
    """scores: of the rows, between 0 and 1. tolerance: of the sensors.

    contributions: rows x sensors, how abnormal; about 1 for a whole row at the edge of what is normal. Their sum over
    the rows of an event says which sensors it is about. shares: the same of each row and the few before it, in parts
    of 1. directions, seen, expected: rows x sensors, as in a `Reason`.
    """

    times: Integers
    names: tuple[str, ...]
    scores: Floats
    contributions: Floats
    shares: Floats
    directions: NDArray[np.int8]
    seen: Floats
    expected: Floats
    tolerance: Floats

    @property
    def alarms(self) -> Flags:
        return self.scores >= ALARM

    def events(self) -> list[tuple[int, int]]:
        """The first and the last row of each run of alarms."""
        edges = np.diff(np.concatenate([[0], self.alarms.astype(np.int8), [0]]))
        first, last = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1
        return [(int(a), int(b)) for a, b in zip(first, last, strict=True)]

    def explain(self, first: int, last: int | None = None, most: int = 3) -> list[Reason]:
        """The sensors with the largest shares in a row, or in an event from one row to another, the largest first."""
        if last is None or last == first:
            last, shares = first, self.shares[first]
        else:
            shares = in_parts(self.contributions[first : last + 1].sum(0))
        order = np.argsort(-shares, kind="stable")[:most]
        rows = first + self.contributions[first : last + 1].argmax(0)
        return [
            Reason(
                self.names[sensor],
                float(shares[sensor]),
                int(self.directions[rows[sensor], sensor]),
                float(self.seen[rows[sensor], sensor]),
                float(self.expected[rows[sensor], sensor]),
                float(self.tolerance[sensor]),
            )
            for sensor in order
        ]


def in_parts(contributions: Floats) -> Floats:
    """Parts of 1 along the last axis; all alike where nothing contributes."""
    some = contributions + 1e-12
    parts: Floats = some / some.sum(-1, keepdims=True)
    return parts
