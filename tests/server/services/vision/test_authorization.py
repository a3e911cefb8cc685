"""Who may do what: actions, resources, tags, and the caller's own rights at S3, KMS and Greengrass."""

from __future__ import annotations

from typing import Any

import pytest

from tests.server.services.support import Question, refused
from tests.server.services.vision.material import line, manifest, picture
from tests.server.services.vision.support import OUTPUT, Studio

ROOT = "arn:aws:lookoutvision:eu-west-1:111111111111"
PROJECT, MODEL = f"{ROOT}:project/bottles", f"{ROOT}:model/bottles/1"
NAMED = {"ProjectName": "bottles"}
ONE = {**NAMED, "ModelVersion": "1"}
TRAIN = {**NAMED, "DatasetType": "train"}
GREENGRASS = {
    "S3OutputLocation": {"Bucket": "results", "Prefix": "edge"},
    "ComponentName": "Bottles",
    "TargetDevice": "jetson_xavier",
}
VIA = {"aws:ViaAWSService": "true"}
CALLS: dict[str, tuple[dict[str, Any], str]] = {
    "CreateProject": ({"ProjectName": "bottles"}, PROJECT),
    "DescribeProject": (NAMED, PROJECT),
    "DeleteProject": (NAMED, PROJECT),
    "ListProjects": ({}, "*"),
    "CreateDataset": (TRAIN, "*"),
    "DescribeDataset": (TRAIN, "*"),
    "DeleteDataset": (TRAIN, "*"),
    "ListDatasetEntries": (TRAIN, "*"),
    "UpdateDatasetEntries": ({**TRAIN, "Changes": b"x"}, "*"),
    "CreateModel": ({**NAMED, "OutputConfig": OUTPUT}, MODEL),
    "DescribeModel": (ONE, MODEL),
    "DeleteModel": (ONE, MODEL),
    "ListModels": (NAMED, "*"),
    "StartModel": ({**ONE, "MinInferenceUnits": 1}, MODEL),
    "StopModel": (ONE, MODEL),
    "DetectAnomalies": ({**ONE, "Body": picture(), "ContentType": "image/png"}, MODEL),
    "StartModelPackagingJob": ({**ONE, "Configuration": {"Greengrass": GREENGRASS}}, MODEL),
    "DescribeModelPackagingJob": ({**NAMED, "JobName": "job"}, "*"),
    "ListModelPackagingJobs": (NAMED, "*"),
    "TagResource": ({"ResourceArn": MODEL, "Tags": [{"Key": "a", "Value": "b"}]}, MODEL),
    "UntagResource": ({"ResourceArn": MODEL, "TagKeys": ["a"]}, MODEL),
    "ListTagsForResource": ({"ResourceArn": MODEL}, MODEL),
}


def method(studio: Studio, operation: str) -> Any:
    names = studio.vision.meta.method_to_api_mapping
    return getattr(studio.vision, next(name for name, mapped in names.items() if mapped == operation))


def asked(studio: Studio, action: str) -> list[Question]:
    return [question for question in studio.authorizer.asked if question.action == action]


@pytest.mark.parametrize("operation", CALLS)
def test_each_operation_is_asked_for_with_its_resource(studio: Studio, operation: str) -> None:
    parameters, resource = CALLS[operation]
    studio.authorizer.denied = {f"lookoutvision:{operation}"}
    message = refused("AccessDeniedException", method(studio, operation), **parameters)
    assert message == f"not authorized to perform: lookoutvision:{operation}"
    assert [(each.action, each.resource) for each in studio.authorizer.asked] == [
        (f"lookoutvision:{operation}", resource)
    ]


def test_every_operation_is_in_the_table(studio: Studio) -> None:
    assert set(CALLS) == set(studio.vision.meta.service_model.operation_names)


def test_nothing_is_done_for_who_may_not(studio: Studio) -> None:
    studio.authorizer.denied = {"lookoutvision:CreateProject"}
    refused("AccessDeniedException", studio.vision.create_project, ProjectName="bottles")
    assert studio.vision.list_projects()["Projects"] == []


