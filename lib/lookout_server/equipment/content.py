"""The data of a dataset after an ingestion, and what was found out about it. Never changed once it is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from lookout_server.entities.blob import Blob, Keeper
from lookout_server.entities.codec import Kept
from lookout_server.equipment.columns import Table, joined, pack, unpack
from lookout_server.equipment.schema import Component, Schema


@dataclass(frozen=True)
class Details:
    """What is known of data beside its rows."""

    schema: Schema
    #: A DataQualitySummary.
    quality: Mapping[str, Any]
    #: An IngestedFilesSummary.
    files: Mapping[str, Any]
    #: The SensorStatisticsSummaries.
    statistics: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Content:
    """What one ingestion brought."""

    #: Bytes of the files that were used.
    size: int
    start: datetime
    end: datetime
    details: Kept[Details]
    rows: Blob

    @classmethod
    def keep(cls, keeper: Keeper, tables: Mapping[str, Table], size: int, details: Details) -> Content:
        """Keep rows, and what is known of them."""
        ends = [time for table in tables.values() for time in (*table.times[:1], *table.times[-1:])]
        return cls(size, min(ends), max(ends), Kept.of(keeper, Details, details), keeper.keep(pack(tables)))

    @property
    def schema(self) -> Schema:
        """The schema of the rows."""
        return self.details.value.schema

    @property
    def quality(self) -> Mapping[str, Any]:
        """A DataQualitySummary."""
        return self.details.value.quality

    @property
    def files(self) -> Mapping[str, Any]:
        """An IngestedFilesSummary."""
        return self.details.value.files

    @property
    def statistics(self) -> tuple[Mapping[str, Any], ...]:
        """The SensorStatisticsSummaries."""
        return self.details.value.statistics

    @cached_property
    def tables(self) -> dict[str, Table]:
        """The rows by component."""
        return unpack(self.rows.read())


@dataclass(frozen=True)
class Accumulated:
    """The inference data of a model: contents, in the order in which they came; what was there first counts.

    Two neighbours are joined before the later one has half the size of the earlier: so there are few, and what was
    joined once is not touched by every run.
    """

    parts: tuple[Content, ...]

    @property
    def start(self) -> datetime:
        """The time of the first row."""
        return min(part.start for part in self.parts)

    @property
    def end(self) -> datetime:
        """The time of the last row."""
        return max(part.end for part in self.parts)

    @property
    def size(self) -> int:
        """Bytes of the files that it came from."""
        return sum(part.size for part in self.parts)

    def tables(self) -> dict[str, Table]:
        """All rows by component."""
        found: dict[str, Table] = {}
        for part in self.parts:
            found = joined(found, part.tables)
        return found

    def with_one(self, new: Content, keeper: Keeper) -> Accumulated:
        """The same with one more content."""
        parts = [*self.parts, new]
        while len(parts) > 1 and parts[-2].size < 2 * parts[-1].size:
            later = parts.pop()
            parts[-1] = _merged(parts[-1], later, keeper)
        return Accumulated(tuple(parts))


def _merged(before: Content, new: Content, keeper: Keeper) -> Content:
    tables = joined(before.tables, new.tables)
    stamps = {part.name: part.timestamp for part in (*new.schema.components, *before.schema.components)}
    schema = Schema(tuple(Component(name, stamps[name], tuple(table.values)) for name, table in tables.items()))
    return Content.keep(keeper, tables, before.size + new.size, Details(schema, {}, {}))
