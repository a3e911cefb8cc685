"""What the authorizer is asked, and what happens when it says no."""

from __future__ import annotations

from typing import Any

import pytest

from tests.server.services.support import (
    REGION,
    ROLE,
    SOURCE,
    TARGET,
    TARGET_ROLE,
    Cloud,
    location,
    policy,
    refused,
)

PREFIX = f"arn:aws:lookoutequipment:{REGION}:{SOURCE}:"


def asked(cloud: Cloud, call: Any, **parameters: Any) -> list[tuple[str, str]]:
    """The actions and resources that a call asks for."""
    cloud.authorizer.asked.clear()
    call(**parameters)
    return [(one.action.removeprefix("lookoutequipment:"), one.resource) for one in cloud.authorizer.asked]


def test_a_creation_asks_for_the_arn_that_it_makes(cloud: Cloud) -> None:
    questions = asked(cloud, cloud.source.create_dataset, DatasetName="pumps")
    assert questions == [("CreateDataset", cloud.source.describe_dataset(DatasetName="pumps")["DatasetArn"])]


def test_a_creation_with_tags_asks_for_tagging_too(cloud: Cloud) -> None:
    tags = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    questions = asked(cloud, cloud.source.create_dataset, DatasetName="pumps", Tags=tags)
    assert [action for action, _ in questions] == ["CreateDataset", "TagResource"]
    assert questions[0][1] == questions[1][1]
    for one in cloud.authorizer.asked:
        assert one.context == {"aws:RequestTag/a": "1", "aws:RequestTag/b": "2", "aws:TagKeys": ["a", "b"]}


def test_lists_ask_for_everything(cloud: Cloud) -> None:
    for call, arn in (
        (cloud.source.list_datasets, "*"),
        (cloud.source.list_models, "*"),
        (cloud.source.list_data_ingestion_jobs, f"{PREFIX}dataset/*/*"),
        (cloud.source.list_label_groups, f"{PREFIX}label-group/*/*"),
    ):
        assert [resource for _, resource in asked(cloud, call)] == [arn]


def test_a_job_is_described_under_a_star(cloud: Cloud) -> None:
    cloud.active_dataset()
    job = cloud.source.list_data_ingestion_jobs()["DataIngestionJobSummaries"][0]["JobId"]
    assert asked(cloud, cloud.source.describe_data_ingestion_job, JobId=job) == [("DescribeDataIngestionJob", "*")]


@pytest.mark.parametrize(
    ("operation", "parameters", "path"),
    [
        ("describe_dataset", {"DatasetName": "none"}, "dataset/none/"),
        ("delete_dataset", {"DatasetName": "none"}, "dataset/none/"),
        ("list_sensor_statistics", {"DatasetName": "none"}, "dataset/none/"),
        ("describe_model", {"ModelName": "none"}, "model/none/"),
        ("delete_model", {"ModelName": "none"}, "model/none/"),
        ("update_model", {"ModelName": "none"}, "model/none/"),
        ("list_model_versions", {"ModelName": "none"}, "model/none/"),
        ("describe_model_version", {"ModelName": "none", "ModelVersion": 1}, "model/none/"),
        ("describe_label_group", {"LabelGroupName": "none"}, "label-group/none/"),
        ("delete_label_group", {"LabelGroupName": "none"}, "label-group/none/"),
    ],
)
def test_what_does_not_exist_is_asked_for_with_an_empty_id(
    cloud: Cloud, operation: str, parameters: dict[str, Any], path: str
) -> None:
    refused("ResourceNotFoundException", getattr(cloud.source, operation), **parameters)
    assert [one.resource for one in cloud.authorizer.asked] == [PREFIX + path]


def test_a_denied_caller_does_not_learn_what_exists(cloud: Cloud) -> None:
    cloud.authorizer.denied.add("lookoutequipment:DescribeDataset")
    message = refused("AccessDeniedException", cloud.source.describe_dataset, DatasetName="none")
    assert message == "not authorized to perform: lookoutequipment:DescribeDataset"


@pytest.mark.parametrize("operation", ["describe_dataset", "delete_dataset", "list_sensor_statistics"])
def test_the_tags_of_a_resource_are_part_of_the_question(cloud: Cloud, operation: str) -> None:
    cloud.dataset("pumps", Tags=[{"Key": "team", "Value": "red"}])
    asked(cloud, getattr(cloud.source, operation), DatasetName="pumps")
    assert cloud.authorizer.asked[0].context == {"aws:ResourceTag/team": "red"}


def test_tagging_names_tags_of_request_and_resource(cloud: Cloud) -> None:
    arn = cloud.dataset("pumps", Tags=[{"Key": "team", "Value": "red"}])
    asked(cloud, cloud.source.tag_resource, ResourceArn=arn, Tags=[{"Key": "a", "Value": "b"}])
    assert cloud.authorizer.asked[0].context == {
        "aws:ResourceTag/team": "red",
        "aws:RequestTag/a": "b",
        "aws:TagKeys": ["a"],
    }
    asked(cloud, cloud.source.untag_resource, ResourceArn=arn, TagKeys=["team", "x"])
    assert cloud.authorizer.asked[0].context["aws:TagKeys"] == ["team", "x"]


def test_an_ingestion_asks_for_the_role(cloud: Cloud) -> None:
    arn = cloud.dataset("pumps")
    questions = asked(
        cloud,
        cloud.source.start_data_ingestion_job,
        DatasetName="pumps",
        RoleArn=ROLE,
        IngestionInputConfiguration=location("data", "", "{prefix}/{component_name}/*"),
    )
    assert questions == [("StartDataIngestionJob", arn), ("iam:PassRole", ROLE)]
    assert cloud.authorizer.asked[1].context == {"iam:PassedToService": "lookoutequipment.amazonaws.com"}


