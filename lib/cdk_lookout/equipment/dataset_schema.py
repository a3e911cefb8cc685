"""Which components a dataset has, and which sensors they have."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from cdk_lookout.validation import Quoted, invalid, refused
from lookout_files import documents, text_files

_COMPONENT_NAME = re.compile(r"[0-9a-zA-Z._\-]{1,200}")
_COLUMN_NAME = re.compile(r"[0-9a-zA-Z:#$.\-_]{1,200}")
_MOST_COMPONENTS = 3000
_MOST_COLUMNS = 3000
#: Lambda takes 256 KB of an event, and CloudFormation's Update holds the old schema besides the new one.
_LONGEST_INLINE = 100_000
#: The characters that the service takes.
_LONGEST = 1_000_000


@dataclass(frozen=True)
class SchemaComponent:
    """A component (an asset, a machine) and its sensors."""

    #: 1 to 200 letters, digits and . _ -
    component_name: str
    #: The names of the sensors, 1 to 200 letters, digits and : # $ . - _
    sensors: Sequence[str]
    #: The name of the column with the time, which is the first.
    timestamp: str = "Timestamp"


class DatasetSchema:
    """The schema of a dataset; without one, the service detects it with the first ingestion."""

    def __init__(self, *, text: str, path: Path | None = None) -> None:
        """Use `from_components` or `from_asset`."""
        self._text = text
        self._path = path

    @classmethod
    def from_components(cls, *components: SchemaComponent) -> DatasetSchema:
        """A schema of *components*, which goes into the template as it is.

        :raises InvalidProperty: for names that the service does not take, names that occur twice, no component, more
            than 3,000 components or columns, or a schema longer than 100,000 characters, which is one for `from_asset`.
        """
        for component in components:
            if isinstance(component.sensors, str):
                raise invalid(
                    f"sensors of {component.component_name}",
                    "DatasetSchema.from_components",
                    component.sensors,
                    "a list of names",
                )
        schema = {
            "Components": [
                {
                    "ComponentName": component.component_name,
                    "Columns": [
                        {"Name": component.timestamp, "Type": "DATETIME"},
                        *({"Name": sensor, "Type": "DOUBLE"} for sensor in component.sensors),
                    ],
                }
                for component in components
            ]
        }
        check_schema("DatasetSchema.from_components", schema)
        text = json.dumps(schema, separators=(",", ":"))
        if len(text) > _LONGEST_INLINE:
            raise invalid(
                "schema",
                "DatasetSchema.from_components",
                Quoted(f"{len(text)} characters"),
                f"at most {_LONGEST_INLINE}: write it into a file, and use DatasetSchema.from_asset",
            )
        return cls(text=text)

    @classmethod
    def from_asset(cls, path: str) -> DatasetSchema:
        """A schema in a file, for large ones: it is deployed through the app's asset bucket.

        :param path: a `.json` file in UTF-8, as the API wants it: `{"Components": [{"ComponentName": "pump", "Columns":
            [{"Name": "Timestamp", "Type": "DATETIME"}, {"Name": "pressure", "Type": "DOUBLE"}]}]}`.
        :raises InvalidProperty: when there is no such file, or its contents are no schema, or more than 1,000,000
            characters.
        """
        where = f"DatasetSchema.from_asset({path!r})"
        file = Path(path)
        if file.suffix != ".json" or not file.is_file():
            raise invalid("path", where, Quoted("no such file"), "a file whose name ends with .json")
        with file.open("rb") as content:
            # No character has more than four bytes.
            found = content.read(4 * _LONGEST + 1)
        try:
            text = text_files.text(found, longest=4 * _LONGEST)
            schema = documents.parse(text)
        except text_files.Unreadable as error:
            raise refused(where, error) from None
        except documents.NotJson as error:
            raise invalid("schema", where, Quoted(str(error)), "JSON") from None
        if len(text) > _LONGEST:
            raise invalid("schema", where, Quoted(f"more than {_LONGEST} characters"), f"at most {_LONGEST}")
        check_schema(where, schema)
        return cls(text=text, path=file)

    @property
    def components(self) -> list[dict[str, Any]]:
        """The components, as the API has them."""
        found: list[dict[str, Any]] = documents.parse(self._text)["Components"]
        return found

    def render(self, scope: Construct) -> tuple[dict[str, Any] | None, dict[str, Any]]:
        """The property `DatasetSchema`, and what belongs into `Options` instead of it."""
        if self._path is None:
            return {"InlineDataSchema": self._text}, {}
        file = s3_assets.Asset(scope, "Schema", path=str(self._path))
        return None, {"DatasetSchemaObject": {"Bucket": file.s3_bucket_name, "Key": file.s3_object_key}}


def check_schema(where: str, schema: Any) -> None:
    """Raise InvalidProperty unless *schema* is one that the service takes."""
    components = _list_in(where, schema, "Components", "schema")
    if len(components) > _MOST_COMPONENTS:
        raise invalid("Components", where, Quoted(f"{len(components)}"), f"at most {_MOST_COMPONENTS}")
    columns = 0
    for index, component in enumerate(components):
        columns += len(_check_component(where, f"Components[{index}]", component))
    if columns > _MOST_COLUMNS:
        raise invalid("columns", where, Quoted(f"{columns} in all"), f"at most {_MOST_COLUMNS}")
    _check_unique(where, "Components", [component["ComponentName"] for component in components])


def _check_component(where: str, path: str, component: Any) -> list[Any]:
    columns = _list_in(where, component, "Columns", path)
    name = component.get("ComponentName")
    if not isinstance(name, str) or not _COMPONENT_NAME.fullmatch(name):
        raise invalid(
            f"{path}.ComponentName", where, name, "1 to 200 letters (A to Z), digits, dots, hyphens and underscores"
        )
    for index, column in enumerate(columns):
        column_path = f"{path}.Columns[{index}]"
        if not isinstance(column, dict):
            raise invalid(column_path, where, column, "an object with Name and Type")
        name, kind = column.get("Name"), column.get("Type")
        if not isinstance(name, str) or not _COLUMN_NAME.fullmatch(name):
            raise invalid(f"{column_path}.Name", where, name, "1 to 200 letters (A to Z), digits and : # $ . - _")
        expected = "DATETIME" if index == 0 else "DOUBLE"
        if kind != expected:
            raise invalid(
                f"{column_path}.Type", where, kind, f"{expected}: the first column is the time, the others are sensors"
            )
    if len(columns) < 2:
        raise invalid(f"{path}.Columns", where, Quoted("no sensor"), "at least one sensor after the time")
    _check_unique(where, f"{path}.Columns", [column["Name"] for column in columns])
    return columns


def _list_in(where: str, value: Any, key: str, path: str) -> list[Any]:
    found = value.get(key) if isinstance(value, dict) else None
    if not isinstance(found, list) or not found:
        raise invalid(f"{path}.{key}", where, found, "a list that is not empty")
    return found


def _check_unique(where: str, path: str, names: list[str]) -> None:
    if twice := sorted({name for name in names if names.count(name) > 1} if len(set(names)) < len(names) else ()):
        raise invalid(path, where, Quoted(f"{twice[0]!r} twice"), "different names")
