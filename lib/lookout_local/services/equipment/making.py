"""The making of a version by training: what CreateModel and retraining have in common."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lookout_local.services.equipment.content import Table
from lookout_local.services.equipment.labeled_ranges import labeled_ranges
from lookout_local.services.equipment.metrics import Metrics, assess
from lookout_local.services.equipment.predictions import json_lines, predictions
from lookout_local.services.equipment.state import Inventory, Version
from lookout_local.services.equipment.training import Plan, Range, Trained, TrainingFailed, overlap, train
from lookout_local.services.errors import StorageError
from lookout_local.services.settings import Settings
from lookout_local.services.storage import Storage


@dataclass(frozen=True)
class Made:
    """A training: the labels that it used, what it learned, and how good that is."""

    labels: tuple[Range, ...]
    trained: Trained
    metrics: Metrics


def make(
    inventory: Inventory,
    storage: Storage,
    settings: Settings,
    version: Version,
    plan: Plan,
    tables: Mapping[str, Table],
) -> Made | None:
    """Find out what the training of a version will bring when it ends, with data and labels as they are now.

    None when it will fail, for the reason that the version then has; a failure that it has already stays.
    """
    if version.failure:
        return None
    quotas = settings.quotas
    try:
        labels = labeled_ranges(inventory, storage, version.details)
        trained = train(plan, tables, labels, (quotas.rows_in_training, quotas.rows_in_evaluation))
    except TrainingFailed as error:
        version.failure = str(error)
        return None
    metrics = assess(trained.running(plan.off), trained.profile, labels, plan.assessed)
    version.profile = trained.profile
    version.labeled = any(overlap(label, span) for label in labels for span in (plan.training, plan.assessed))
    version.results = {"ModelQuality": metrics.quality}
    if version.details.get("ModelDiagnosticsOutputConfiguration"):
        lines = json_lines(predictions(trained.assessed, trained.profile, plan.off))
        version.deliver = _diagnostics(storage, version, lines)
    return Made(tuple(labels), trained, metrics)


def _diagnostics(storage: Storage, version: Version, lines: bytes) -> Callable[[], str | None]:
    """What writes the diagnostics of a version.

    User guide, "Evaluating your model": model_diagnostics_results.json.gz, compressed, in the location given. Below it
    each version has a folder of its own here.
    """
    location = version.details["ModelDiagnosticsOutputConfiguration"]["S3OutputConfiguration"]
    model_id, _, number = version.arn.split("/")[-3:]
    bucket, prefix = location["Bucket"], location.get("Prefix") or ""
    key = f"{prefix}{model_id}/model-version-{number}/model_diagnostics_results.json.gz"

    def deliver() -> str | None:
        try:
            storage.write(version.details.get("RoleArn") or "", bucket, key, gzip.compress(lines, mtime=0))
        except StorageError as error:
            return f"The diagnostics cannot be written to s3://{bucket}/{key}: {error}"
        version.results = {**version.results, "ModelDiagnosticsResultsObject": {"Bucket": bucket, "Key": key}}
        return None

    return deliver
