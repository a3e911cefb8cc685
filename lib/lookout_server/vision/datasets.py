"""Datasets: made, described and deleted.

Sources: API reference (the operations' own pages), developer guide ("Creating your dataset", "Deleting a dataset").
DELETE_COMPLETE is never seen: a dataset that is deleted does not exist.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lookout_server.protocol.errors import validation
from lookout_server.service import Answer, World
from lookout_server.settings import VisionQuotas
from lookout_server.vision import manifest
from lookout_server.vision.call import Operation, VisionCall
from lookout_server.vision.errors import Invalid, conflict
from lookout_server.vision.forward import ErrandsS3
from lookout_server.vision.manifest import Room
from lookout_server.vision.state import Dataset, Entry, Images
from lookout_server.vision.transitions import GONE

#: The work that reads a manifest.
READ = "read"
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
    source = call.get("DatasetSource")
    location = _manifest(call, source) if source is not None else None
    dataset = Dataset(
        project.place("dataset", kind),
        "CREATE_COMPLETE",
        None,
        None,
        type=kind,
        created_at=call.now,
        updated_at=call.now,
        images=Images.of(call.own.session.keeper, []),
        source=location,
    )
    project.datasets[kind] = dataset
    if location is not None:
        failure = call.invocation.failure()
        if failure is None:
            call.begin(dataset, READ, "CREATE_IN_PROGRESS")
        else:
            call.change(dataset, "CREATE_IN_PROGRESS", to="CREATE_FAILED", message=failure)
    return {"DatasetMetadata": metadata(dataset)}


def _manifest(call: VisionCall, source: dict[str, Any]) -> dict[str, Any]:
    """Where the manifest is, which the caller must be allowed to read."""
    location: dict[str, Any] | None = (source.get("GroundTruthManifest") or {}).get("S3Object")
    if location is None:
        raise validation("DatasetSource: expected GroundTruthManifest with S3Object")
    call.s3.check_bucket(location["Bucket"], "DatasetSource.GroundTruthManifest.S3Object.Bucket")
    call.s3.may_read(location["Bucket"], location["Key"], location.get("VersionId"))
    return location


def read_manifest(dataset: Dataset, s3: ErrandsS3, world: World) -> Callable[[], Images | str]:
    """What is to be done for a dataset of a manifest."""
    location, quotas = dataset.source or {}, world.settings.vision_quotas
    bucket, key, version = location["Bucket"], location["Key"], location.get("VersionId")
    space = room(dataset, quotas)

    def read() -> Images | str:
        try:
            lines = manifest.parse(s3.read(bucket, key, version, most=quotas.bytes_per_manifest), space)
        except Invalid as error:
            return f"The manifest s3://{bucket}/{key} is not valid: {error}"
        return Images.of(world.keeper, [Entry(number, line, None) for number, line in enumerate(lines, start=1)])

    return read


def room(dataset: Dataset, quotas: VisionQuotas) -> Room:
    """How many images a dataset can have (developer guide, "Quotas")."""
    return Room(dataset.type, quotas.training_images if dataset.type == "train" else quotas.test_images)


def describe_dataset(call: VisionCall) -> Answer:
    """DescribeDataset; a look at what goes on with it."""
    call.authorize_any()
    call.look(call.dataset())
    dataset = call.dataset()  # the look may have been the last one at a dataset that is deleted
    images = dataset.images
    stats = {
        "Total": images.total,
        "Labeled": images.normal + images.anomaly,
        "Normal": images.normal,
        "Anomaly": images.anomaly,
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
    call.change(dataset, "DELETE_IN_PROGRESS", to="DELETE_FAILED" if failure else GONE, message=failure)
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
