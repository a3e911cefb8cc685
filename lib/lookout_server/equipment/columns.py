"""The rows of components as bytes: a line of JSON that says what follows, then the columns, eight bytes a value."""

from __future__ import annotations

import json
import math
import sys
from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SIZE = 8


@dataclass(frozen=True)
class Table:
    """The rows of one component, ordered by time; a value is None where it is missing or invalid."""

    times: tuple[datetime, ...]
    values: Mapping[str, tuple[float | None, ...]]


def pack(tables: Mapping[str, Table]) -> bytes:
    """The rows of components as bytes."""
    head = [[name, len(table.times), list(table.values)] for name, table in tables.items()]
    parts = [json.dumps(head, separators=(",", ":")).encode(), b"\n"]
    for table in tables.values():
        parts.append(_little(array("q", [(time - _EPOCH) // _MICROSECOND for time in table.times])))
        for column in table.values.values():
            parts.append(_little(array("d", [math.nan if value is None else value for value in column])))
    return b"".join(parts)


def unpack(content: bytes) -> dict[str, Table]:
    """What was packed."""
    head, _, rest = content.partition(b"\n")
    view, tables = memoryview(rest), {}

    def column(kind: str, count: int) -> Any:
        nonlocal view
        taken, view = view[: count * _SIZE], view[count * _SIZE :]
        found = array(kind, taken.tobytes())
        if sys.byteorder == "big":
            found.byteswap()
        return found

    for name, count, sensors in json.loads(head):
        times = tuple(_EPOCH + int(time) * _MICROSECOND for time in column("q", count))
        values = {one: tuple(None if math.isnan(x) else x for x in column("d", count)) for one in sensors}
        tables[name] = Table(times, values)
    return tables


def _little(column: array[float] | array[int]) -> bytes:
    if sys.byteorder == "big":
        column.byteswap()
    return column.tobytes()


def joined(first: Mapping[str, Table], second: Mapping[str, Table]) -> dict[str, Table]:
    """The rows of two sets of tables by component; where both have one of the same time, that of the first counts."""
    return {
        component: _joined(first.get(component, _NOTHING), second.get(component, _NOTHING))
        for component in dict.fromkeys((*first, *second))
    }


_NOTHING = Table((), {})


def _joined(first: Table, second: Table) -> Table:
    """The rows of two tables, with all their sensors."""
    if first.times[-1:] < second.times[:1] and first.values.keys() == second.values.keys():
        values = {name: column + second.values[name] for name, column in first.values.items()}
        return Table(first.times + second.times, values)
    rows: dict[datetime, tuple[Table, int]] = {}
    for table in (second, first):
        rows |= {time: (table, index) for index, time in enumerate(table.times)}
    times = tuple(sorted(rows))
    places = [rows[time] for time in times]

    def column(name: str) -> tuple[float | None, ...]:
        return tuple(table.values[name][index] if name in table.values else None for table, index in places)

    return Table(times, {name: column(name) for name in dict.fromkeys((*first.values, *second.values))})
