"""Datasets of Lookout for Vision."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3

from cdk_lookout import InvalidProperty, vision
from cdk_lookout.vision import DataGate, DatasetSource, DatasetType
from tests.constructs.support import of_type, only, options, properties, provider_policies, resources

DATASET = "Custom::LookoutVisionDataset"


@pytest.fixture
def bottles(stack: cdk.Stack) -> vision.Project:
    return vision.Project(stack, "Bottles")


@pytest.fixture
def bucket(stack: cdk.Stack) -> s3.IBucket:
    return s3.Bucket.from_bucket_name(stack, "Images", "images")


def train(project: vision.IProject, source: DatasetSource, **more: Any) -> vision.Dataset:
    stack = cdk.Stack.of(project)  # type: ignore[arg-type]
    return vision.Dataset(stack, "Train", project=project, dataset_type=DatasetType.TRAIN, source=source, **more)


def test(project: vision.IProject, source: DatasetSource) -> vision.Dataset:
    stack = cdk.Stack.of(project)  # type: ignore[arg-type]
    return vision.Dataset(stack, "Test", project=project, dataset_type=DatasetType.TEST, source=source)


test.__test__ = False  # type: ignore[attr-defined]


# -- sources ------------------------------------------------------------------------------------------------


def test_a_manifest_is_what_the_service_is_given(stack: cdk.Stack, bottles: vision.Project, bucket: s3.IBucket) -> None:
    train(bottles, DatasetSource.manifest(bucket, "train.manifest", object_version="3sL4k"))
    found = properties(stack, DATASET)
    assert found["DatasetType"] == "train"
    assert found["ProjectName"] == stack.resolve(bottles.project_name)
    assert found["DatasetSource"] == {
        "GroundTruthManifest": {
            "S3Object": {"Bucket": "images", "Key": "train.manifest", "VersionId": "3sL4k"},
        }
    }


def test_folders_are_what_the_provider_is_given(stack: cdk.Stack, bottles: vision.Project, bucket: s3.IBucket) -> None:
    train(bottles, DatasetSource.images(bucket, "good/", "bad/"))
    assert "DatasetSource" not in properties(stack, DATASET)
    assert options(stack, DATASET)["Images"] == {"Bucket": "images", "Normal": "good/", "Anomaly": "bad/"}


def test_an_empty_dataset_has_neither_and_needs_no_permission(stack: cdk.Stack, bottles: vision.Project) -> None:
    train(bottles, DatasetSource.empty())
    assert "DatasetSource" not in properties(stack, DATASET)
    assert {"Images", "Gate"}.isdisjoint(options(stack, DATASET))


@pytest.mark.parametrize("prefix", ["", "good", "/good/", "go od/", "g" * 1024 + "/"])
def test_a_folder_that_the_service_would_refuse_is_refused(bucket: s3.IBucket, prefix: str) -> None:
    with pytest.raises(InvalidProperty, match=r"normal_prefix of DatasetSource.images: got .*, expected at most 1024"):
        DatasetSource.images(bucket, prefix, "bad/")


@pytest.mark.parametrize(("normal", "anomaly"), [("a/", "a/b/"), ("a/b/", "a/"), ("a/", "a/")])
def test_an_image_cannot_be_of_both_classes(bucket: s3.IBucket, normal: str, anomaly: str) -> None:
    with pytest.raises(InvalidProperty, match="expected a folder beside normal_prefix"):
        DatasetSource.images(bucket, normal, anomaly)


@pytest.mark.parametrize("key", ["", "*.manifest", "k" * 1025])
def test_a_key_that_is_no_name_is_refused(bucket: s3.IBucket, key: str) -> None:
    with pytest.raises(InvalidProperty, match=r"key of DatasetSource.manifest: got .*, expected 1 to 1024 characters"):
        DatasetSource.manifest(bucket, key)


@pytest.mark.parametrize(
    "made",
    [
        lambda: DatasetSource.manifest("images", "train.manifest"),  # type: ignore[arg-type]
        lambda: DatasetSource.images("images", "good/", "bad/"),  # type: ignore[arg-type]
    ],
)
def test_a_bucket_is_no_name(made: Any) -> None:
    with pytest.raises(InvalidProperty, match=r"bucket of DatasetSource\..*: got 'images', expected a bucket"):
        made()


# -- permissions --------------------------------------------------------------------------------------------


def test_the_bucket_of_the_images_is_there_before_the_dataset(stack: cdk.Stack, bottles: vision.Project) -> None:
    images = s3.Bucket(stack, "Own", enforce_ssl=True)
    manifests = s3.Bucket.from_bucket_name(stack, "Manifests", "manifests")
    train(bottles, DatasetSource.manifest(manifests, "train.manifest", image_bucket=images))
    [name] = of_type(resources(stack), "AWS::S3::Bucket")
    [policy] = of_type(resources(stack), "AWS::S3::BucketPolicy")
    depends = only(stack, DATASET)["DependsOn"]
    # What else there is of the bucket may itself depend on the dataset.
    assert name in depends
    assert policy not in depends


def test_the_type_s_policy_says_the_same_wherever_the_images_are(app: cdk.App) -> None:
    texts = []
    for source in (None, "images", "other-images"):
        stack = cdk.Stack(cdk.App(), "Plant")
        project = vision.Project(stack, "Bottles")
        bucket = s3.Bucket.from_bucket_name(stack, "Images", source or "no-images")
        train(project, DatasetSource.images(bucket, "good/", "bad/") if source else DatasetSource.empty())
        [text] = [text for name, text in provider_policies(stack).items() if "VisionDataset" in name]
        texts.append(text)
    assert len(set(texts)) == 1
    assert "cdk-lookout/*" in texts[0]


# -- the gate -----------------------------------------------------------------------------------------------


def gate_of(stack: cdk.Stack, dataset_type: str) -> dict[str, str]:
    [found] = [
        resource["Properties"]["Options"]["Gate"]
        for resource in of_type(resources(stack), DATASET).values()
        if resource["Properties"]["DatasetType"] == dataset_type
    ]
    return {limit["Member"]: limit["AtLeast"] for limit in found}


def test_the_only_dataset_needs_enough_images_of_both_classes(
    stack: cdk.Stack, bottles: vision.Project, bucket: s3.IBucket
) -> None:
    train(bottles, DatasetSource.images(bucket, "good/", "bad/"))
    assert gate_of(stack, "train") == {"ImageStats.Normal": "20", "ImageStats.Anomaly": "10"}


def test_beside_a_test_dataset_it_needs_fewer(stack: cdk.Stack, bottles: vision.Project, bucket: s3.IBucket) -> None:
    """The test dataset comes later in the code."""
    train(bottles, DatasetSource.images(bucket, "good/", "bad/"))
    test(bottles, DatasetSource.manifest(bucket, "test.manifest"))
    assert gate_of(stack, "train") == {"ImageStats.Normal": "10"}
    assert gate_of(stack, "test") == {"ImageStats.Normal": "10", "ImageStats.Anomaly": "10"}


def test_a_gate_of_ones_own_takes_its_place(stack: cdk.Stack, bottles: vision.Project, bucket: s3.IBucket) -> None:
    gate = DataGate(min_total=5, min_labeled=4, min_normal=3, min_anomaly=0)
    train(bottles, DatasetSource.images(bucket, "good/", "bad/"), gate=gate)
    assert gate_of(stack, "train") == {
        "ImageStats.Total": "5",
        "ImageStats.Labeled": "4",
        "ImageStats.Normal": "3",
        "ImageStats.Anomaly": "0",
    }


@pytest.mark.parametrize("least", [-1, 1.5, True, "10"])
def test_a_limit_that_is_no_number_of_images_is_refused(least: Any) -> None:
    with pytest.raises(InvalidProperty, match=r"min_normal of DataGate: got .*, expected a whole number from 0 on"):
        DataGate(min_normal=least)


# -- the dataset --------------------------------------------------------------------------------------------


def test_a_project_has_one_dataset_of_each_type(stack: cdk.Stack, bottles: vision.Project) -> None:
    train(bottles, DatasetSource.empty())
    test(bottles, DatasetSource.empty())
    with pytest.raises(InvalidProperty, match=r"got a second DatasetType.TRAIN, after Plant/Train, expected one of"):
        vision.Dataset(bottles, "More", project=bottles, dataset_type=DatasetType.TRAIN, source=DatasetSource.empty())


def test_a_project_from_elsewhere_can_have_one(stack: cdk.Stack) -> None:
    train(vision.Project.from_project_name(stack, "Bottles", "bottles"), DatasetSource.empty())
    assert properties(stack, DATASET)["ProjectName"] == "bottles"


def test_a_trigger_makes_an_update(stack: cdk.Stack, bottles: vision.Project) -> None:
    train(bottles, DatasetSource.empty(), trigger="2026-11")
    assert options(stack, DATASET)["Trigger"] == "2026-11"


@pytest.mark.parametrize(("policy", "found"), [(None, "Delete"), (cdk.RemovalPolicy.RETAIN, "Retain")])
def test_it_is_deleted_when_it_leaves_the_stack_unless_told_otherwise(
    stack: cdk.Stack, bottles: vision.Project, policy: cdk.RemovalPolicy | None, found: str
) -> None:
    train(bottles, DatasetSource.empty(), removal_policy=policy)
    assert only(stack, DATASET)["DeletionPolicy"] == found


@pytest.mark.parametrize(
    ("attribute", "name"),
    [
        ("dataset_status", "Status"),
        ("creation_timestamp", "CreationTimestamp"),
        ("last_updated_timestamp", "LastUpdatedTimestamp"),
        ("total_images", "ImageStatsTotal"),
        ("labeled_images", "ImageStatsLabeled"),
        ("normal_images", "ImageStatsNormal"),
        ("anomaly_images", "ImageStatsAnomaly"),
        ("content_digest", "ContentDigest"),
    ],
)
def test_an_attribute_is_the_provider_s(stack: cdk.Stack, bottles: vision.Project, attribute: str, name: str) -> None:
    dataset = train(bottles, DatasetSource.empty())
    assert stack.resolve(getattr(dataset, attribute))["Fn::GetAtt"][1] == name


def test_it_knows_what_it_belongs_to(bottles: vision.Project) -> None:
    dataset = train(bottles, DatasetSource.empty())
    assert (dataset.project, dataset.dataset_type) == (bottles, DatasetType.TRAIN)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"project": "bottles"}, "project of Plant/Train: got 'bottles', expected a project"),
        ({"dataset_type": "train"}, "dataset_type of Plant/Train: got 'train', expected one of DatasetType.TRAIN"),
        ({"source": "train.manifest"}, "source of Plant/Train: got a str, expected a DatasetSource"),
        ({"gate": 20}, "gate of Plant/Train: got an int, expected a DataGate"),
        ({"trigger": 7}, "trigger of Plant/Train: got 7, expected a text"),
    ],
)
def test_what_is_of_another_kind_is_refused(
    stack: cdk.Stack, bottles: vision.Project, wrong: dict[str, Any], message: str
) -> None:
    given = {"project": bottles, "dataset_type": DatasetType.TRAIN, "source": DatasetSource.empty(), **wrong}
    with pytest.raises(InvalidProperty, match=message):
        vision.Dataset(stack, "Train", **given)
