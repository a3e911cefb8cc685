"""What rows of components are kept as: parts, and before there were any, bytes.

Those are a line of JSON that says what follows, then the columns, eight bytes a value.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from lookout_server.entities.blob import Blob

if TYPE_CHECKING:
    from lookout_server.equipment.blocks import Block


@dataclass(frozen=True)
class Part:
    """Some rows of a component, in the order of time: a Parquet file (see `parts`)."""

    component: str
    first: datetime
    last: datetime
    rows: Blob


def read(
    content: bytes, component: str, sensors: Sequence[str], first: datetime | None, last: datetime | None
) -> Iterator[Block]:
    """The rows of a component, from one time to another, out of bytes."""
    import numpy as np

    from lookout_server.equipment.blocks import Block, microseconds

    head, _, rest = content.partition(b"\n")
    place = 0

    for name, count, names in json.loads(head):
        size = 8 * count
        if name == component:
            times = np.frombuffer(rest, "<i8", count, place)
            columns = {one: np.frombuffer(rest, "<f8", count, place + size * at) for at, one in enumerate(names, 1)}
            begin = 0 if first is None else int(np.searchsorted(times, microseconds(first)))
            end = count if last is None else int(np.searchsorted(times, microseconds(last), side="right"))
            yield Block(times, columns).at(slice(begin, end)).having(sensors)
        place += size * (1 + len(names))
