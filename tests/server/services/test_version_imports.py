"""ImportModelVersion: within an account and across accounts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from lookout_server.faults import Fault
from tests.server.services.support import (
    REGION,
    ROLE,
    SOURCE,
    TARGET,
    TARGET_ROLE,
    Cloud,
    client_of,
    import_version,
    model_of,
    policy,
    refused,
    schema,
    until_over,
)


def test_an_import_makes_a_model_whose_version_one_becomes_active(cloud: Cloud, shared_version: str) -> None:
    made = cloud.target.import_model_version(SourceModelVersionArn=shared_version, DatasetName="pumps")
    assert (made["ModelName"], made["ModelVersion"], made["Status"]) == ("wear", 1, "IMPORT_IN_PROGRESS")
    assert made["ModelArn"].startswith(f"arn:aws:lookoutequipment:{REGION}:{TARGET}:model/wear/")
    assert made["ModelVersionArn"] == f"{made['ModelArn']}/model-version/1"
    during = cloud.target.describe_model(ModelName="wear")
    assert (during["Status"], "ActiveModelVersion" in during) == ("IMPORT_IN_PROGRESS", False)
    after = until_over(lambda: cloud.target.describe_model(ModelName="wear"))
    assert (after["Status"], after["ActiveModelVersion"]) == ("SUCCESS", 1)
    assert after["SourceModelVersionArn"] == shared_version
    assert after["ImportJobStartTime"] <= after["ImportJobEndTime"]
    assert "ImportedDataSizeInBytes" not in after


def test_an_imported_version_is_like_its_source(cloud: Cloud, shared_version: str) -> None:
    copy = import_version(cloud, shared_version)
    original = cloud.source.describe_model_version(ModelName="wear", ModelVersion=1)
    for member in (
        "Schema",
        "ModelMetrics",
        "ModelQuality",
        "TrainingDataStartTime",
        "TrainingDataEndTime",
        "TrainingExecutionStartTime",
        "TrainingExecutionEndTime",
    ):
        assert copy[member] == original[member]
    assert (copy["SourceType"], original["SourceType"]) == ("IMPORT", "TRAINING")
    assert copy["SourceModelVersionArn"] == shared_version
    assert copy["DatasetArn"] == cloud.target.describe_dataset(DatasetName="pumps")["DatasetArn"]
    assert copy["ImportedDataSizeInBytes"] == len(original["Schema"]) + len(original["ModelMetrics"])


def test_the_import_takes_the_time_of_the_clock(cloud: Cloud, shared_version: str) -> None:
    cloud.target.import_model_version(SourceModelVersionArn=shared_version, DatasetName="pumps")
    start = cloud.clock.now()
    cloud.clock.advance(60)
    shown = until_over(lambda: cloud.target.describe_model_version(ModelName="wear", ModelVersion=1))
    assert (shown["ImportJobStartTime"], shown["ImportJobEndTime"]) == (start, start + timedelta(seconds=60))


def test_an_import_into_a_model_makes_its_next_version_and_leaves_the_active_one(cloud: Cloud) -> None:
    source = cloud.trained_model("wear")
    arn = cloud.add_version(source)
    assert arn == f"{model_of(source)}/model-version/2"
    assert cloud.source.describe_model(ModelName="wear")["ActiveModelVersion"] == 1
    assert cloud.add_version(source).endswith("/model-version/3")


def test_an_import_can_name_the_model(cloud: Cloud, shared_version: str) -> None:
    assert import_version(cloud, shared_version, ModelName="other")["ModelName"] == "other"


def test_labels_role_and_key_are_those_of_the_request(cloud: Cloud, shared_version: str) -> None:
    labels = {"S3InputConfiguration": {"Bucket": "labels", "Prefix": ""}}
    shown = import_version(
        cloud, shared_version, LabelsInputConfiguration=labels, RoleArn=TARGET_ROLE, ServerSideKmsKeyId="k"
    )
    assert (shown["LabelsInputConfiguration"], shown["RoleArn"]) == (labels, TARGET_ROLE)
    assert shown["ServerSideKmsKeyId"] == f"arn:aws:kms:{REGION}:{TARGET}:key/k"


def test_labels_in_s3_need_a_role(cloud: Cloud, shared_version: str) -> None:
    labels = {"S3InputConfiguration": {"Bucket": "labels"}}
    refused(
        "ValidationException",
        cloud.target.import_model_version,
        SourceModelVersionArn=shared_version,
        DatasetName="pumps",
        LabelsInputConfiguration=labels,
    )


def test_a_failed_first_import_leaves_a_failed_model(cloud: Cloud, shared_version: str) -> None:
    cloud.backend.faults.add("ImportModelVersion", Fault.fail("the key is disabled"))
    shown = import_version(cloud, shared_version)
    assert (shown["Status"], shown["FailedReason"]) == ("FAILED", "the key is disabled")
    assert not {"ModelMetrics", "ImportedDataSizeInBytes"} & set(shown)
    model = cloud.target.describe_model(ModelName="wear")
    assert (model["Status"], model["FailedReason"]) == ("FAILED", "the key is disabled")
    assert "ActiveModelVersion" not in model
    cloud.target.delete_model(ModelName="wear")


def test_a_source_version_that_does_not_exist_is_not_found(cloud: Cloud, shared_version: str) -> None:
    for arn in (
        shared_version[:-1] + "9",
        shared_version.replace("/wear/", "/worn/"),
        shared_version.replace(SOURCE, "333333333333"),
    ):
        message = refused(
            "ResourceNotFoundException",
            cloud.target.import_model_version,
            SourceModelVersionArn=arn,
            DatasetName="pumps",
        )
        assert message == f"The model version {arn} does not exist"
    assert cloud.target.list_models()["ModelSummaries"] == []


def test_only_a_version_that_succeeded_is_imported(cloud: Cloud) -> None:
    source = cloud.trained_model("wear")
    cloud.backend.faults.add("ImportModelVersion", Fault.fail("no"))
    failed = cloud.add_version(source)
    message = refused(
        "ValidationException", cloud.source.import_model_version, SourceModelVersionArn=failed, DatasetName="pumps"
    )
    assert "its status is FAILED, expected SUCCESS" in message


def test_a_version_in_the_making_is_not_imported(cloud: Cloud) -> None:
    cloud.active_dataset()
    made = cloud.source.create_model(ModelName="wear", DatasetName="pumps")
    refused(
        "ConflictException",
        cloud.source.import_model_version,
        DatasetName="pumps",
        ModelName="other",
        SourceModelVersionArn=f"{made['ModelArn']}/model-version/1",
    )


def test_the_dataset_must_be_there_first(cloud: Cloud, shared_version: str) -> None:
    refused(
        "ResourceNotFoundException",
        cloud.target.import_model_version,
        SourceModelVersionArn=shared_version,
        DatasetName="none",
    )


def test_the_dataset_must_not_be_in_progress(cloud: Cloud, shared_version: str) -> None:
    dataset = cloud.source.describe_dataset(DatasetName="pumps")["DatasetArn"]
    cloud.target.import_dataset(SourceDatasetArn=dataset, DatasetName="late")
    message = refused(
        "ConflictException", cloud.target.import_model_version, SourceModelVersionArn=shared_version, DatasetName="late"
    )
    assert "IMPORT_IN_PROGRESS" in message


def test_the_dataset_must_have_the_sensors_of_the_version(cloud: Cloud, shared_version: str) -> None:
    cloud.dataset("small", client=cloud.target, DatasetSchema=schema(pump1=["flow"]))
    cloud.dataset("unknown", client=cloud.target)
    for name, part in (("small", "pump1\\heat"), ("unknown", "has no schema")):
        message = refused(
            "ValidationException",
            cloud.target.import_model_version,
            SourceModelVersionArn=shared_version,
            DatasetName=name,
        )
        assert part in message


def test_one_import_into_a_model_at_a_time_unless_allowed(cloud: Cloud) -> None:
    source = cloud.trained_model("wear")
    more = {"SourceModelVersionArn": source, "DatasetName": "pumps"}
    cloud.source.import_model_version(**more)
    refused("ConflictException", cloud.source.import_model_version, **more)
    cloud.settings.parallel_imports_into_a_model = True
    assert cloud.source.import_model_version(**more)["ModelVersion"] == 3


def test_a_source_in_another_region_is_refused(cloud: Cloud, shared_version: str) -> None:
    elsewhere = client_of(cloud.backend, TARGET, "us-east-1")
    refused(
        "ValidationException", elsewhere.import_model_version, SourceModelVersionArn=shared_version, DatasetName="pumps"
    )


def test_another_account_needs_a_policy(cloud: Cloud, shared_version: str) -> None:
    stranger = client_of(cloud.backend, "333333333333")
    message = refused(
        "AccessDeniedException",
        stranger.import_model_version,
        SourceModelVersionArn=shared_version,
        DatasetName="pumps",
    )
    assert "no resource-based policy allows" in message


def test_tags_of_a_new_model_are_on_the_model(cloud: Cloud, shared_version: str) -> None:
    tags = [{"Key": "a", "Value": "b"}]
    made = import_version(cloud, shared_version, Tags=tags)
    assert cloud.target.list_tags_for_resource(ResourceArn=made["ModelArn"])["Tags"] == tags
    assert cloud.target.list_tags_for_resource(ResourceArn=made["ModelVersionArn"])["Tags"] == []


@pytest.mark.parametrize("place", ["version", "model"])
def test_tags_of_a_further_version_go_where_the_setting_says(cloud: Cloud, place: Any) -> None:
    cloud.settings.tags_of_version_imports = place
    source = cloud.trained_model("wear")
    tags = [{"Key": "a", "Value": "b"}]
    version = cloud.add_version(source, Tags=tags)
    tagged = {arn: cloud.source.list_tags_for_resource(ResourceArn=arn)["Tags"] for arn in (version, model_of(version))}
    assert tagged == {version: tags if place == "version" else [], model_of(version): tags if place == "model" else []}


def test_a_model_is_not_deleted_during_an_import(cloud: Cloud) -> None:
    source = cloud.trained_model("wear")
    cloud.source.import_model_version(SourceModelVersionArn=source, DatasetName="pumps")
    message = refused("ConflictException", cloud.source.delete_model, ModelName="wear")
    assert "(version 2)" in message


def test_an_imported_version_outlives_its_source(cloud: Cloud, shared_version: str) -> None:
    cloud.target.import_model_version(SourceModelVersionArn=shared_version, DatasetName="pumps")
    cloud.source.delete_model(ModelName="wear")
    shown = until_over(lambda: cloud.target.describe_model_version(ModelName="wear", ModelVersion=1))
    assert shown["Status"] == "SUCCESS"


def test_an_imported_version_can_be_imported_again(cloud: Cloud, shared_version: str) -> None:
    first = import_version(cloud, shared_version)
    again = import_version(cloud, first["ModelVersionArn"], ModelName="again")
    assert again["SourceModelVersionArn"] == first["ModelVersionArn"]
    assert again["ModelMetrics"] == first["ModelMetrics"]


@pytest.mark.parametrize(
    ("strategy", "condition", "allowed"),
    [
        (None, "false", True),
        ("NO_IMPORT", "false", True),
        ("ADD_WHEN_EMPTY", "false", False),
        ("OVERWRITE", "false", False),
        ("OVERWRITE", "true", True),
        ("NO_IMPORT", "true", False),
        (None, None, True),
        ("OVERWRITE", None, True),
    ],
)
def test_a_policy_can_forbid_or_ask_for_inference_data(
    cloud: Cloud, shared_version: str, strategy: str | None, condition: str | None, allowed: bool
) -> None:
    arn = model_of(shared_version)
    revision = cloud.source.describe_resource_policy(ResourceArn=arn)["PolicyRevisionId"]
    more: dict[str, Any] = {"Condition": {"Bool": {"lookoutequipment:IsImportingData": condition}}} if condition else {}
    text = policy(arn, action="ImportModelVersion", **more)
    cloud.source.put_resource_policy(ResourceArn=arn, ResourcePolicy=text, PolicyRevisionId=revision)
    request = {"SourceModelVersionArn": shared_version, "DatasetName": "pumps"}
    if strategy:
        request["InferenceDataImportStrategy"] = strategy
    if allowed:
        cloud.target.import_model_version(**request)
    else:
        refused("AccessDeniedException", cloud.target.import_model_version, **request)


def test_the_default_strategy_is_a_setting(cloud: Cloud, shared_version: str) -> None:
    cloud.settings.default_inference_data_import_strategy = "ADD_WHEN_EMPTY"
    cloud.authorizer.asked.clear()
    cloud.target.import_model_version(SourceModelVersionArn=shared_version, DatasetName="pumps")
    question = next(one for one in cloud.authorizer.asked if one.resource == shared_version)
    assert question.context["lookoutequipment:IsImportingData"] == "true"


def test_a_role_of_another_account_is_not_passed(cloud: Cloud, shared_version: str) -> None:
    refused(
        "AccessDeniedException",
        cloud.target.import_model_version,
        SourceModelVersionArn=shared_version,
        DatasetName="pumps",
        RoleArn=ROLE,
    )
