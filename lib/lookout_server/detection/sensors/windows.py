"""Averages and maxima over the last rows.

The sum of 2k rows is the sum of k rows plus the sum of the k rows before them: a window takes log2(span) passes, and
the result of a row depends on nothing but the rows of its window, to the last bit, whatever stands before them.
"""

from __future__ import annotations

import numpy as np

from lookout_server.detection.sensors.frame import Floats, Integers


def trailing_mean(values: Floats, since: Integers, span: int) -> Floats:
    """The mean of each row and the span - 1 rows before it; of those that there are since the last gap.

    values: rows, or rows x sensors. since: see `since_start`. span: a power of two.
    """
    total = _trailing(values, since, span, np.add)
    counts = np.minimum(since + 1, span).astype(np.float64)
    return total / (counts[:, None] if total.ndim > 1 else counts)


def trailing_max(values: Floats, since: Integers, span: int) -> Floats:
    """Likewise, the maximum."""
    return _trailing(values, since, span, np.maximum)


def _trailing(values: Floats, since: Integers, span: int, combine: np.ufunc) -> Floats:
    if span & (span - 1) or span < 1:
        raise ValueError(f"span: got {span}, expected a power of two")
    total, half = np.array(values, np.float64), 1
    while half < span:
        doubled, alone = np.empty_like(total), since < half
        combine(total[half:], total[:-half], out=doubled[half:])
        doubled[alone] = total[alone]
        total, half = doubled, half * 2
    return total


def row_before(values: Floats, since: Integers) -> Floats:
    """The row before each row; after a gap, the row itself."""
    return values[np.arange(len(values)) - (since > 0)]