def test_tags_of_a_new_model_are_asked_for_twice(bottles: Studio) -> None:
    bottles.dataset(bottles.images())
    bottles.start_training(Tags=[{"Key": "line", "Value": "2"}])
    for action in ("lookoutvision:CreateModel", "lookoutvision:TagResource"):
        [question] = asked(bottles, action)
        assert question.resource == MODEL
        assert question.context == {"aws:RequestTag/line": "2", "aws:TagKeys": ["line"]}


def test_without_the_right_to_tag_no_tagged_model_is_made(bottles: Studio) -> None:
    bottles.dataset(bottles.images())
    bottles.authorizer.denied = {"lookoutvision:TagResource"}
    refused("AccessDeniedException", lambda: bottles.start_training(Tags=[{"Key": "a", "Value": ""}]))
    assert bottles.start_training() == "1"


def test_the_tags_of_a_model_are_told(bottles: Studio) -> None:
    bottles.dataset(bottles.images())
    bottles.start_training(Tags=[{"Key": "line", "Value": "2"}])
    bottles.describe("latest")
    [question] = asked(bottles, "lookoutvision:DescribeModel")
    assert (question.resource, question.context) == (MODEL, {"aws:ResourceTag/line": "2"})


def test_keys_to_take_off_are_told(bottles: Studio) -> None:
    bottles.dataset(bottles.images())
    bottles.start_training()
    bottles.vision.untag_resource(ResourceArn=MODEL, TagKeys=["a", "b"])
    [question] = asked(bottles, "lookoutvision:UntagResource")
    assert question.context == {"aws:TagKeys": ["a", "b"]}


def test_a_manifest_is_read_with_the_callers_rights(bottles: Studio) -> None:
    bottles.dataset([line("a.png")])
    for action, resource in (
        ("s3:GetBucketLocation", "arn:aws:s3:::manifests"),
        ("s3:GetObject", "arn:aws:s3:::manifests/train.manifest"),
    ):
        assert (resource, VIA) in [(each.resource, each.context) for each in asked(bottles, action)]


def test_a_version_of_a_manifest_needs_a_right_of_its_own(bottles: Studio) -> None:
    bottles.s3.versions[("manifests", "m", "v1")] = manifest([line("a.png")]).encode()
    location = {"Bucket": "manifests", "Key": "m", "VersionId": "v1"}
    bottles.vision.create_dataset(**TRAIN, DatasetSource={"GroundTruthManifest": {"S3Object": location}})
    for action in ("s3:GetObject", "s3:GetObjectVersion"):
        assert {each.resource for each in asked(bottles, action)} == {"arn:aws:s3:::manifests/m"}


@pytest.mark.parametrize("action", ["s3:GetBucketLocation", "s3:GetObject"])
def test_who_may_not_read_the_manifest_makes_no_dataset(bottles: Studio, action: str) -> None:
    bottles.authorizer.denied = {action}
    message = refused("AccessDeniedException", lambda: bottles.start_dataset([line("a.png")]))
    assert message == f"not authorized to perform: {action}"
    refused("ResourceNotFoundException", bottles.settled_dataset)


def test_an_empty_dataset_needs_no_rights_at_s3(bottles: Studio) -> None:
    bottles.vision.create_dataset(**TRAIN)
    assert not [action for action in bottles.authorizer.actions() if action.startswith("s3:")]


def test_images_are_read_with_the_rights_of_who_trains(bottles: Studio) -> None:
    bottles.dataset(bottles.images())
    bottles.authorizer.asked.clear()
    bottles.start_training()
    images = {f"arn:aws:s3:::images/raw/{number:03}.png" for number in range(30)}
    assert {each.resource for each in asked(bottles, "s3:GetObject")} == images
    assert all(each.context == VIA for each in asked(bottles, "s3:GetObject"))


def test_masks_are_read_as_well(bottles: Studio) -> None:
    bottles.dataset(bottles.segmented({"scratch": 20}))
    bottles.authorizer.asked.clear()
    bottles.start_training()
    assert len({each.resource for each in asked(bottles, "s3:GetObject") if each.resource.endswith("-mask.png")}) == 20


