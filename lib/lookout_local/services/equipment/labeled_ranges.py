"""Where labels come from: the files of an S3 location, or a label group (API reference, LabelsInputConfiguration)."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from lookout_local.services.equipment import timestamps
from lookout_local.services.equipment.state import Inventory
from lookout_local.services.equipment.training import Range, TrainingFailed
from lookout_local.services.errors import StorageError
from lookout_local.services.storage import Storage


def labeled_ranges(inventory: Inventory, storage: Storage, inputs: Mapping[str, Any]) -> list[Range]:
    """The ranges that are labeled as abnormal, as they are now; `inputs` are LabelsInputConfiguration and RoleArn.

    Of a label group only labels rated ANOMALY count (user guide, "Labeling your data"). Raises TrainingFailed when the
    labels cannot be read.
    """
    source = inputs.get("LabelsInputConfiguration") or {}
    name, location = source.get("LabelGroupName"), source.get("S3InputConfiguration")
    if name:
        group = inventory.label_groups.get(name)
        if group is None:
            raise TrainingFailed(f"The label group {name} does not exist")
        return sorted((label.start, label.end) for label in group.labels.values() if label.rating == "ANOMALY")
    return _in_files(storage, inputs.get("RoleArn") or "", location) if location else []


def _in_files(storage: Storage, role: str, location: Mapping[str, Any]) -> list[Range]:
    """The ranges in the files of an S3 location: two columns, start and end, without a header."""
    bucket, prefix = location["Bucket"], location.get("Prefix") or ""
    ranges: list[Range] = []
    try:
        for entry in storage.list(role, bucket, prefix):
            if not entry.key.lower().endswith(".csv"):
                continue
            text = storage.read(role, bucket, entry.key).decode("utf-8-sig", errors="replace")
            for line in csv.reader(io.StringIO(text, newline="")):
                times = [timestamps.parse(cell.partition(".")[0]) for cell in line[:2]]
                if len(times) != 2 or times[0] is None or times[1] is None or times[0] > times[1]:
                    raise TrainingFailed(
                        f"The labels in s3://{bucket}/{entry.key} cannot be read: got '{','.join(line)}', "
                        "expected a start and an end"
                    )
                ranges.append((times[0], times[1]))
    except StorageError as error:
        raise TrainingFailed(f"The labels in s3://{bucket}/{prefix} cannot be read: {error}") from error
    return sorted(ranges)
