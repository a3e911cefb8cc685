"""The making of a version by training: what CreateModel and retraining have in common."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lookout_server.entities.blob import Keeper
from lookout_server.entities.codec import Kept
from lookout_server.equipment.columns import Table
from lookout_server.equipment.labeled_ranges import Labels
from lookout_server.equipment.metrics import Metrics, assess
from lookout_server.equipment.predictions import json_lines, predictions
from lookout_server.equipment.state import Configuration, Profile, Version
from lookout_server.equipment.training import OffCondition, Plan, Range, Trained, TrainingFailed, overlap, train
from lookout_server.files.storage import Storage
from lookout_server.protocol.errors import StorageError
from lookout_server.service import World
from lookout_server.settings import Quotas


@dataclass(frozen=True)
class Results:
    """Where a training keeps what it has learned, and writes what it says of the rows it was assessed with."""

    keeper: Keeper
    storage: Storage
    version_arn: str
    role_arn: str
    #: Bucket and Prefix of the diagnostics, when somebody wants them.
    location: Mapping[str, Any] | None

    @classmethod
    def of(cls, version: Version, world: World) -> Results:
        """Those of a version."""
        output = version.details.get("ModelDiagnosticsOutputConfiguration") or {}
        role = version.details.get("RoleArn") or ""
        return cls(world.keeper, world.storage, version.arn, role, output.get("S3OutputConfiguration"))

    def write(self, content: bytes) -> Configuration:
        """Write the diagnostics of a version; the member that shows where they are. Raises TrainingFailed.

        User guide, "Evaluating your model": model_diagnostics_results.json.gz, compressed, in the location given. Below
        it each version has a folder of its own here.
        """
        if self.location is None:
            return {}
        model_id, _, number = self.version_arn.split("/")[-3:]
        bucket, prefix = self.location["Bucket"], self.location.get("Prefix") or ""
        key = f"{prefix}{model_id}/model-version-{number}/model_diagnostics_results.json.gz"
        try:
            self.storage.write(self.role_arn, bucket, key, content)
        except StorageError as error:
            raise TrainingFailed(f"The diagnostics cannot be written to s3://{bucket}/{key}: {error}") from error
        return {"ModelDiagnosticsResultsObject": {"Bucket": bucket, "Key": key}}


@dataclass(frozen=True)
class Made:
    """A training: the labels that it used, what it learned, and how good that is."""

    labels: tuple[Range, ...]
    trained: Trained
    learned: Kept[Profile]
    metrics: Metrics
    #: Whether a label has to do with what it was trained and assessed with.
    labeled: bool
    #: The members that show where its diagnostics are.
    diagnostics: Configuration


def make(
    plan: Plan, tables: Callable[[], Mapping[str, Table]], labels: Labels, quotas: Quotas, results: Results
) -> Made | str:
    """What the training of a version brings, or the reason why it fails.

    It takes long, and so may putting the tables together.
    """
    try:
        ranges = labels.read(quotas.bytes_per_file)
        trained = train(plan, tables(), ranges, (quotas.rows_in_training, quotas.rows_in_evaluation))
        metrics = assess(trained.running(plan.off), trained.profile, ranges, plan.assessed)
        labeled = any(overlap(label, span) for label in ranges for span in (plan.training, plan.assessed))
        written: Configuration = {}
        if results.location:
            lines = json_lines(predictions(trained.assessed, trained.profile, plan.off))
            written = results.write(gzip.compress(lines, mtime=0))
    except TrainingFailed as error:
        return str(error)
    return Made(ranges, trained, Kept.of(results.keeper, Profile, trained.profile), metrics, labeled, written)


def plan_of(version: Version) -> Plan:
    """What a version is trained with, as its details have it."""
    details, schema = version.details, version.schema
    start, end = details.get("EvaluationDataStartTime"), details.get("EvaluationDataEndTime")
    return Plan(
        schema=schema,
        training=(details["TrainingDataStartTime"], details["TrainingDataEndTime"]),
        evaluation=(start, end) if start and end else None,
        off=OffCondition.parse(details.get("OffCondition"), schema),
        rate=(details.get("DataPreProcessingConfiguration") or {}).get("TargetSamplingRate"),
    )


def take_over(version: Version, made: Made) -> None:
    """Let a version have what its training has brought."""
    version.learned = made.learned
    version.labeled = made.labeled
    version.results = {"ModelQuality": made.metrics.quality, **made.diagnostics}
