"""Datasets: made, described and deleted.

Sources: API reference (the operations' own pages), developer guide ("Creating your dataset", "Deleting a dataset").
DELETE_COMPLETE is never seen: a dataset that is deleted does not exist.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from lookout_server.protocol.errors import validation
from lookout_server.service import Answer, Task
from lookout_server.vision import manifest
from lookout_server.vision.call import Operation, VisionCall
from lookout_server.vision.errors import Invalid, conflict
from lookout_server.vision.manifest import Line, Room
from lookout_server.vision.state import Dataset, Entry
from lookout_server.vision.transitions import Transition

#: The statuses in which a dataset can be used.
SETTLED = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_FAILED_ROLLBACK_COMPLETE")

_DELETABLE = (*SETTLED, "CREATE_FAILED", "DELETE_FAILED")


def create_dataset(call: VisionCall) -> Answer:
    """CreateDataset: empty at once without a source; from a manifest, which is read as it is now, with time.

    What the call itself names (bucket, right to read the manifest) must be right; what is wrong with the manifest shows
    as CREATE_FAILED.
    """
    call.authorize_any()
    call.once()
    project, kind = call.project(), call.parameters["DatasetType"]
    if kind in project.datasets:
        message = f"Project {project.name} already has a {kind} dataset: delete it first"
        raise conflict(message, "DATASET", f"{project.name}/{kind}")
    dataset = Dataset("CREATE_COMPLETE", None, None, type=kind, created_at=call.now, updated_at=call.now)
    source = call.get("DatasetSource")
    if source is not None:
        location = (source.get("GroundTruthManifest") or {}).get("S3Object")
        if location is None:
            raise validation("DatasetSource: expected GroundTruthManifest with S3Object")
        dataset.transition = _creation(call, dataset, location)
    project.datasets[kind] = dataset
    return {"DatasetMetadata": metadata(dataset)}


def _creation(call: VisionCall, dataset: Dataset, location: dict[str, Any]) -> Transition:
    """The making of a dataset of a manifest, which the caller must be allowed to read."""
    bucket, key, version = location["Bucket"], location["Key"], location.get("VersionId")
    call.s3.check_bucket(bucket, "DatasetSource.GroundTruthManifest.S3Object.Bucket")
    call.s3.may_read(bucket, key, version)
    failure = call.invocation.failure()
    if failure is not None:
        return Transition(["CREATE_IN_PROGRESS"], call.now, lambda ended: _created(call, dataset, failure, ended))
    transition = Transition(["CREATE_IN_PROGRESS"], call.now)
    space = room(call, dataset)

    def read() -> list[Line] | str:
        try:
            return manifest.parse(call.s3.read(bucket, key, version, most=call.quotas.bytes_per_manifest), space)
        except Invalid as error:
            return f"The manifest s3://{bucket}/{key} is not valid: {error}"

    def end(outcome: list[Line] | str, now: datetime) -> None:
        transition.done(now, lambda ended: _created(call, dataset, outcome, ended))

    call.invocation.begin(Task(read, end))
    return transition


def room(call: VisionCall, dataset: Dataset) -> Room:
    """How many images a dataset can have (developer guide, "Quotas")."""
    return Room(dataset.type, call.quotas.training_images if dataset.type == "train" else call.quotas.test_images)


def _created(call: VisionCall, dataset: Dataset, outcome: Sequence[Line] | str, ended: datetime) -> None:
    dataset.updated_at = ended
    if isinstance(outcome, str):
        dataset.rest("CREATE_FAILED", outcome)
        return
    dataset.rest("CREATE_COMPLETE")
    dataset.entries = {line.source_ref: Entry(call.own.next_number(), line, ended) for line in outcome}


def describe_dataset(call: VisionCall) -> Answer:
    """DescribeDataset; a look at what goes on with it."""
    call.authorize_any()
    call.look(call.dataset())
    dataset = call.dataset()  # the look may have been the last one at a dataset that is deleted
    labels = [entry.line.label for entry in dataset.entries.values()]
    stats = {
        "Total": len(labels),
        "Labeled": sum(1 for label in labels if label),
        "Normal": labels.count("normal"),
        "Anomaly": labels.count("anomaly"),
    }
    description = {
        **metadata(dataset),
        "ProjectName": call.parameters["ProjectName"],
        "LastUpdatedTimestamp": dataset.updated_at,
        "ImageStats": stats,
    }
    return {"DatasetDescription": description}


def delete_dataset(call: VisionCall) -> Answer:
    """DeleteDataset: with time, after which it does not exist; the images stay. A failure fault: DELETE_FAILED."""
    call.authorize_any()
    call.once()
    project, dataset = call.project(), call.dataset()
    named, identity = f"The {dataset.type} dataset of project {project.name}", f"{project.name}/{dataset.type}"
    call.refuse_unless(dataset, _DELETABLE, "deleted", named, "DATASET", identity)
    failure = call.invocation.failure()

    def finish(_: datetime) -> None:
        if failure is None:
            del project.datasets[dataset.type]
        else:
            dataset.rest("DELETE_FAILED", failure)

    dataset.transition = Transition(["DELETE_IN_PROGRESS"], call.now, finish)
    return {}


def metadata(dataset: Dataset) -> Answer:
    """A dataset as DatasetMetadata."""
    return {
        "DatasetType": dataset.type,
        "CreationTimestamp": dataset.created_at,
        "Status": dataset.status,
        "StatusMessage": status_message(dataset),
    }


def status_message(dataset: Dataset) -> str:
    """Why it is as it is; AWS's samples print a message in every status."""
    if dataset.transition is None and dataset.message:
        return dataset.message
    return f"The dataset is in status {dataset.status}"


OPERATIONS: dict[str, Operation] = {
    "CreateDataset": create_dataset,
    "DescribeDataset": describe_dataset,
    "DeleteDataset": delete_dataset,
}
