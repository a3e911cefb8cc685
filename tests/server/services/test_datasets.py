"""Datasets within one account."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.server.services.support import REGION, SOURCE, Cloud, client_of, location, policy, refused, schema


def test_a_new_dataset_is_created_at_once(cloud: Cloud) -> None:
    answer = cloud.source.create_dataset(DatasetName="pumps")
    assert answer["Status"] == "CREATED"
    assert answer["DatasetArn"].startswith(f"arn:aws:lookoutequipment:{REGION}:{SOURCE}:dataset/pumps/")


def test_a_dataset_shows_what_it_was_created_with(cloud: Cloud) -> None:
    given = schema(pump1=["flow", "heat"], pump2=["flow"])
    arn = cloud.dataset("pumps", DatasetSchema=given, ServerSideKmsKeyId="alias/data")
    shown = cloud.source.describe_dataset(DatasetName="pumps")
    assert json.loads(shown["Schema"]) == json.loads(given["InlineDataSchema"])
    assert shown["ServerSideKmsKeyId"] == f"arn:aws:kms:{REGION}:{SOURCE}:alias/data"
    assert (shown["DatasetArn"], shown["Status"]) == (arn, "CREATED")
    assert shown["CreatedAt"] == shown["LastUpdatedAt"] == cloud.clock.now()


@pytest.mark.parametrize(
    ("key", "arn"),
    [
        ("1234-abcd", f"arn:aws:kms:{REGION}:{SOURCE}:key/1234-abcd"),
        ("arn:aws:kms:eu-west-1:333333333333:key/1", "arn:aws:kms:eu-west-1:333333333333:key/1"),
    ],
)
def test_a_key_is_shown_as_its_arn(cloud: Cloud, key: str, arn: str) -> None:
    cloud.dataset("pumps", ServerSideKmsKeyId=key)
    assert cloud.source.describe_dataset(DatasetName="pumps")["ServerSideKmsKeyId"] == arn


def test_what_is_no_key_is_refused(cloud: Cloud) -> None:
    for key in ("arn:aws:s3:::bucket", "a,b"):
        refused("ValidationException", cloud.source.create_dataset, DatasetName="pumps", ServerSideKmsKeyId=key)
    assert cloud.source.list_datasets()["DatasetSummaries"] == []


def test_a_name_is_taken_once(cloud: Cloud) -> None:
    cloud.dataset("pumps")
    message = refused("ConflictException", cloud.source.create_dataset, DatasetName="pumps")
    assert message == "The dataset pumps already exists or is currently in use for another operation"


def test_names_tell_capitals_from_small_letters(cloud: Cloud) -> None:
    cloud.dataset("pumps")
    cloud.dataset("Pumps")


def test_accounts_and_regions_do_not_see_each_other(cloud: Cloud) -> None:
    cloud.dataset("pumps")
    refused("ResourceNotFoundException", cloud.target.describe_dataset, DatasetName="pumps")
    elsewhere = client_of(cloud.backend, SOURCE, "us-east-1")
    assert elsewhere.list_datasets()["DatasetSummaries"] == []
    assert ":us-east-1:" in elsewhere.create_dataset(DatasetName="pumps")["DatasetArn"]


def test_a_dataset_made_again_has_another_arn(cloud: Cloud) -> None:
    before = cloud.dataset("pumps")
    cloud.source.delete_dataset(DatasetName="pumps")
    assert cloud.dataset("pumps") != before


@pytest.mark.parametrize("operation", ["describe_dataset", "delete_dataset", "list_sensor_statistics"])
def test_a_dataset_that_does_not_exist_is_not_found(cloud: Cloud, operation: str) -> None:
    message = refused("ResourceNotFoundException", getattr(cloud.source, operation), DatasetName="none")
    assert message == "The dataset none does not exist"


def test_the_list_is_filtered_by_the_beginning_of_the_name(cloud: Cloud) -> None:
    for name in ("pump", "pumps", "fans"):
        cloud.dataset(name)
    shown = cloud.source.list_datasets(DatasetNameBeginsWith="pump")["DatasetSummaries"]
    assert [one["DatasetName"] for one in shown] == ["pump", "pumps"]
    assert set(shown[0]) == {"DatasetName", "DatasetArn", "Status", "CreatedAt"}


def test_a_deleted_dataset_is_gone_with_tags_policy_and_jobs(cloud: Cloud) -> None:
    arn = cloud.active_dataset()
    cloud.source.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "b"}])
    cloud.share(arn, action="ImportDataset")
    cloud.source.delete_dataset(DatasetName="pumps")
    refused("ResourceNotFoundException", cloud.source.describe_dataset, DatasetName="pumps")
    refused("ResourceNotFoundException", cloud.source.list_tags_for_resource, ResourceArn=arn)
    refused("ResourceNotFoundException", cloud.source.describe_resource_policy, ResourceArn=arn)
    assert cloud.source.list_data_ingestion_jobs()["DataIngestionJobSummaries"] == []


def test_a_dataset_is_not_deleted_while_it_is_ingested_into(cloud: Cloud) -> None:
    cloud.dataset("pumps")
    cloud.s3.put("data", "raw/a/a.csv", "")
    cloud.source.start_data_ingestion_job(
        DatasetName="pumps",
        IngestionInputConfiguration=location("data", "", "{prefix}/{component_name}/*"),
        RoleArn=f"arn:aws:iam::{SOURCE}:role/Data",
    )
    message = refused("ConflictException", cloud.source.delete_dataset, DatasetName="pumps")
    assert "INGESTION_IN_PROGRESS" in message


def test_a_dataset_that_a_model_uses_is_not_deleted(cloud: Cloud) -> None:
    cloud.trained_model("wear")
    message = refused("ConflictException", cloud.source.delete_dataset, DatasetName="pumps")
    assert "wear" in message
    cloud.source.delete_model(ModelName="wear")
    cloud.source.delete_dataset(DatasetName="pumps")


def test_with_the_switch_a_dataset_that_a_model_uses_is_deleted(cloud: Cloud) -> None:
    cloud.settings.dataset_deletion_blocked_by_models = False
    cloud.trained_model("wear")
    cloud.source.delete_dataset(DatasetName="pumps")
    assert cloud.source.describe_model(ModelName="wear")["DatasetName"] == "pumps"


def _schema_text(document: Any) -> dict[str, str]:
    return {"InlineDataSchema": document if isinstance(document, str) else json.dumps(document)}


TIME = {"Name": "T", "Type": "DATETIME"}
FLOW = {"Name": "flow", "Type": "DOUBLE"}


@pytest.mark.parametrize(
    ("document", "part"),
    [
        ("{", "not valid JSON"),
        ([], "Components"),
        ({}, "Components"),
        ({"Components": []}, "at least one component"),
        ({"Components": [{}]}, "Components[0]"),
        ({"Components": [{"ComponentName": "a b", "Columns": [TIME, FLOW]}]}, "ComponentName"),
        ({"Components": [{"ComponentName": "a", "Columns": [TIME]}]}, "at least two columns"),
        ({"Components": [{"ComponentName": "a", "Columns": [FLOW, TIME]}]}, "Columns[0].Type"),
        ({"Components": [{"ComponentName": "a", "Columns": [TIME, TIME]}]}, "Columns[1].Type"),
        ({"Components": [{"ComponentName": "a", "Columns": [TIME, FLOW, FLOW]}]}, "'flow' occurs more than once"),
        ({"Components": [{"ComponentName": "a", "Columns": [TIME, {"Name": "a b", "Type": "DOUBLE"}]}]}, "Name"),
        ({"Components": [{"ComponentName": "a", "Columns": [TIME, {"Name": "a"}]}]}, "Type"),
        ({"Components": [{"ComponentName": "a", "Columns": [TIME, FLOW]}] * 2}, "'a' occurs more than once"),
    ],
)
def test_a_malformed_schema_is_refused(cloud: Cloud, document: Any, part: str) -> None:
    message = refused(
        "ValidationException",
        cloud.source.create_dataset,
        DatasetName="pumps",
        DatasetSchema=_schema_text(document),
    )
    assert part in message


def test_three_thousand_sensors_are_accepted(cloud: Cloud) -> None:
    sensors = [f"sensor{i}" for i in range(3_000)]
    cloud.dataset("pumps", DatasetSchema=schema(pump1=sensors))
    assert "sensor2999" in cloud.source.describe_dataset(DatasetName="pumps")["Schema"]


def test_the_reset_forgets_everything_but_the_settings(cloud: Cloud) -> None:
    arn = cloud.dataset("pumps")
    cloud.settings.page_size = 7
    cloud.source.put_resource_policy(ResourceArn=arn, ResourcePolicy=policy(arn, action="ImportDataset"))
    cloud.backend.reset()
    assert cloud.backend.calls.all() == []
    assert cloud.source.list_datasets()["DatasetSummaries"] == []
    assert cloud.backend.settings.page_size == 7
