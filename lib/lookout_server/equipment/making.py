"""The making of a version by training: what CreateModel and retraining have in common."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from lookout_server.entities.blob import Blob, Keeper
from lookout_server.equipment.content import Content
from lookout_server.equipment.labeled_ranges import Labels
from lookout_server.equipment.state import Configuration, Version
from lookout_server.equipment.training import OffCondition, Plan, Range, TrainingFailed, overlap
from lookout_server.files.storage import Storage
from lookout_server.protocol.errors import StorageError
from lookout_server.service import World
from lookout_server.settings import Quotas

if TYPE_CHECKING:
    from lookout_server.equipment.learning import Basis, Trained
    from lookout_server.equipment.metrics import Metrics

#: The shortest span of training data of which AWS's documents speak (user guide, "Formatting your data").
_DOCUMENTED_SPAN = timedelta(days=14)
#: Of diagnostics: the best one takes five times as long, for a file that is a tenth smaller.
_COMPRESSION = 6
#: What a reader of figures should know, by the rows that they are of.
_NOTES: Mapping[Basis, str] = {
    "held out": "The figures are of the training range, each block of it judged by what was learned from the others",
    "training": "The figures are of the training range as it was learned: it has too few rows to hold any out",
}


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

    def write(self, lines: Iterable[bytes]) -> Configuration:
        """Write the diagnostics of a version; the member that shows where they are. Raises TrainingFailed.

        User guide, "Evaluating your model": model_diagnostics_results.json.gz, compressed, in the location given. Below
        it each version has a folder of its own here. They are written as they come: all of them may be gigabytes.
        """
        if self.location is None:
            return {}
        model_id, _, number = self.version_arn.split("/")[-3:]
        bucket, prefix = self.location["Bucket"], self.location.get("Prefix") or ""
        key = f"{prefix}{model_id}/model-version-{number}/model_diagnostics_results.json.gz"
        try:
            with (
                self.storage.writer(self.role_arn, bucket, key) as file,
                gzip.GzipFile(fileobj=file, mode="wb", compresslevel=_COMPRESSION, mtime=0) as content,
            ):
                content.writelines(lines)
        except StorageError as error:
            raise TrainingFailed(f"The diagnostics cannot be written to s3://{bucket}/{key}: {error}") from error
        return {"ModelDiagnosticsResultsObject": {"Bucket": bucket, "Key": key}}


@dataclass(frozen=True)
class Made:
    """A training: the labels that it used, what it learned, and how good that is."""

    labels: tuple[Range, ...]
    trained: Trained
    model: Blob
    metrics: Metrics
    #: Whether a label has to do with what it was trained and assessed with.
    labeled: bool
    #: The members that show where its diagnostics are.
    diagnostics: Configuration


def make(plan: Plan, contents: Sequence[Content], labels: Labels, quotas: Quotas, results: Results) -> Made | str:
    """What the training of a version brings, or the reason why it fails. It takes long.

    Of two contents that have a row of the same time, the earlier one counts.
    """
    from lookout_server.equipment import artefacts, learning, predictions
    from lookout_server.equipment.judged import Judged
    from lookout_server.equipment.metrics import assess

    try:
        ranges = labels.read(quotas.bytes_per_file)
        trained = learning.train(plan, contents, ranges, (quotas.rows_in_training, quotas.rows_in_evaluation))
        judged = Judged.of(trained.judged())
        metrics = assess(judged, ranges, plan.assessed, trained.seconds, notes_on(trained))
        labeled = any(overlap(label, span) for label in ranges for span in (plan.training, plan.assessed))
        written: Configuration = {}
        if results.location:
            written = results.write(
                predictions.diagnostics(
                    trained.assessed, trained.judged(), judged.events, ranges, trained.basis.replace(" ", "_")
                )
            )
    except TrainingFailed as error:
        return str(error)
    return Made(ranges, trained, artefacts.keep(results.keeper, trained.model), metrics, labeled, written)


def notes_on(trained: Trained) -> list[str]:
    """What a reader of a version's figures should know."""
    notes = [_NOTES[trained.basis]] if trained.basis in _NOTES else []
    if trained.last - trained.first < _DOCUMENTED_SPAN:
        notes.append(
            f"The training data spans {trained.last - trained.first}, less than the {_DOCUMENTED_SPAN.days} days that "
            "AWS asks for: what happens less often than that is not known to the model"
        )
    return notes


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
    version.model, version.seconds = made.model, made.trained.seconds
    version.labeled = made.labeled
    version.results = {"ModelQuality": made.metrics.quality, **made.diagnostics}
