"""From the files of an S3 location to the content of a dataset.

Needs numpy and pyarrow.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import Any

from lookout_server.entities.blob import Keeper
from lookout_server.equipment import statistics
from lookout_server.equipment.columns import Part
from lookout_server.equipment.content import Content, Details
from lookout_server.equipment.csv_files import Unusable
from lookout_server.equipment.data_files import DataFile
from lookout_server.equipment.files import Files
from lookout_server.equipment.gathering import Gatherer
from lookout_server.equipment.key_patterns import KeyPattern
from lookout_server.equipment.schema import Component, Schema, check_size, is_component_name
from lookout_server.files.storage import StoredObject
from lookout_server.protocol.errors import ServiceError, StorageError, Unreachable
from lookout_server.settings import Quotas


def read_dataset(
    files: Files, schema: Schema | None, pattern: KeyPattern, quotas: Quotas, keeper: Keeper
) -> Content | str:
    """The content that an ingestion brings, or the reason why it fails.

    With a schema, files of other components are none of its business, and columns that it does not know are left out.
    Without, the schema is found in the files. Files that cannot be used are discarded; the ingestion fails when no file
    is left, and when one cannot be read at the moment.
    """
    try:
        listed = files.list()
    except StorageError as error:
        return f"The files in {files.name()} cannot be listed: {error}"
    components = [part.name for part in schema.components] if schema else None
    submitted: dict[str, list[StoredObject]] = {}
    for entry in sorted(listed, key=lambda entry: entry.key):
        component = None if entry.key.endswith("/") else pattern.component_of(entry.key, components)
        if component:
            submitted.setdefault(component, []).append(entry)
    most = max(map(len, submitted.values()), default=0)
    if most > quotas.files_per_component:
        return f"A component has {most} files, the quota is {quotas.files_per_component}"

    total = sum(map(len, submitted.values()))
    if total > quotas.files_per_dataset:
        return f"The dataset has {total} files, the quota is {quotas.files_per_dataset}"
    sizes = [entry.size for entries in submitted.values() for entry in entries]
    size = sum(size for size in sizes if size <= quotas.bytes_per_file)
    if size > quotas.bytes_per_dataset:
        return f"The files have {size} bytes, the quota is {quotas.bytes_per_dataset}"
    dataset = _Dataset(files, schema, quotas, keeper)
    try:
        for component, entries in submitted.items():
            dataset.read(component, entries)
    except ServiceError as error:
        return error.message
    except Unreachable as error:
        return f"A file cannot be read now: {error}"
    return dataset.content()


class _Dataset:
    """What comes to be of the files of an ingestion."""

    def __init__(self, files: Files, schema: Schema | None, quotas: Quotas, keeper: Keeper) -> None:
        self._files = files
        self._given = schema
        self._quotas = quotas
        self._keeper = keeper
        self._found: dict[str, Component] = {}
        self._parts: list[Part] = []
        self._summaries: dict[str, list[Any]] = {}
        self._used = self._size = self._unsupported = self._duplicates = 0
        self._discarded: list[dict[str, str]] = []
        self._reasons: list[str] = []

    def read(self, component: str, entries: Sequence[StoredObject]) -> None:
        """Read the files of a component, one after the other.

        Raises ServiceError when there are too many columns, and Unreachable.
        """
        known = next((part for part in self._given.components if part.name == component), None) if self._given else None
        unsupported = 0
        with Gatherer(self._keeper, known.sensors if known else ()) as gatherer:
            for entry in entries:
                try:
                    file = self._add(component, known, entry, gatherer)
                except Unreachable as error:  # to leave it out would be a dataset that lacks something by chance
                    raise Unreachable(f"{self._files.name(entry.key)}: {error}") from error
                except (Unusable, StorageError) as error:
                    self._discarded.append({"Bucket": self._files.bucket, "Key": entry.key})
                    self._reasons.append(f"{self._files.name(entry.key)}: {error}")
                    continue
                self._used += 1
                self._size += file.size
                unsupported += file.unsupported
                timestamp = self._found[component].timestamp if component in self._found else file.timestamp
                self._found[component] = Component(component, timestamp, tuple(gatherer.sensors))
                check_size(self.schema, self._quotas)
            if component not in self._found:
                return
            gathered = gatherer.finish(component)
        self._parts += gathered.parts
        self._unsupported += unsupported
        self._duplicates += gathered.duplicates
        assert gathered.statistics
        self._summaries[component] = gathered.statistics.summaries(
            component, gathered.sensors, unsupported, gathered.duplicates
        )

    def _add(self, component: str, known: Component | None, entry: StoredObject, gatherer: Gatherer) -> DataFile:
        quotas = self._quotas
        if entry.size > quotas.bytes_per_file:
            raise Unusable(f"it has {entry.size} bytes, the quota is {quotas.bytes_per_file}")
        with closing(self._files.open(entry.key)) as source:
            file = DataFile(
                entry.key,
                source,
                wanted=known.sensors if known else None,
                most=quotas.columns_per_dataset,
                most_bytes=quotas.bytes_per_file,
            )
            _check_fits(component, file, known)
            gatherer.add(file.taken, file.blocks())
        return file

    @property
    def schema(self) -> Schema:
        """The one that was given, or that of the files so far."""
        return self._given or Schema(tuple(self._found.values()))

    def content(self) -> Content | str:
        """All of it, or why there is none."""
        if not self._used:
            why = f": {self._reasons[0]}" if self._reasons else ""
            return f"No usable file was found in {self._files.name()} ({len(self._reasons)} discarded){why}"
        nothing = statistics.ComponentStatistics()
        summaries = [
            summary
            for part in self.schema.components
            for summary in self._summaries.get(part.name) or nothing.summaries(part.name, part.sensors, 0, 0)
        ]
        listing = {
            "TotalNumberOfFiles": self._used + len(self._discarded),
            "IngestedNumberOfFiles": self._used,
            "DiscardedFiles": self._discarded,
        }
        quality = statistics.quality(summaries, self._unsupported, self._duplicates)
        details = Details(self.schema, quality, listing, tuple(summaries))
        return Content.keep(self._keeper, self._parts, self._size, details)


def _check_fits(component: str, file: DataFile, known: Component | None) -> None:
    """Raise Unusable for a file that has nothing to do with its component."""
    if known is None:
        if not is_component_name(component):
            raise Unusable(f"'{component}' is not a valid component name")
        return
    if file.timestamp != known.timestamp:
        raise Unusable(f"its first column is '{file.timestamp}', the schema has '{known.timestamp}'")
    if not set(file.sensors) & set(known.sensors):
        raise Unusable(f"it has none of the sensors of the component {component}")