def test_a_training_fails_when_the_images_may_not_be_read(bottles: Studio) -> None:
    bottles.dataset(bottles.images())
    bottles.authorizer.denied = {"s3:GetObject"}
    described = bottles.train()
    assert described["Status"] == "TRAINING_FAILED"
    assert described["StatusMessage"].startswith("s3://images/raw/000.png cannot be read: not authorized")


def test_results_are_written_with_the_callers_rights(bottles: Studio) -> None:
    bottles.dataset(bottles.images())
    bottles.start_training()
    assert [each.resource for each in asked(bottles, "s3:PutObject")] == [
        "arn:aws:s3:::results/out/EvaluationManifest-bottles-1.json",
        "arn:aws:s3:::results/out/EvaluationResult-bottles-1.json",
    ]
    assert "arn:aws:s3:::results" in [each.resource for each in asked(bottles, "s3:GetBucketLocation")]


def test_lines_are_not_followed_to_their_images_before_the_training(bottles: Studio) -> None:
    bottles.vision.create_dataset(**TRAIN)
    bottles.authorizer.asked.clear()
    assert bottles.update([line("a.png")])["Status"] == "UPDATE_COMPLETE"
    assert {each.action.partition(":")[0] for each in bottles.authorizer.asked} == {"lookoutvision"}


@pytest.mark.parametrize("action", ["s3:PutObject", "s3:GetBucketLocation"])
def test_who_may_not_write_the_results_trains_nothing(bottles: Studio, action: str) -> None:
    bottles.dataset(bottles.images())
    bottles.authorizer.denied = {action}
    refused("AccessDeniedException", bottles.start_training)
    assert bottles.vision.list_models(**NAMED)["Models"] == []


def test_a_key_is_used_with_the_callers_rights(bottles: Studio) -> None:
    bottles.dataset(bottles.images())
    bottles.start_training(KmsKeyId="abc")
    via = {"kms:ViaService": "lookoutvision.eu-west-1.amazonaws.com"}
    arn = "arn:aws:kms:eu-west-1:111111111111:key/abc"
    [describe], [grant] = asked(bottles, "kms:DescribeKey"), asked(bottles, "kms:CreateGrant")
    assert (describe.resource, describe.context) == (arn, via)
    assert (grant.resource, grant.context) == (arn, {**via, "kms:GrantIsForAWSResource": "true"})


@pytest.mark.parametrize("action", ["kms:DescribeKey", "kms:CreateGrant"])
def test_who_may_not_use_the_key_trains_nothing(bottles: Studio, action: str) -> None:
    bottles.dataset(bottles.images())
    bottles.authorizer.denied = {action}
    refused("AccessDeniedException", lambda: bottles.start_training(KmsKeyId="abc"))
    assert bottles.vision.list_models(**NAMED)["Models"] == []


COMPONENT = "arn:aws:greengrass:eu-west-1:111111111111:components:Bottles"
RIGHTS = {
    "s3:GetBucketLocation": "arn:aws:s3:::results",
    "s3:PutObject": "arn:aws:s3:::results/edge/Bottles-1.0.0.zip",
    "greengrass:CreateComponentVersion": COMPONENT,
    "greengrass:DescribeComponent": f"{COMPONENT}:versions:1.0.0",
    "greengrass:TagResource": f"{COMPONENT}:versions:1.0.0",
}


@pytest.mark.parametrize("action", RIGHTS)
def test_packaging_needs_rights_of_the_caller(studio: Studio, action: str) -> None:
    studio.trained()
    studio.authorizer.asked.clear()
    tagged = {**GREENGRASS, "Tags": [{"Key": "a", "Value": "b"}]}
    studio.vision.start_model_packaging_job(**ONE, Configuration={"Greengrass": tagged})
    assert [(each.resource, each.context) for each in asked(studio, action)] == [(RIGHTS[action], VIA)]
    studio.authorizer.denied = {action}
    call = studio.vision.start_model_packaging_job
    refused("AccessDeniedException", call, **ONE, Configuration={"Greengrass": tagged})


def test_a_component_without_tags_needs_no_right_to_tag(studio: Studio) -> None:
    studio.trained()
    studio.authorizer.denied = {"greengrass:TagResource"}
    assert studio.vision.start_model_packaging_job(**ONE, Configuration={"Greengrass": GREENGRASS})["JobName"]
