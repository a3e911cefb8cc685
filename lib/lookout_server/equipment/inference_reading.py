"""From the files of an S3 location to the rows of one window (user guide, "Understanding the inference process")."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lookout_server.entities.blob import Keeper
from lookout_server.equipment.columns import Part
from lookout_server.equipment.content import Content, Details
from lookout_server.equipment.csv_files import Unusable
from lookout_server.equipment.executions import Execution
from lookout_server.equipment.inference_names import FileNames
from lookout_server.equipment.schema import Component, Schema
from lookout_server.files.storage import Storage, StoredObject
from lookout_server.protocol.errors import StorageError
from lookout_server.settings import Settings

if TYPE_CHECKING:
    from lookout_server.equipment.blocks import Flags, Times
    from lookout_server.equipment.gathering import Gatherer


class InferenceFailed(Exception):
    """The run fails, for the reason in the message."""


@dataclass(frozen=True)
class WindowReader:
    """Reads what one run is about, with the role of its scheduler."""

    execution: Execution
    storage: Storage
    settings: Settings
    keeper: Keeper
    #: What the service's clock says, which may be another one than that of who names the files.
    now: datetime

    @property
    def role(self) -> str:
        """The role that reads and writes."""
        return str(self.execution.configuration["RoleArn"])

    @property
    def _bucket(self) -> str:
        return str(self._source["S3InputConfiguration"]["Bucket"])

    @property
    def _prefix(self) -> str:
        return self._source["S3InputConfiguration"].get("Prefix") or ""

    @property
    def _source(self) -> Any:
        return self.execution.configuration["DataInputConfiguration"]

    @property
    def _minutes(self) -> float:
        return (self.execution.end - self.execution.start).total_seconds() / 60

    @property
    def _most_bytes(self) -> int:
        return int(self.settings.quotas.bytes_per_minute_in_inference * self._minutes)

    def read(self, schema: Schema) -> Content:
        """The rows of all components within the window; raises InferenceFailed when one has none."""
        submitted = self._submitted(schema)
        quotas = self.settings.quotas
        size = sum(entry.size for entries in submitted.values() for entry in entries)
        if size > self._most_bytes:
            raise InferenceFailed(f"The input has {size} bytes, the quota is {self._most_bytes}")
        from lookout_server.equipment.gathering import Gatherer

        parts: list[Part] = []
        for component in schema.components:
            with Gatherer(self.keeper, component.sensors, count=False) as gatherer:
                for entry in submitted[component.name]:
                    self._add(component, entry, gatherer)
                quota = int(quotas.rows_per_minute_in_inference * self._minutes)
                if gatherer.rows > quota:
                    raise InferenceFailed(
                        f"The component {component.name} has {gatherer.rows} rows, the quota is {quota}"
                    )
                found = gatherer.finish(component.name).parts
            parts += found
            if not found:
                raise InferenceFailed(
                    f"Could not find data of component {component.name} {self._range()} in its "
                    f"{len(submitted[component.name])} file(s) under '{self._location()}': no row has such a "
                    f"timestamp. {self._clock()}"
                )
        # Quality, files and statistics are of ingestions; nothing shows those of inferences.
        return Content.keep(self.keeper, parts, size, Details(schema, {}, {}))

    def _submitted(self, schema: Schema) -> dict[str, list[StoredObject]]:
        """The files whose names are of the components and of the window, by component.

        A name may have the time of either end of the window: the guide speaks of a timestamp from 9:00 to 9:05.
        """
        try:
            listed = self.storage.list(self.role, self._bucket, self._prefix)
        except StorageError as error:
            raise InferenceFailed(f"The files in {self._location()} cannot be listed: {error}") from error
        names = FileNames.of(self._source)
        found: dict[str, list[StoredObject]] = {}
        for component in schema.components:
            files = []
            for entry in sorted(listed, key=lambda entry: entry.key):
                time = names.time(entry.key.removeprefix(self._prefix), component.name)
                if time and self.execution.start <= time <= self.execution.end:
                    files.append(entry)
            if not files:
                raise InferenceFailed(
                    f"Could not find a data file of component {component.name} with a name {self._range()} under "
                    f"'{self._location()}': every component of the model needs one "
                    f"({component.name}{names.delimiter}<{names.format}>.csv). {self._clock()}"
                )
            quota = self.settings.quotas.files_per_component_in_inference
            if len(files) > quota:
                raise InferenceFailed(f"The component {component.name} has {len(files)} files, the quota is {quota}")
            found[component.name] = files
        return found

    def _add(self, component: Component, entry: StoredObject, gatherer: Gatherer) -> None:
        """Take the rows of a file that are within the window, and so in no other."""
        from lookout_server.equipment.data_files import DataFile

        where = f"s3://{self._bucket}/{entry.key}"
        try:
            with closing(self.storage.open(self.role, self._bucket, entry.key)) as source:
                file = DataFile(
                    entry.key,
                    source,
                    wanted=component.sensors,
                    most=self.settings.quotas.columns_per_dataset,
                    most_bytes=self._most_bytes,
                )
                # Whether there are any is known when all were read.
                blocks = [block.at(self._holds(block.times)) for block in file.blocks()]
        except (Unusable, StorageError) as error:
            raise InferenceFailed(f"The data file {where} cannot be used: {error}") from error
        if file.timestamp != component.timestamp:
            raise InferenceFailed(
                f"The data file {where} cannot be used: its first column is '{file.timestamp}', "
                f"the schema has '{component.timestamp}'"
            )
        missing = [sensor for sensor in component.sensors if sensor not in file.sensors]
        if missing:
            raise InferenceFailed(f"The data file {where} cannot be used: it has no column '{missing[0]}'")
        gatherer.add(component.sensors, blocks)

    def _holds(self, times: Times) -> Flags:
        from lookout_server.equipment.blocks import microseconds

        start, end = microseconds(self.execution.start), microseconds(self.execution.end)
        if self.settings.inference_window_includes == "end":
            return (start < times) & (times <= end)
        return (start <= times) & (times < end)

    def _clock(self) -> str:
        return f"The clock is at {self.now.isoformat(timespec='seconds')}"

    def _range(self) -> str:
        return f"within the expected range from {self.execution.start.isoformat()} to {self.execution.end.isoformat()}"

    def _location(self) -> str:
        return f"s3://{self._bucket}/{self._prefix}"
