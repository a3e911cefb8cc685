"""The making of a version by training: what CreateModel and retraining have in common."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from lookout_server.equipment.content import Table
from lookout_server.equipment.labeled_ranges import Labels
from lookout_server.equipment.metrics import Metrics, assess
from lookout_server.equipment.predictions import json_lines, predictions
from lookout_server.equipment.state import Configuration, Version
from lookout_server.equipment.training import Plan, Range, Trained, TrainingFailed, overlap, train
from lookout_server.files.storage import Storage
from lookout_server.protocol.errors import StorageError
from lookout_server.settings import Quotas


@dataclass(frozen=True)
class Made:
    """A training: the labels that it used, what it learned, and how good that is."""

    labels: tuple[Range, ...]
    trained: Trained
    metrics: Metrics
    #: Whether a label has to do with what it was trained and assessed with.
    labeled: bool

    #: What it says of the rows that it was assessed with, compressed, when somebody wants that.
    diagnostics: bytes | None


def make(
    plan: Plan, tables: Callable[[], Mapping[str, Table]], labels: Labels, quotas: Quotas, *, diagnosed: bool
) -> Made | str:
    """What the training of a version brings, or the reason why it fails.

    It takes long, and so may putting the tables together.
    """
    try:
        ranges = labels.read(quotas.bytes_per_file)
        trained = train(plan, tables(), ranges, (quotas.rows_in_training, quotas.rows_in_evaluation))
    except TrainingFailed as error:
        return str(error)
    metrics = assess(trained.running(plan.off), trained.profile, ranges, plan.assessed)
    labeled = any(overlap(label, span) for label in ranges for span in (plan.training, plan.assessed))
    lines = json_lines(predictions(trained.assessed, trained.profile, plan.off)) if diagnosed else None
    return Made(ranges, trained, metrics, labeled, lines and gzip.compress(lines, mtime=0))


def take_over(version: Version, made: Made, storage: Storage) -> None:
    """Let a version have what its training has brought; its diagnostics are written when it ends."""
    version.profile = made.trained.profile
    version.labeled = made.labeled
    version.results = {"ModelQuality": made.metrics.quality}
    if made.diagnostics is not None:
        version.deliver = partial(_write, storage, version.details, version.arn, made.diagnostics)


def _write(storage: Storage, details: Configuration, version_arn: str, content: bytes) -> Configuration | str:
    """Write the diagnostics of a version; the member that shows where they are, or why that cannot be done.

    User guide, "Evaluating your model": model_diagnostics_results.json.gz, compressed, in the location given. Below it
    each version has a folder of its own here.
    """
    location = details["ModelDiagnosticsOutputConfiguration"]["S3OutputConfiguration"]
    model_id, _, number = version_arn.split("/")[-3:]
    bucket, prefix = location["Bucket"], location.get("Prefix") or ""
    key = f"{prefix}{model_id}/model-version-{number}/model_diagnostics_results.json.gz"
    try:
        storage.write(details.get("RoleArn") or "", bucket, key, content)
    except StorageError as error:
        return f"The diagnostics cannot be written to s3://{bucket}/{key}: {error}"
    return {"ModelDiagnosticsResultsObject": {"Bucket": bucket, "Key": key}}
