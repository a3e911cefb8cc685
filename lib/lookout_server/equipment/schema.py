"""Data schemas: the components of a dataset and their columns, as JSON text (user guide, "SDK examples")."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lookout_files import documents
from lookout_server.protocol.errors import quota_exceeded, validation
from lookout_server.settings import Quotas

_COMPONENT = re.compile(r"[0-9a-zA-Z._\-]{1,200}")
_SENSOR = re.compile(r"[0-9a-zA-Z:#$.\-_]{1,200}")


def is_component_name(name: str) -> bool:
    """Whether a name satisfies the shape ComponentName."""
    return _COMPONENT.fullmatch(name) is not None


def is_sensor_name(name: str) -> bool:
    """Whether a name satisfies the shape SensorName."""
    return _SENSOR.fullmatch(name) is not None


@dataclass(frozen=True)
class Component:
    """One component: its column of timestamps and its sensors."""

    name: str
    timestamp: str
    sensors: tuple[str, ...]


@dataclass(frozen=True)
class Schema:
    """The components of a dataset or model."""

    components: tuple[Component, ...]

    @property
    def sensors(self) -> frozenset[tuple[str, str]]:
        """All (component, sensor)."""
        return frozenset((part.name, sensor) for part in self.components for sensor in part.sensors)

    def text(self) -> str:
        """The schema as the API shows it."""
        return json.dumps(
            {
                "Components": [
                    {
                        "ComponentName": part.name,
                        "Columns": [
                            {"Name": part.timestamp, "Type": "DATETIME"},
                            *({"Name": sensor, "Type": "DOUBLE"} for sensor in part.sensors),
                        ],
                    }
                    for part in self.components
                ]
            }
        )

    def check_covers(self, other: Schema, what: str) -> None:
        """Raise a ValidationException naming sensors of `other` that this schema does not have."""
        missing = sorted(f"{component}\\{sensor}" for component, sensor in other.sensors - self.sensors)
        if missing:
            raise validation(
                f"{what}: the dataset does not have {len(missing)} of the sensors: {', '.join(missing[:5])}"
            )


def parse(configuration: Mapping[str, Any] | None, quotas: Quotas) -> Schema | None:
    """The schema in a DatasetSchema structure; None when there is none.

    Raises a ValidationException that says what is wrong where, or ServiceQuotaExceededException.
    """
    text = (configuration or {}).get("InlineDataSchema")
    if text is None:
        return None
    where = "DatasetSchema.InlineDataSchema"
    try:
        document = documents.parse(text)
    except documents.NotJson as error:
        raise validation(f"{where}: not valid JSON: {error}") from error
    listed = _member(document, "Components", where)
    if not isinstance(listed, list) or not listed:
        raise validation(f"{where}.Components: expected a list of at least one component")
    components = tuple(_component(raw, f"{where}.Components[{index}]") for index, raw in enumerate(listed))
    _unique([part.name for part in components], f"{where}.Components", "ComponentName")
    schema = Schema(components)
    check_size(schema, quotas)
    return schema


def check_size(schema: Schema, quotas: Quotas) -> None:
    """Raise ServiceQuotaExceededException for a schema with too many components or columns of sensors."""
    columns = len(schema.sensors)
    if len(schema.components) > quotas.components_per_dataset:
        raise quota_exceeded(
            f"Components per dataset: got {len(schema.components)}, the quota is {quotas.components_per_dataset}"
        )
    if columns > quotas.columns_per_dataset:
        raise quota_exceeded(f"Columns per dataset: got {columns}, the quota is {quotas.columns_per_dataset}")


def _component(raw: Any, where: str) -> Component:
    name = _member(raw, "ComponentName", where)
    if not isinstance(name, str) or not is_component_name(name):
        raise validation(f"{where}.ComponentName: got '{name}', expected {_COMPONENT.pattern}")
    columns = _member(raw, "Columns", where)
    if not isinstance(columns, list) or len(columns) < 2:
        raise validation(f"{where}.Columns: expected a list of at least two columns")
    names: list[str] = []
    for index, column in enumerate(columns):
        here = f"{where}.Columns[{index}]"
        column_name, kind = _member(column, "Name", here), _member(column, "Type", here)
        if not isinstance(column_name, str) or not is_sensor_name(column_name):
            raise validation(f"{here}.Name: got '{column_name}', expected {_SENSOR.pattern}")
        expected = "DATETIME" if index == 0 else "DOUBLE"
        if kind != expected:
            raise validation(
                f"{here}.Type: got '{kind}', expected {expected}: the first column is the timestamp, "
                "all others are sensors"
            )
        names.append(column_name)
    _unique(names, f"{where}.Columns", "Name")
    return Component(name, names[0], tuple(names[1:]))


def _member(raw: Any, name: str, where: str) -> Any:
    if not isinstance(raw, dict) or name not in raw:
        raise validation(f"{where}: expected a JSON object with the member {name}")
    return raw[name]


def _unique(names: list[str], where: str, member: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise validation(f"{where}: the {member} '{name}' occurs more than once")
        seen.add(name)
