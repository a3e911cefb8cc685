"""The rows of a component as arrays, some at a time: how those who compute get at what was ingested.

This module and those that build on it need numpy. The server imports them where it computes, and not when it starts.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from lookout_server.equipment.content import Content

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Block:
    """Rows in the order of time.

    times: microseconds since the epoch. values: by sensor, NaN where a value is missing or invalid.
    """

    times: NDArray[np.int64]
    values: Mapping[str, NDArray[np.float64]]


def blocks_of(
    content: Content,
    component: str,
    sensors: Sequence[str],
    first: datetime | None = None,
    last: datetime | None = None,
) -> Iterator[Block]:
    """The rows of a component from one time to another; nothing where the content does not have it.

    A sensor that it does not have is missing in all rows.
    """
    table = content.tables.get(component)
    if table is None:
        return
    rows = slice(
        bisect_left(table.times, first) if first else 0, bisect_right(table.times, last) if last else len(table.times)
    )
    times = np.array([(time - EPOCH) // MICROSECOND for time in table.times[rows]], np.int64)
    nothing = np.full(len(times), np.nan)
    yield Block(
        times,
        {one: np.array(table.values[one][rows], np.float64) if one in table.values else nothing for one in sensors},
    )


def merged(contents: Sequence[Content], component: str, sensors: Sequence[str], *span: datetime) -> Iterator[Block]:
    """The rows of several contents, within a span; where two have one of the same time, that of the earlier counts.

    Those of several contents are in memory at once.
    """
    if len(contents) == 1:
        yield from blocks_of(contents[0], component, sensors, *span)
        return
    found = [list(blocks_of(content, component, sensors, *span)) for content in contents]
    times = np.concatenate([np.zeros(0, np.int64), *(block.times for blocks in found for block in blocks)])
    # The first of those that are the same, in the order of the contents.
    _, places = np.unique(times, return_index=True)
    yield Block(
        times[places],
        {
            one: np.concatenate([np.zeros(0), *(block.values[one] for blocks in found for block in blocks)])[places]
            for one in sensors
        },
    )
