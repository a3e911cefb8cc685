"""One run of an inference scheduler: files in, results out.

What is said of a row is a deterministic statistic of the data, not machine learning: see `training` and `predictions`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from lookout_server.equipment.content import Content
from lookout_server.equipment.executions import Execution, Prediction
from lookout_server.equipment.inference_reading import InferenceFailed, WindowReader
from lookout_server.equipment.predictions import json_lines, predictions
from lookout_server.equipment.state import Version
from lookout_server.equipment.training import OffCondition, rows_of
from lookout_server.protocol.errors import StorageError
from lookout_server.service import World


@dataclass(frozen=True)
class Found:
    """What a run brings when it succeeds."""

    predictions: tuple[Prediction, ...]
    data: Content
    #: Bucket and Key of the results.
    result: dict[str, str]


def infer(execution: Execution, version: Version, world: World, now: datetime) -> Found:
    """Make a run: read its files, say something of each row and write the results; raises InferenceFailed."""
    reader = WindowReader(execution, world.storage, world.settings, world.keeper, now)
    data = reader.read(version.schema)
    rate = (version.details.get("DataPreProcessingConfiguration") or {}).get("TargetSamplingRate")
    off = OffCondition.parse(version.details.get("OffCondition"), version.schema)
    found = tuple(predictions(rows_of(version.schema, data.tables, rate), version.profile, off))
    return Found(found, data, _write(reader, json_lines(found)))


def _write(reader: WindowReader, lines: bytes) -> dict[str, str]:
    """Put the results below the output prefix; raises InferenceFailed.

    The user guide documents the lines ("Reviewing inference results in a JSON file"), but not the name of the file.
    """
    output = reader.execution.configuration["DataOutputConfiguration"]["S3OutputConfiguration"]
    bucket, prefix = output["Bucket"], output.get("Prefix") or ""
    key = f"{prefix}{reader.execution.end.replace(tzinfo=None).isoformat()}Z/results.jsonl"
    try:
        reader.storage.write(reader.role, bucket, key, lines)
    except StorageError as error:
        raise InferenceFailed(f"The results cannot be written to s3://{bucket}/{key}: {error}") from error
    return {"Bucket": bucket, "Key": key}
