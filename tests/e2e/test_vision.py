"""A project of Lookout for Vision with its datasets, deployed by CloudFormation under the policies as they are."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3

from cdk_lookout import vision
from tests.e2e.conftest import PLANT, Plant

BUCKET = "factory-images"


class Bottles:
    """The project, its images, and the service."""

    def __init__(self, plant: Plant) -> None:
        self.plant = plant
        self.storage = plant.cloud.client("s3", account=PLANT)
        self.service: Any = plant.cloud.client("lookoutvision", account=PLANT)
        self.storage.create_bucket(Bucket=BUCKET)

    def photograph(self, *keys: str) -> None:
        for key in keys:
            self.storage.put_object(Bucket=BUCKET, Key=key, Body=b"a picture")

    def manifests(self) -> list[str]:
        found = self.storage.list_objects_v2(Bucket=BUCKET, Prefix="cdk-lookout/").get("Contents", [])
        return [item["Key"].rpartition("/")[2] for item in found]

    def projects(self) -> list[str]:
        return [project["ProjectName"] for project in self.service.list_projects()["Projects"]]

    def images(self, kind: str = "train") -> list[str]:
        [name] = self.projects()
        entries = self.service.list_dataset_entries(ProjectName=name, DatasetType=kind)["DatasetEntries"]
        return sorted(json.loads(entry)["source-ref"].removeprefix(f"s3://{BUCKET}/") for entry in entries)

    def deploy(self, source: Callable[[s3.IBucket], vision.DatasetSource], trigger: str = "1") -> None:
        self.plant.deploy(functools.partial(define, source=source, trigger=trigger))


def define(stack: cdk.Stack, source: Callable[[s3.IBucket], vision.DatasetSource], trigger: str) -> None:
    vision.Dataset(
        stack,
        "Train",
        project=vision.Project(stack, "Bottles", removal_policy=cdk.RemovalPolicy.DESTROY),
        dataset_type=vision.DatasetType.TRAIN,
        source=source(s3.Bucket.from_bucket_name(stack, "Images", BUCKET)),
        gate=vision.DataGate(min_normal=1),
        trigger=trigger,
    )


@pytest.fixture
def bottles(plant: Plant) -> Iterator[Bottles]:
    made = Bottles(plant)
    yield made
    plant.destroy()
    assert made.projects() == []


def test_folders_of_images_become_a_dataset_and_leave_no_file_behind(bottles: Bottles) -> None:
    def folders(bucket: s3.IBucket) -> vision.DatasetSource:
        return vision.DatasetSource.images(bucket, "good/", "bad/")

    bottles.photograph("good/1.png", "good/2.jpg", "bad/3.png")
    bottles.deploy(folders)
    assert bottles.images() == ["bad/3.png", "good/1.png", "good/2.jpg"]
    assert bottles.manifests() == ["train-in-force.manifest", "train.manifest"]
    bottles.photograph("good/4.png")
    bottles.deploy(folders, trigger="2")
    assert "good/4.png" in bottles.images()
    bottles.plant.destroy()
    assert bottles.manifests() == []


def test_a_manifest_is_changed_in_place_or_made_anew(bottles: Bottles) -> None:
    def manifest(bucket: s3.IBucket) -> vision.DatasetSource:
        return vision.DatasetSource.manifest(bucket, "train.manifest")

    for trigger, keys in (("1", ["a.png"]), ("2", ["a.png", "b.png"]), ("3", ["b.png"])):
        label = {"class-name": "normal", "human-annotated": "yes", "type": "groundtruth/image-classification"}
        lines = [
            json.dumps({"source-ref": f"s3://{BUCKET}/{key}", "label": 0, "label-metadata": label}) for key in keys
        ]
        bottles.storage.put_object(Bucket=BUCKET, Key="train.manifest", Body="\n".join(lines).encode())
        bottles.deploy(manifest, trigger)
        assert bottles.images() == keys
    assert bottles.manifests() == ["train-in-force.manifest"]
    bottles.plant.destroy()
    assert bottles.manifests() == []
