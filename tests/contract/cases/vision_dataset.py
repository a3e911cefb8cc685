"""Datasets of Lookout for Vision: of a manifest, and of folders of images."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tests.contract.cases.case import Case, options
from tests.contract.world import World, versioned
from tests.server.services.vision.material import line, manifest

BUCKET = "factory-files"
_FIRST, _MORE = ("a", "b"), ("a", "b", "c")


def _file(world: World, names: Sequence[str], version: str | None) -> dict[str, Any]:
    """The property `DatasetSource` of a manifest, or of a version of it, that has images of these names."""
    key = f"{'-'.join(names)}.manifest"
    lines = [line(f"{name}.png", "anomaly" if name == "b" else "normal", bucket=BUCKET) for name in names]
    world.storage.write("", BUCKET, versioned(key, version), manifest(lines).encode())
    location = {"Bucket": BUCKET, "Key": key, **({"VersionId": version} if version else {})}
    return {"GroundTruthManifest": {"S3Object": location}}


def of_manifest(
    world: World, names: Sequence[str] = _FIRST, kind: str = "train", version: str | None = None, **more: Any
) -> dict[str, Any]:
    """The dataset of a project that is there, made of images of these names."""
    world.vision_project()
    source = _file(world, names, version)
    return {"ProjectName": "bottles", "DatasetType": kind, "DatasetSource": source, "Options": options(**more)}


def of_images(world: World, names: Sequence[str] = _FIRST, kind: str = "train") -> dict[str, Any]:
    """The same, made of a folder for each class."""
    world.vision_project()
    # Other files are other folders here, as nothing tells a deployment from the one before but its properties.
    folder = "-".join(names)
    for name in names:
        key = f"{'bad' if name == 'b' else 'good'}/{folder}/{name}.png"
        world.storage.write("", BUCKET, key, b"a picture")
    images = {"Bucket": BUCKET, "Normal": f"good/{folder}/", "Anomaly": f"bad/{folder}/"}
    return {"ProjectName": "bottles", "DatasetType": kind, "Options": {**options(), "Images": images}}


def _datasets(world: World) -> dict[str, Any]:
    """The lines of each dataset, or its status where it has none."""
    found = {}
    for project in world.vision.list_projects()["Projects"]:
        name = project["ProjectName"]
        for dataset in world.vision.describe_project(ProjectName=name)["ProjectDescription"]["Datasets"]:
            key = {"ProjectName": name, "DatasetType": dataset["DatasetType"]}
            entries = world.vision.list_dataset_entries(**key)["DatasetEntries"]
            status = dataset["Status"].partition("_")[2]
            # Lines mean the same however they are spelled.
            lines = sorted(json.dumps(json.loads(entry), sort_keys=True) for entry in entries)
            found[f"{name}/{dataset['DatasetType']}"] = lines or status
    return found


VISION_DATASET = Case(
    "Custom::LookoutVisionDataset",
    name="VisionDataset",
    desired=of_manifest,
    changed=lambda w: of_manifest(w, _MORE, version="2"),
    replaced=lambda w: of_manifest(w, kind="test"),
    live=_datasets,
    buckets=(BUCKET,),
    remove_parent=lambda w: w.remove_vision_project(),
    work="CreateDataset",
    waits=True,
    calls=("DescribeDataset", "CreateDataset", "ListDatasetEntries", "UpdateDatasetEntries", "DeleteDataset"),
    counts={"create": (3, 4), "unchanged": (1, 2), "changed": (3, 7), "delete": (2, 3)},
)
VISION_DATASET_OF_IMAGES = Case(
    "Custom::LookoutVisionDataset",
    name="VisionDatasetOfImages",
    desired=of_images,
    changed=lambda w: of_images(w, _MORE),
    replaced=lambda w: of_images(w, kind="test"),
    live=_datasets,
    buckets=(BUCKET,),
    remove_parent=lambda w: w.remove_vision_project(),
    work="CreateDataset",
    waits=True,
    calls=("DescribeDataset", "CreateDataset", "ListDatasetEntries", "DeleteDataset"),
    # Other folders, so that images have to go: it is made anew.
    counts={"create": (3, 4), "unchanged": (1, 2), "changed": (4, 10), "delete": (2, 3)},
)
