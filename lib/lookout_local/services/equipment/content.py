"""The data of a dataset after an ingestion, and what was found out about it. Never changed once it is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lookout_local.services.equipment.schema import Schema


@dataclass(frozen=True)
class Table:
    """The rows of one component, ordered by time; a value is None where it is missing or invalid."""

    times: tuple[datetime, ...]
    values: Mapping[str, tuple[float | None, ...]]


@dataclass(frozen=True)
class Content:
    """What one ingestion brought."""

    schema: Schema
    tables: Mapping[str, Table]
    """By component."""

    size: int
    """Bytes of the files that were used."""

    start: datetime
    end: datetime
    quality: Mapping[str, Any]
    """A DataQualitySummary."""

    files: Mapping[str, Any]
    """An IngestedFilesSummary."""

    statistics: tuple[Mapping[str, Any], ...]
    """The SensorStatisticsSummaries."""
