"""Rows of components as tables, and what an ingestion has brought, without an ingestion."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from lookout_server.entities.blob import Keeper
from lookout_server.equipment.blocks import Block, microseconds, moment
from lookout_server.equipment.columns import Part
from lookout_server.equipment.content import Content, Details
from lookout_server.equipment.gathering import Gatherer
from lookout_server.equipment.schema import Component, Schema


@dataclass(frozen=True)
class Table:
    """The rows of one component, ordered by time; a value is None where it is missing or invalid."""

    times: tuple[datetime, ...]
    values: Mapping[str, tuple[float | None, ...]]


def table(sensors: Iterable[str], blocks: Iterable[Block]) -> Table:
    """The rows of blocks."""
    times: list[datetime] = []
    values: dict[str, list[float | None]] = {name: [] for name in sensors}
    for block in blocks:
        times += map(moment, block.times.tolist())
        for name, column in values.items():
            column += (None if math.isnan(value) else value for value in block.values[name].tolist())
    return Table(tuple(times), {name: tuple(column) for name, column in values.items()})


def tables_of(content: Content) -> dict[str, Table]:
    """All rows of a content by component."""
    return {part.name: table(part.sensors, content.blocks(part.name)) for part in content.schema.components}


def content_of(keeper: Keeper, tables: Mapping[str, Table]) -> Content:
    """A content with the rows of components."""
    parts: list[Part] = []
    for name, one in tables.items():
        times = np.array([microseconds(time) for time in one.times], np.int64)
        values = {sensor: np.array(column, np.float64) for sensor, column in one.values.items()}
        with Gatherer(keeper, tuple(values), count=False) as gatherer:
            gatherer.add(values, [Block(times, values)])
            parts += gatherer.finish(name).parts
    schema = Schema(tuple(Component(name, "Timestamp", tuple(one.values)) for name, one in tables.items()))
    return Content.keep(keeper, parts, 1, Details(schema, {}, {}))
