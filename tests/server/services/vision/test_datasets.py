"""Datasets: how they come to be, what they show, and how they go."""

from __future__ import annotations

from typing import Any

import pytest

from lookout_server.faults import Fault
from lookout_server.settings import Progress
from tests.server.services.support import refused
from tests.server.services.vision.material import line, manifest
from tests.server.services.vision.support import Studio

OBJECT = {"Bucket": "manifests", "Key": "train.manifest"}


def create(studio: Studio, kind: str = "train", **location: Any) -> Any:
    source = {"DatasetSource": {"GroundTruthManifest": {"S3Object": {**OBJECT, **location}}}}
    return studio.vision.create_dataset(ProjectName="bottles", DatasetType=kind, **source)


def describe(studio: Studio, kind: str = "train") -> dict[str, Any]:
    description: dict[str, Any] = studio.vision.describe_dataset(ProjectName="bottles", DatasetType=kind)[
        "DatasetDescription"
    ]
    return description


@pytest.mark.parametrize("kind", ["train", "test"])
def test_a_dataset_without_a_source_is_empty_at_once(bottles: Studio, kind: str) -> None:
    made = bottles.vision.create_dataset(ProjectName="bottles", DatasetType=kind)["DatasetMetadata"]
    assert (made["DatasetType"], made["Status"]) == (kind, "CREATE_COMPLETE")
    assert describe(bottles, kind)["ImageStats"] == {"Total": 0, "Labeled": 0, "Normal": 0, "Anomaly": 0}


def test_a_dataset_is_made_of_a_manifest_with_time(bottles: Studio) -> None:
    bottles.settings.progress = Progress.by_describes(2)
    assert bottles.start_dataset([line("a.png")])["Status"] == "CREATE_IN_PROGRESS"
    assert [describe(bottles)["Status"] for _ in range(3)] == [
        "CREATE_IN_PROGRESS",
        "CREATE_IN_PROGRESS",
        "CREATE_COMPLETE",
    ]


def test_a_dataset_says_how_its_images_are_labeled(bottles: Studio) -> None:
    lines = [line("a.png"), line("b.png"), line("c.png", "anomaly"), line("d.png", "unsure")]
    assert bottles.dataset(lines)["ImageStats"] == {"Total": 4, "Labeled": 3, "Normal": 2, "Anomaly": 1}


def test_a_dataset_that_is_being_made_shows_no_images_yet(bottles: Studio) -> None:
    bottles.start_dataset([line("a.png")])
    assert describe(bottles)["ImageStats"]["Total"] == 0


def test_the_manifest_is_read_in_the_version_that_is_named(bottles: Studio) -> None:
    bottles.s3.put("manifests", "train.manifest", "the newest is no manifest")
    bottles.s3.versions[("manifests", "train.manifest", "v1")] = manifest([line("a.png")]).encode()
    create(bottles, VersionId="v1")
    assert bottles.settled_dataset()["ImageStats"]["Total"] == 1


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ("no json", "line 1: not JSON"),
        ("", "expected at least one JSON line"),
        (b"\xff\xfe", "file: got UTF-16, expected UTF-8"),
        (b"{}\n\xfc", "line 2, character 1: got the byte 0xfc, expected UTF-8"),
        (manifest([line("a.png"), "[]"]), "line 2: expected a JSON object"),
    ],
)
def test_a_manifest_with_mistakes_fails_the_dataset(bottles: Studio, content: Any, part: str) -> None:
    bottles.s3.put("manifests", "train.manifest", content)
    create(bottles)
    described = bottles.settled_dataset()
    assert described["Status"] == "CREATE_FAILED"
    assert part in described["StatusMessage"]
    assert "s3://manifests/train.manifest" in described["StatusMessage"]
    assert described["ImageStats"]["Total"] == 0


def test_a_manifest_that_does_not_exist_fails_the_dataset(bottles: Studio) -> None:
    create(bottles, Key="none")
    described = bottles.settled_dataset()
    assert described["Status"] == "CREATE_FAILED"
    assert "NoSuchKey" in described["StatusMessage"]


def test_a_manifest_that_is_too_large_fails_the_dataset(bottles: Studio) -> None:
    bottles.quotas.bytes_per_manifest = 100
    described = bottles.dataset([line("a.png")])
    assert described["Status"] == "CREATE_FAILED"
    assert "the quota is 100" in described["StatusMessage"]


@pytest.mark.parametrize(("kind", "quota"), [("train", "training_images"), ("test", "test_images")])
def test_too_many_images_fail_the_dataset(bottles: Studio, kind: str, quota: str) -> None:
    setattr(bottles.quotas, quota, 1)
    described = bottles.dataset([line("a.png"), line("b.png")], kind)
    assert described["Status"] == "CREATE_FAILED"
    assert f"the {kind} dataset would have 2 images, the quota is 1" in described["StatusMessage"]


def test_a_bucket_that_does_not_exist_is_refused_at_once(bottles: Studio) -> None:
    message = refused("ValidationException", lambda: create(bottles, Bucket="nowhere"))
    assert "the bucket nowhere cannot be used" in message


def test_a_bucket_in_another_region_is_refused_at_once(bottles: Studio) -> None:
    bottles.s3.regions["manifests"] = "us-east-1"
    message = refused("ValidationException", lambda: create(bottles))
    assert "the bucket manifests is in us-east-1, expected eu-west-1" in message


