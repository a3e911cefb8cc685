"""What sensors have to do with one another."""

from __future__ import annotations

import numpy as np

from lookout_server.detection.sensors.frame import Flags, Floats


def precision(values: Floats, extra: float = 0.0) -> Floats:
    """The inverse of the covariance of the columns, sensors x sensors.

    The covariance is shrunk towards its diagonal (Ledoit and Wolf, 2004), by 1 %, by more the fewer rows there are for
    each column, and by *extra*. A floor keeps constant columns from being infinitely surprising.
    """
    rows, columns = values.shape
    centred = values - values.mean(0)
    covariance = centred.T @ centred / max(rows - 1, 1)
    shrinkage = min(0.5, 0.01 + extra + 0.5 * columns / (rows + 1))
    diagonal = np.diag(np.maximum(np.diag(covariance), 1e-3))
    result: Floats = np.linalg.inv((1 - shrinkage) * covariance + shrinkage * diagonal + 1e-3 * np.eye(columns))
    return (result + result.T) / 2


def filled(scaled: Floats, inverse: Floats) -> tuple[Floats, Flags]:
    """The readings with what is missing put in, and what was seen.

    A missing reading becomes what the others of its row let expect: for normal data with the precision P, the missing m
    given the seen o are -inv(P[m, m]) P[m, o] o. Rows with the same sensors missing are done together.
    """
    seen = ~np.isnan(scaled)
    values = np.where(seen, scaled, 0.0)
    holes = np.flatnonzero(~seen.all(1))
    if len(holes):
        patterns, which = np.unique(seen[holes], axis=0, return_inverse=True)
        for number, there in enumerate(patterns):
            if there.any():
                rows, gone = holes[which.ravel() == number], ~there
                weights = np.linalg.solve(inverse[np.ix_(gone, gone)], inverse[np.ix_(gone, there)])
                values[np.ix_(rows, gone)] = -values[np.ix_(rows, there)] @ weights.T
    return values, seen
