"""The data of a dataset after an ingestion, and what was found out about it. Never changed once it is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lookout_server.entities.blob import Blob, Keeper
from lookout_server.entities.codec import Kept
from lookout_server.equipment.columns import Part
from lookout_server.equipment.schema import Component, Schema

if TYPE_CHECKING:
    from lookout_server.equipment.blocks import Block


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
    #: The rows: the parts of a component follow one another, and the order of time.
    parts: tuple[Part, ...] = ()
    #: All rows, as the release before parts has written them (see `columns`).
    rows: Blob | None = None

    @classmethod
    def keep(cls, keeper: Keeper, parts: Sequence[Part], size: int, details: Details) -> Content:
        """Rows, which are kept already, with what is known of them."""
        start, end = min(part.first for part in parts), max(part.last for part in parts)
        return cls(size, start, end, Kept.of(keeper, Details, details), tuple(parts))

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

    def blocks(
        self,
        component: str,
        sensors: Sequence[str] | None = None,
        first: datetime | None = None,
        last: datetime | None = None,
    ) -> Iterator[Block]:
        """The rows of a component in the order of time, some at a time, and of them what was asked for.

        sensors: all of the component by default; one that it does not have is missing in all rows. first, last: the
        times of the first and the last row that may be among them; by default there is no such limit.

        Raises BlobMissing.
        """
        from lookout_server.equipment import columns, parts

        if sensors is None:
            sensors = next((part.sensors for part in self.schema.components if part.name == component), ())
        if self.rows is None:
            own = [part for part in self.parts if part.component == component]
            return parts.read(own, sensors, first, last)
        return columns.read(self.rows.read(), component, sensors, first, last)


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

    def with_one(self, new: Content, keeper: Keeper) -> Accumulated:
        """The same with one more content."""
        parts = [*self.parts, new]
        while len(parts) > 1 and parts[-2].size < 2 * parts[-1].size:
            later = parts.pop()
            parts[-1] = _merged(parts[-1], later, keeper)
        return Accumulated(tuple(parts))


def _merged(before: Content, new: Content, keeper: Keeper) -> Content:
    from lookout_server.equipment.blocks import merged
    from lookout_server.equipment.gathering import Gatherer

    schema, parts = _schema((before, new)), list[Part]()
    for component in schema.components:
        with Gatherer(keeper, component.sensors, count=False) as gatherer:
            gatherer.add((), merged((before, new), component.name, component.sensors))
            parts += gatherer.finish(component.name).parts
    return Content.keep(keeper, parts, before.size + new.size, Details(schema, {}, {}))


def _schema(contents: Sequence[Content]) -> Schema:
    """All components of contents with all their sensors; a column of times has its name of the first."""
    found: dict[str, Component] = {}
    for content in contents:
        for part in content.schema.components:
            known = found.get(part.name, part)
            sensors = tuple(dict.fromkeys((*known.sensors, *part.sensors)))
            found[part.name] = Component(part.name, known.timestamp, sensors)
    return Schema(tuple(found.values()))