@pytest.mark.parametrize("source", [{}, {"GroundTruthManifest": {}}])
def test_a_source_without_a_location_is_refused(bottles: Studio, source: dict[str, Any]) -> None:
    refused(
        "ValidationException",
        bottles.vision.create_dataset,
        ProjectName="bottles",
        DatasetType="train",
        DatasetSource=source,
    )


def test_a_project_has_one_dataset_of_a_type(bottles: Studio) -> None:
    bottles.dataset([line("a.png")])
    message = refused("ConflictException", lambda: create(bottles))
    assert message == "Project bottles already has a train dataset: delete it first"


def test_a_failed_dataset_is_in_the_way_too(bottles: Studio) -> None:
    bottles.dataset(["no json"])
    refused("ConflictException", lambda: create(bottles))


def test_a_dataset_needs_its_project(studio: Studio) -> None:
    refused("ResourceNotFoundException", lambda: create(studio))


def test_only_two_types_of_datasets_exist(bottles: Studio) -> None:
    assert "datasetType" in refused("ValidationException", lambda: create(bottles, "validation"))


def test_a_dataset_is_deleted_with_time(bottles: Studio) -> None:
    bottles.dataset([line("a.png")])
    bottles.vision.delete_dataset(ProjectName="bottles", DatasetType="train")
    assert describe(bottles)["Status"] == "DELETE_IN_PROGRESS"
    refused("ResourceNotFoundException", lambda: describe(bottles))
    assert bottles.vision.describe_project(ProjectName="bottles")["ProjectDescription"]["Datasets"] == []


def test_the_end_of_a_deletion_shows_in_the_project_as_well(bottles: Studio) -> None:
    bottles.dataset([line("a.png")])
    bottles.vision.delete_dataset(ProjectName="bottles", DatasetType="train")
    described = [bottles.vision.describe_project(ProjectName="bottles")["ProjectDescription"] for _ in range(2)]
    assert [len(each["Datasets"]) for each in described] == [1, 0]


def delete_and_fail(studio: Studio) -> dict[str, Any]:
    """A deletion that fails; the description of the dataset afterwards."""
    studio.dataset([line("a.png")])
    studio.backend.faults.add("DeleteDataset", Fault.fail("no luck"))
    studio.vision.delete_dataset(ProjectName="bottles", DatasetType="train")
    return studio.settled_dataset()


def test_a_deletion_can_fail(bottles: Studio) -> None:
    described = delete_and_fail(bottles)
    assert (described["Status"], described["StatusMessage"]) == ("DELETE_FAILED", "no luck")


def test_a_deletion_that_failed_can_be_repeated(bottles: Studio) -> None:
    delete_and_fail(bottles)
    bottles.vision.delete_dataset(ProjectName="bottles", DatasetType="train")
    assert describe(bottles)["Status"] == "DELETE_IN_PROGRESS"


def test_a_dataset_that_is_being_made_is_not_deleted(bottles: Studio) -> None:
    bottles.settings.progress = Progress.by_describes(3)
    bottles.start_dataset([line("a.png")])
    message = refused("ConflictException", bottles.vision.delete_dataset, ProjectName="bottles", DatasetType="train")
    assert "its status is CREATE_IN_PROGRESS" in message


def test_a_refusal_counts_as_a_look(bottles: Studio) -> None:
    bottles.start_dataset([line("a.png")])
    refused("ConflictException", bottles.vision.delete_dataset, ProjectName="bottles", DatasetType="train")
    assert describe(bottles)["Status"] == "CREATE_COMPLETE"


def test_a_dataset_that_does_not_exist_cannot_be_deleted(bottles: Studio) -> None:
    refused("ResourceNotFoundException", bottles.vision.delete_dataset, ProjectName="bottles", DatasetType="test")


def test_a_dataset_can_be_replaced(bottles: Studio) -> None:
    bottles.dataset(["no json"])
    bottles.vision.delete_dataset(ProjectName="bottles", DatasetType="train")
    describe(bottles)
    refused("ResourceNotFoundException", lambda: describe(bottles))
    assert bottles.dataset([line("a.png")])["Status"] == "CREATE_COMPLETE"


def test_the_making_of_a_dataset_can_fail_for_a_reason_of_the_service(bottles: Studio) -> None:
    bottles.backend.faults.add("CreateDataset", Fault.fail("out of order"))
    described = bottles.dataset([line("a.png")])
    assert (described["Status"], described["StatusMessage"]) == ("CREATE_FAILED", "out of order")


def test_by_time_the_dataset_is_ready_when_its_time_is_over(bottles: Studio) -> None:
    bottles.settings.progress = Progress.by_seconds(60)
    bottles.start_dataset([line("a.png")])
    bottles.clock.advance(59)
    assert describe(bottles)["Status"] == "CREATE_IN_PROGRESS"
    bottles.clock.advance(1)
    described = bottles.vision.describe_project(ProjectName="bottles")["ProjectDescription"]
    assert described["Datasets"][0]["Status"] == "CREATE_COMPLETE"


def test_every_status_has_a_message(bottles: Studio) -> None:
    made = bottles.start_dataset([line("a.png")])
    assert made["StatusMessage"]
    assert bottles.settled_dataset()["StatusMessage"]
