"""Where labels come from: the files of an S3 location, or a label group (API reference, LabelsInputConfiguration)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lookout_files.text_files import shown
from lookout_server.equipment import csv_files, timestamps
from lookout_server.equipment.csv_files import Unusable
from lookout_server.equipment.files import Files
from lookout_server.equipment.state import Inventory
from lookout_server.equipment.training import Range, TrainingFailed
from lookout_server.files.storage import Storage
from lookout_server.protocol.errors import StorageError


@dataclass(frozen=True)
class Labels:
    """The ranges that are labeled as abnormal: those of a label group as it was, or in files that are still to read."""

    ranges: tuple[Range, ...] = ()
    files: Files | None = None
    #: What is the matter with the label group.
    missing: str | None = None

    @classmethod
    def of(cls, inventory: Inventory, storage: Storage, inputs: Mapping[str, Any]) -> Labels:
        """The labels that LabelsInputConfiguration and RoleArn among `inputs` speak of.

        Of a label group only labels rated ANOMALY count (user guide, "Labeling your data").
        """
        source = inputs.get("LabelsInputConfiguration") or {}
        name, location = source.get("LabelGroupName"), source.get("S3InputConfiguration")
        if name:
            group = inventory.label_groups.get(name)
            if group is None:
                return cls(missing=f"The label group {name} does not exist")
            labels = group.labels.values()
            return cls(tuple(sorted((label.start, label.end) for label in labels if label.rating == "ANOMALY")))
        return cls(files=Files(storage, inputs.get("RoleArn") or "", location)) if location else cls()

    def read(self, most_bytes: int) -> tuple[Range, ...]:
        """The ranges, in order; raises TrainingFailed when they cannot be read. Larger files are not read."""
        if self.missing:
            raise TrainingFailed(self.missing)
        if self.files is None:
            return self.ranges
        try:
            keys = [entry.key for entry in self.files.list() if entry.key.lower().endswith(".csv")]
        except StorageError as error:
            raise TrainingFailed(f"The labels in {self.files.name()} cannot be read: {error}") from error
        return tuple(sorted(span for key in keys for span in _in_file(self.files, key, most_bytes)))


def _in_file(files: Files, key: str, most_bytes: int) -> list[Range]:
    """The ranges in a file: two columns, start and end, without a header (user guide, "Labeling your data")."""
    try:
        return [_range(line, cells) for line, cells in csv_files.records(files.read(key, most_bytes))]
    except (StorageError, Unusable) as error:
        raise TrainingFailed(f"The labels in {files.name(key)} cannot be read: {error}") from error


def _range(line: int, cells: Sequence[str]) -> Range:
    """What a row says; raises Unusable."""
    given = [cell.strip() for cell in cells]
    if len(given) < 2 or any(given[2:]):
        raise Unusable(f"line {line}: got {shown(','.join(cells))}, expected two columns, start and end")
    start, end = (timestamps.parse(cell) for cell in given[:2])
    for column, cell, time in (("start", given[0], start), ("end", given[1], end)):
        if time is None:
            raise Unusable(
                f"line {line}, {column}: got {shown(cell)}, expected a time, and no header: {timestamps.FORMATS}"
            )
    if start is None or end is None or start > end:
        raise Unusable(f"line {line}, end: got {shown(given[1])}, expected a time that is not before the start")
    return start, end
