"""What the reader of data files finds, in the form of the slow one."""

from __future__ import annotations

import io
import math
import sys
from collections.abc import Collection

from lookout_server.equipment.blocks import joined, moment
from lookout_server.equipment.data_files import DataFile
from tests.server.services import slow_reading


def read(key: str, body: bytes, *, wanted: Collection[str] | None = None, most: int = 3_000) -> slow_reading.DataFile:
    """Read a file; raises Unusable."""
    file = DataFile(key, io.BytesIO(body), wanted=wanted, most=most, most_bytes=sys.maxsize)
    found = joined(list(file.blocks()))
    assert file.size == len(body)
    return slow_reading.DataFile(
        file.timestamp,
        file.sensors,
        [moment(time) for time in found.times],
        {name: [_told(value) for value in found.values[name].tolist()] for name in file.taken},
        file.unsupported,
    )


def _told(value: float) -> float | None:
    return None if math.isnan(value) else math.nan if math.isinf(value) else value
