"""What an ingestion has brought, without an ingestion."""

from __future__ import annotations

from collections.abc import Mapping

from lookout_server.entities.blob import Keeper
from lookout_server.equipment.columns import Table
from lookout_server.equipment.content import Content, Details
from lookout_server.equipment.schema import Component, Schema


def content_of(keeper: Keeper, tables: Mapping[str, Table]) -> Content:
    """The rows of components."""
    parts = tuple(Component(name, "Timestamp", tuple(table.values)) for name, table in tables.items())
    return Content.keep(keeper, tables, 1, Details(Schema(parts), {}, {}))
