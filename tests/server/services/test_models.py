"""Models: training, describing, listing, updating, deleting."""

from __future__ import annotations

from typing import Any

import pytest

from tests.server.services.support import (
    REGION,
    ROLE,
    SOURCE,
    Cloud,
    location,
    refused,
    schema,
    until_over,
)


def test_a_model_trains_and_then_its_version_one_is_active(cloud: Cloud) -> None:
    cloud.active_dataset()
    made = cloud.source.create_model(ModelName="wear", DatasetName="pumps")
    assert made["Status"] == "IN_PROGRESS"
    assert made["ModelArn"].startswith(f"arn:aws:lookoutequipment:{REGION}:{SOURCE}:model/wear/")
    during = cloud.source.describe_model(ModelName="wear")
    assert during["Status"] == "IN_PROGRESS"
    assert not {"ActiveModelVersion", "ModelMetrics", "ModelQuality", "TrainingExecutionEndTime"} & set(during)
    after = until_over(lambda: cloud.source.describe_model(ModelName="wear"))
    assert (after["Status"], after["ActiveModelVersion"]) == ("SUCCESS", 1)
    assert after["ActiveModelVersionArn"] == f"{made['ModelArn']}/model-version/1"
    assert "PreviousActiveModelVersion" not in after


@pytest.mark.parametrize(
    "needing",
    [
        {"LabelsInputConfiguration": {"S3InputConfiguration": {"Bucket": "labels"}}},
        {"ModelDiagnosticsOutputConfiguration": {"S3OutputConfiguration": {"Bucket": "out"}}},
    ],
)
def test_what_needs_a_role_is_refused_without(cloud: Cloud, needing: dict[str, Any]) -> None:
    cloud.active_dataset()
    message = refused(
        "ValidationException", cloud.source.create_model, ModelName="wear", DatasetName="pumps", **needing
    )
    assert message.startswith("RoleArn: it is required with ")


def test_a_label_group_must_exist(cloud: Cloud) -> None:
    cloud.active_dataset()
    group = {"LabelGroupName": "wearing"}
    refused(
        "ResourceNotFoundException",
        cloud.source.create_model,
        ModelName="wear",
        DatasetName="pumps",
        LabelsInputConfiguration=group,
    )
    cloud.source.create_label_group(LabelGroupName="wearing")
    assert cloud.train(LabelsInputConfiguration=group)["LabelsInputConfiguration"] == group


def test_a_model_needs_a_dataset_with_data(cloud: Cloud) -> None:
    refused("ResourceNotFoundException", cloud.source.create_model, ModelName="wear", DatasetName="pumps")
    cloud.dataset("pumps", DatasetSchema=schema(pump1=["flow"]))
    message = refused("ValidationException", cloud.source.create_model, ModelName="wear", DatasetName="pumps")
    assert "has no data" in message


def test_a_model_does_not_train_on_a_dataset_in_progress(cloud: Cloud) -> None:
    cloud.active_dataset()
    cloud.source.start_data_ingestion_job(
        DatasetName="pumps",
        RoleArn=ROLE,
        IngestionInputConfiguration=location("data", "raw/", "{prefix}/{component_name}/*"),
    )
    refused("ConflictException", cloud.source.create_model, ModelName="wear", DatasetName="pumps")


def test_the_name_of_a_model_is_taken_once(cloud: Cloud) -> None:
    cloud.trained_model("wear")
    message = refused("ConflictException", cloud.source.create_model, ModelName="wear", DatasetName="pumps")
    assert "already exists" in message


@pytest.mark.parametrize("operation", ["describe_model", "update_model", "delete_model", "list_model_versions"])
def test_a_model_that_does_not_exist_is_not_found(cloud: Cloud, operation: str) -> None:
    message = refused("ResourceNotFoundException", getattr(cloud.source, operation), ModelName="none")
    assert message == "The model none does not exist"


def test_models_are_listed_by_status_and_the_beginnings_of_names(cloud: Cloud) -> None:
    cloud.trained_model("wear")
    cloud.active_dataset("fans")
    cloud.source.create_model(ModelName="weather", DatasetName="fans")

    def listed(**filters: Any) -> list[str]:
        return [one["ModelName"] for one in cloud.source.list_models(**filters)["ModelSummaries"]]

    assert listed() == ["wear", "weather"]
    assert listed(ModelNameBeginsWith="wea") == ["wear", "weather"]
    assert listed(ModelNameBeginsWith="weat") == ["weather"]
    assert listed(DatasetNameBeginsWith="p") == ["wear"]
    assert listed(Status="IN_PROGRESS") == ["weather"]
    assert listed(Status="SUCCESS", ModelNameBeginsWith="weat") == []


