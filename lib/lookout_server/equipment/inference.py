"""One run of an inference scheduler: files in, results out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from lookout_server.equipment.alarms import Anomaly, anomalies
from lookout_server.equipment.content import Accumulated, Content
from lookout_server.equipment.executions import Execution, Prediction
from lookout_server.equipment.inference_reading import InferenceFailed, WindowReader
from lookout_server.equipment.state import Version
from lookout_server.equipment.training import OffCondition
from lookout_server.protocol.errors import StorageError
from lookout_server.protocol.times import later
from lookout_server.service import World

if TYPE_CHECKING:
    from lookout_server.detection.sensors import Frame
    from lookout_server.detection.sensors import Model as DetectorModel
    from lookout_server.equipment.frames import Rows


@dataclass(frozen=True)
class Found:
    """What a run brings when it succeeds."""

    predictions: tuple[Prediction, ...]
    data: Content
    anomalies: tuple[Anomaly, ...]
    #: Bucket and Key of the results.
    result: dict[str, str]


def infer(execution: Execution, version: Version, before: Accumulated | None, world: World, now: datetime) -> Found:
    """Make a run: read its files, say something of each row and write the results; raises InferenceFailed.

    `before` is what earlier runs have read: scores are smoothed over the rows before a row, too.
    """
    from lookout_server.detection.artifact import BadModel
    from lookout_server.equipment.artefacts import model_of
    from lookout_server.equipment.frames import Readings
    from lookout_server.equipment.predictions import json_lines, predictions

    reader = WindowReader(execution, world.storage, world.settings, world.keeper, now)
    data = reader.read(version.schema)
    off = OffCondition.parse(version.details.get("OffCondition"), version.schema)
    rows = Readings([data], version.schema, off).rows(version.seconds)
    if version.model is None:
        raise InferenceFailed(
            f"The model of version {version.number} cannot be read: an earlier release has trained it"
        )
    try:
        model = model_of(version.model)
    except BadModel as error:
        raise InferenceFailed(f"The model of version {version.number} cannot be read: {error}") from error
    # Rows in which every reading is missing are none.
    history = _history(before, model, version, off, rows) if before and len(rows.frame) else None
    judgement = model.judge(rows.running, history)
    found = tuple(predictions(rows, [judgement]))
    return Found(found, data, anomalies(judgement), _write(reader, b"".join(json_lines(found))))


def _history(
    before: Accumulated, model: DetectorModel, version: Version, off: OffCondition | None, rows: Rows
) -> Frame:
    """What came before rows, as far as their scores depend on it.

    Rows that are as far apart as usual are mostly all that there is to it. If they are too few, they are looked for as
    far back as they may be without a gap.
    """
    from lookout_server.equipment.frames import Readings, moment

    first = moment(rows.frame.times[0])
    longest = model.history * model.longest / 1000
    for seconds in (longest / model.settings.gap, longest):
        start = later(first, -seconds - version.seconds)
        parts = [part for part in before.parts if part.end >= start]
        found = Readings(parts, version.schema, off).rows(version.seconds, (start, first)).running
        if len(found) >= model.history or start <= before.start:
            break
    return found


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