def test_a_role_that_may_not_be_passed_stops_the_call(cloud: Cloud) -> None:
    cloud.active_dataset()
    cloud.authorizer.denied.add("iam:PassRole")
    refused("AccessDeniedException", cloud.source.create_model, ModelName="wear", DatasetName="pumps", RoleArn=ROLE)
    assert cloud.source.list_models()["ModelSummaries"] == []


def test_a_training_asks_for_model_dataset_label_group_and_role(cloud: Cloud) -> None:
    dataset = cloud.active_dataset()
    group = cloud.source.create_label_group(LabelGroupName="g")["LabelGroupArn"]
    questions = asked(
        cloud,
        cloud.source.create_model,
        ModelName="wear",
        DatasetName="pumps",
        RoleArn=ROLE,
        LabelsInputConfiguration={"LabelGroupName": "g"},
    )
    model = cloud.source.describe_model(ModelName="wear")["ModelArn"]
    assert questions == [
        ("CreateModel", model), ("CreateModel", dataset), ("CreateModel", group), ("iam:PassRole", ROLE),
    ]  # fmt: skip


def test_an_import_of_a_dataset_asks_for_both_datasets(cloud: Cloud) -> None:
    source = cloud.active_dataset()
    cloud.share(source, action="ImportDataset")
    questions = asked(cloud, cloud.target.import_dataset, SourceDatasetArn=source)
    made = cloud.target.describe_dataset(DatasetName="pumps")["DatasetArn"]
    assert questions == [("ImportDataset", made), ("ImportDataset", source)]


def test_tags_of_the_source_stay_with_its_account(cloud: Cloud) -> None:
    source = cloud.active_dataset()
    cloud.source.tag_resource(ResourceArn=source, Tags=[{"Key": "secret", "Value": "x"}])
    cloud.share(source, action="ImportDataset")
    asked(cloud, cloud.target.import_dataset, SourceDatasetArn=source)
    assert [one.context for one in cloud.authorizer.asked] == [{}, {}]


def test_an_import_of_a_version_asks_for_target_source_dataset_and_role(cloud: Cloud) -> None:
    source = cloud.trained_model("wear")
    shown = cloud.source.describe_dataset(DatasetName="pumps")
    cloud.share(source, action="ImportModelVersion")
    dataset = cloud.dataset("pumps", client=cloud.target, DatasetSchema={"InlineDataSchema": shown["Schema"]})
    questions = asked(
        cloud,
        cloud.target.import_model_version,
        SourceModelVersionArn=source,
        DatasetName="pumps",
        RoleArn=TARGET_ROLE,
        InferenceDataImportStrategy="OVERWRITE",
        Tags=[{"Key": "a", "Value": "b"}],
    )
    model = cloud.target.describe_model(ModelName="wear")["ModelArn"]
    assert questions == [
        ("ImportModelVersion", model), ("TagResource", model), ("ImportModelVersion", source),
        ("ImportModelVersion", dataset), ("iam:PassRole", TARGET_ROLE),
    ]  # fmt: skip
    for one in cloud.authorizer.asked:
        if one.action == "lookoutequipment:ImportModelVersion":
            assert one.context["lookoutequipment:IsImportingData"] == "true"
            assert one.context["aws:RequestTag/a"] == "b"


def test_tags_of_a_further_version_are_asked_for_on_the_version(cloud: Cloud) -> None:
    source = cloud.trained_model("wear")
    questions = asked(
        cloud,
        cloud.source.import_model_version,
        SourceModelVersionArn=source,
        DatasetName="pumps",
        Tags=[{"Key": "a", "Value": "b"}],
    )
    assert ("TagResource", source[:-1] + "2") in questions


def test_making_a_version_active_asks_for_version_and_model(cloud: Cloud) -> None:
    version = cloud.trained_model("wear")
    questions = asked(cloud, cloud.source.update_active_model_version, ModelName="wear", ModelVersion=1)
    assert [resource for _, resource in questions] == [version, version.rsplit("/", 2)[0]]


def test_policies_ask_for_their_resource(cloud: Cloud) -> None:
    arn = cloud.dataset()
    text = policy(arn, action="ImportDataset")
    assert asked(cloud, cloud.source.put_resource_policy, ResourceArn=arn, ResourcePolicy=text) == [
        ("PutResourcePolicy", arn)
    ]
    assert asked(cloud, cloud.source.describe_resource_policy, ResourceArn=arn) == [("DescribeResourcePolicy", arn)]
    assert asked(cloud, cloud.source.delete_resource_policy, ResourceArn=arn) == [("DeleteResourcePolicy", arn)]


@pytest.mark.parametrize("action", ["CreateDataset", "TagResource"])
def test_a_denied_creation_makes_nothing(cloud: Cloud, action: str) -> None:
    cloud.authorizer.denied.add(f"lookoutequipment:{action}")
    tags = [{"Key": "a", "Value": "b"}]
    refused("AccessDeniedException", cloud.source.create_dataset, DatasetName="pumps", Tags=tags)
    assert cloud.source.list_datasets()["DatasetSummaries"] == []


def test_an_identity_policy_does_not_replace_the_policy_of_the_source(cloud: Cloud) -> None:
    source = cloud.active_dataset()
    cloud.authorizer.principals[TARGET] = f"arn:aws:iam::{TARGET}:user/ann"
    message = refused("AccessDeniedException", cloud.target.import_dataset, SourceDatasetArn=source)
    assert message.startswith(f"User: arn:aws:iam::{TARGET}:user/ann is not authorized")