def test_a_listed_model_shows_its_active_version_once_it_has_one(cloud: Cloud) -> None:
    cloud.active_dataset()
    cloud.source.create_model(ModelName="wear", DatasetName="pumps")
    assert "ActiveModelVersion" not in cloud.source.list_models()["ModelSummaries"][0]
    until_over(lambda: cloud.source.describe_model(ModelName="wear"))
    shown = cloud.source.list_models()["ModelSummaries"][0]
    assert (shown["ActiveModelVersion"], shown["ModelQuality"]) == (1, "CANNOT_DETERMINE_QUALITY")


def test_an_update_sets_labels_role_and_diagnostics(cloud: Cloud) -> None:
    cloud.trained_model("wear")
    cloud.clock.advance(5)
    labels = {"S3InputConfiguration": {"Bucket": "labels", "Prefix": ""}}
    output = {"S3OutputConfiguration": {"Bucket": "out", "Prefix": ""}}
    cloud.source.update_model(
        ModelName="wear", LabelsInputConfiguration=labels, RoleArn=ROLE, ModelDiagnosticsOutputConfiguration=output
    )
    shown = cloud.source.describe_model(ModelName="wear")
    assert (shown["LabelsInputConfiguration"], shown["RoleArn"]) == (labels, ROLE)
    assert shown["ModelDiagnosticsOutputConfiguration"] == output
    assert shown["LastUpdatedTime"] == cloud.clock.now()
    assert "RoleArn" not in cloud.source.describe_model_version(ModelName="wear", ModelVersion=1)


def test_an_update_keeps_what_it_does_not_name(cloud: Cloud) -> None:
    cloud.trained_model("wear")
    cloud.source.update_model(ModelName="wear", RoleArn=ROLE)
    cloud.source.update_model(ModelName="wear", LabelsInputConfiguration={"S3InputConfiguration": {"Bucket": "labels"}})
    assert cloud.source.describe_model(ModelName="wear")["RoleArn"] == ROLE


def test_an_update_needs_a_role_for_labels_in_s3(cloud: Cloud) -> None:
    cloud.trained_model("wear")
    labels = {"S3InputConfiguration": {"Bucket": "labels"}}
    refused("ValidationException", cloud.source.update_model, ModelName="wear", LabelsInputConfiguration=labels)


@pytest.mark.parametrize("operation", ["update_model", "delete_model"])
def test_a_model_in_training_is_not_changed(cloud: Cloud, operation: str) -> None:
    cloud.active_dataset()
    cloud.source.create_model(ModelName="wear", DatasetName="pumps")
    message = refused("ConflictException", getattr(cloud.source, operation), ModelName="wear")
    assert "IN_PROGRESS" in message


def test_a_deleted_model_is_gone_with_versions_tags_and_policies(cloud: Cloud) -> None:
    version = cloud.trained_model("wear")
    arn = version.rsplit("/", 2)[0]
    for one in (arn, version):
        cloud.source.tag_resource(ResourceArn=one, Tags=[{"Key": "a", "Value": "b"}])
        cloud.share(one, action="ImportModelVersion")
    cloud.source.delete_model(ModelName="wear")
    for one in (arn, version):
        refused("ResourceNotFoundException", cloud.source.list_tags_for_resource, ResourceArn=one)
        refused("ResourceNotFoundException", cloud.source.describe_resource_policy, ResourceArn=one)
    cloud.source.create_model(ModelName="wear", DatasetName="pumps")


def test_an_update_takes_labels_from_a_group_that_exists(cloud: Cloud) -> None:
    cloud.trained_model("wear")
    group = {"LabelGroupName": "wearing"}
    message = refused(
        "ResourceNotFoundException", cloud.source.update_model, ModelName="wear", LabelsInputConfiguration=group
    )
    assert message == "The label group wearing does not exist"
    arn = cloud.source.create_label_group(**group)["LabelGroupArn"]
    cloud.authorizer.asked.clear()
    cloud.source.update_model(ModelName="wear", LabelsInputConfiguration=group)
    assert [one.resource for one in cloud.authorizer.asked][1:] == [arn]
    assert cloud.source.describe_model(ModelName="wear")["LabelsInputConfiguration"] == group


def test_an_update_replaces_labels_in_a_bucket_by_a_group(cloud: Cloud) -> None:
    cloud.active_dataset()
    cloud.s3.put("labels", "x", "")
    cloud.train(RoleArn=ROLE, LabelsInputConfiguration={"S3InputConfiguration": {"Bucket": "labels"}})
    cloud.source.create_label_group(LabelGroupName="wearing")
    cloud.source.update_model(ModelName="wear", LabelsInputConfiguration={"LabelGroupName": "wearing"})
    shown = cloud.source.describe_model(ModelName="wear")
    assert shown["LabelsInputConfiguration"] == {"LabelGroupName": "wearing"}
