"""From the files of an S3 location to the content of a dataset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lookout_server.entities.blob import Keeper
from lookout_server.equipment import csv_files, statistics
from lookout_server.equipment.content import Content, Details
from lookout_server.equipment.csv_files import DataFile, Unusable
from lookout_server.equipment.key_patterns import KeyPattern
from lookout_server.equipment.schema import Component, Schema, check_size, is_component_name
from lookout_server.equipment.statistics import ComponentReader
from lookout_server.files.storage import Storage, StoredObject
from lookout_server.protocol.errors import ServiceError, StorageError
from lookout_server.settings import Quotas


@dataclass(frozen=True)
class Files:
    """The objects below a prefix of a bucket, read with a role."""

    storage: Storage
    role_arn: str
    #: Bucket, and Prefix where there is one.
    location: Mapping[str, Any]

    @property
    def bucket(self) -> str:
        """The bucket."""
        return str(self.location["Bucket"])

    @property
    def prefix(self) -> str:
        """The prefix; '' means the whole bucket."""
        return self.location.get("Prefix") or ""

    def list(self) -> list[StoredObject]:
        """All of them; raises StorageError."""
        return self.storage.list(self.role_arn, self.bucket, self.prefix)

    def read(self, key: str, most: int) -> bytes:
        """The content of one that has at most so many bytes; raises StorageError."""
        return self.storage.read(self.role_arn, self.bucket, key, most=most)

    def name(self, key: str = "") -> str:
        """Where an object is, or where all of them are."""
        return f"s3://{self.bucket}/{key or self.prefix}"


def read_dataset(
    files: Files, schema: Schema | None, pattern: KeyPattern, quotas: Quotas, keeper: Keeper
) -> Content | str:
    """The content that an ingestion brings, or the reason why it fails.

    With a schema, files of other components are none of its business, and columns that it does not know are left out.
    Without, the schema is found in the files. Files that cannot be used are discarded; the ingestion fails when no file
    is left.
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
    used: dict[str, list[DataFile]] = {}
    discarded: list[dict[str, str]] = []
    reasons: list[str] = []
    size = 0
    wanted = {part.name: part.sensors for part in schema.components} if schema else {}
    for component, entries in submitted.items():
        for entry in entries:
            try:
                if entry.size > quotas.bytes_per_file:
                    raise Unusable(f"it has {entry.size} bytes, the quota is {quotas.bytes_per_file}")
                body = files.read(entry.key, quotas.bytes_per_file)
                file = csv_files.read(entry.key, body, wanted=wanted.get(component), most=quotas.columns_per_dataset)
                _fits(component, file, schema)
            except (Unusable, StorageError) as error:
                discarded.append({"Bucket": files.bucket, "Key": entry.key})
                reasons.append(f"{files.name(entry.key)}: {error}")
                continue
            used.setdefault(component, []).append(file)
            size += len(body)
    if not used:
        why = f": {reasons[0]}" if reasons else ""
        return f"No usable file was found in {files.name()} ({len(reasons)} discarded){why}"
    schema = schema or _found_schema(used)
    try:
        check_size(schema, quotas)
    except ServiceError as error:
        return error.message

    readers = [ComponentReader(component) for component in schema.components]
    for reader in readers:
        for file in used.get(reader.component.name, []):
            reader.add(file)
    tables = {reader.component.name: reader.table() for reader in readers}
    summaries = [summary for reader in readers for summary in reader.summaries(tables[reader.component.name])]
    count = sum(map(len, used.values()))
    listing = {
        "TotalNumberOfFiles": count + len(discarded),
        "IngestedNumberOfFiles": count,
        "DiscardedFiles": discarded,
    }
    details = Details(schema, statistics.quality(summaries, readers), listing, tuple(summaries))
    return Content.keep(keeper, tables, size, details)


def _fits(component: str, file: DataFile, schema: Schema | None) -> None:
    """Raise Unusable for a file that has nothing to do with its component."""
    if schema is None:
        if not is_component_name(component):
            raise Unusable(f"'{component}' is not a valid component name")
        return
    known = next(part for part in schema.components if part.name == component)
    if file.timestamp != known.timestamp:
        raise Unusable(f"its first column is '{file.timestamp}', the schema has '{known.timestamp}'")
    if not set(file.sensors) & set(known.sensors):
        raise Unusable(f"it has none of the sensors of the component {component}")


def _found_schema(used: Mapping[str, list[DataFile]]) -> Schema:
    """The schema of the files: the first timestamp column and all sensors of each component."""
    return Schema(
        tuple(
            Component(
                name,
                files[0].timestamp,
                tuple(dict.fromkeys(sensor for file in files for sensor in file.sensors)),
            )
            for name, files in used.items()
        )
    )
