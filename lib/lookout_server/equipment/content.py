"""The data of a dataset after an ingestion, and what was found out about it. Never changed once it is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lookout_server.equipment.schema import Schema


@dataclass(frozen=True)
class Table:
    """The rows of one component, ordered by time; a value is None where it is missing or invalid."""

    times: tuple[datetime, ...]
    values: Mapping[str, tuple[float | None, ...]]


def joined(first: Mapping[str, Table], second: Mapping[str, Table]) -> dict[str, Table]:
    """The rows of two sets of tables by component; where both have one of the same time, that of the first counts."""
    return {
        component: _joined(first.get(component, _NOTHING), second.get(component, _NOTHING))
        for component in dict.fromkeys((*first, *second))
    }


_NOTHING = Table((), {})


def _joined(first: Table, second: Table) -> Table:
    """The rows of two tables, with all their sensors."""
    # Inference data comes in small pieces, each after all that is there: that must not cost more the more there is.
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


@dataclass(frozen=True)
class Content:
    """What one ingestion brought."""

    schema: Schema
    #: By component.
    tables: Mapping[str, Table]

    #: Bytes of the files that were used.
    size: int

    start: datetime
    end: datetime
    #: A DataQualitySummary.
    quality: Mapping[str, Any]

    #: An IngestedFilesSummary.
    files: Mapping[str, Any]

    #: The SensorStatisticsSummaries.
    statistics: tuple[Mapping[str, Any], ...]
