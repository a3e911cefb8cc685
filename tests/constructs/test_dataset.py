"""Datasets: what the template says for what was written."""

from __future__ import annotations

import json
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms

from cdk_lookout import InvalidProperty, Wait, equipment
from cdk_lookout.equipment import Dataset, DatasetSchema, DatasetSource, SchemaComponent
from tests.constructs.support import DATASET_ARN, MODEL_ARN, only, options, properties, provider_policies

PUMP = SchemaComponent("pump1", sensors=["pressure", "flow"])
PUMP_JSON = {
    "Components": [
        {
            "ComponentName": "pump1",
            "Columns": [
                {"Name": "Timestamp", "Type": "DATETIME"},
                {"Name": "pressure", "Type": "DOUBLE"},
                {"Name": "flow", "Type": "DOUBLE"},
            ],
        }
    ]
}


def test_an_imported_dataset_names_its_source_and_nothing_else(stack: cdk.Stack, pumps: Dataset) -> None:
    assert properties(stack, "Dataset") == {
        "SourceDatasetArn": DATASET_ARN,
        "Options": {"Attributes": "2", "Name": "Pumps", "RemovalPolicy": "retain", "WaitSeconds": "3300"},
    }


def test_a_detected_dataset_has_no_schema(stack: cdk.Stack) -> None:
    Dataset(stack, "Pumps", source=DatasetSource.detected())
    assert set(properties(stack, "Dataset")) == {"Options"}


def test_a_schema_of_components_stands_in_the_template(stack: cdk.Stack) -> None:
    Dataset(stack, "Pumps", source=DatasetSource.schema(DatasetSchema.from_components(PUMP)))
    assert json.loads(properties(stack, "Dataset")["DatasetSchema"]["InlineDataSchema"]) == PUMP_JSON


def test_the_time_column_can_have_another_name(stack: cdk.Stack) -> None:
    component = SchemaComponent("pump1", sensors=["flow"], timestamp="at")
    Dataset(stack, "Pumps", source=DatasetSource.schema(DatasetSchema.from_components(component)))
    schema = json.loads(properties(stack, "Dataset")["DatasetSchema"]["InlineDataSchema"])
    assert schema["Components"][0]["Columns"][0] == {"Name": "at", "Type": "DATETIME"}


def test_a_large_schema_is_an_asset(stack: cdk.Stack, tmp_path: Path) -> None:
    file = tmp_path / "schema.json"
    sensors = [{"Name": f"sensor-{number}", "Type": "DOUBLE"} for number in range(2999)]
    columns = [{"Name": "Timestamp", "Type": "DATETIME"}, *sensors]
    file.write_text(json.dumps({"Components": [{"ComponentName": "plant", "Columns": columns}]}))
    Dataset(stack, "Pumps", source=DatasetSource.schema(DatasetSchema.from_asset(str(file))))
    found = properties(stack, "Dataset")
    assert "DatasetSchema" not in found
    assert found["Options"]["DatasetSchemaObject"]["Key"].endswith(".json")
    assert found["Options"]["DatasetSchemaObject"]["Bucket"] == {
        "Fn::Sub": "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"
    }


def test_a_schema_asset_may_be_read_by_the_provider(stack: cdk.Stack, pumps: Dataset) -> None:
    policies = json.dumps(provider_policies(stack))
    assert "s3:GetObject" in policies
    assert "/*.json" in policies


def test_a_name_and_a_key_are_passed_on(stack: cdk.Stack) -> None:
    key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:us-east-1:222222222222:key/1234")
    Dataset(stack, "Pumps", source=DatasetSource.detected(), dataset_name="pumps_1", encryption_key=key)
    found = properties(stack, "Dataset")
    assert found["DatasetName"] == "pumps_1"
    assert found["ServerSideKmsKeyId"] == "arn:aws:kms:us-east-1:222222222222:key/1234"


def test_an_explicit_name_needs_no_part_of_a_generated_one(stack: cdk.Stack) -> None:
    Dataset(stack, "Pumps", source=DatasetSource.detected(), dataset_name="pumps")
    assert "Name" not in options(stack, "Dataset")


def test_adoption_is_passed_on(stack: cdk.Stack) -> None:
    Dataset(stack, "Pumps", source=DatasetSource.detected(), dataset_name="pumps", adopt_existing=True)
    assert options(stack, "Dataset")["AdoptExisting"] == "true"


def test_how_long_to_wait_is_passed_on(stack: cdk.Stack) -> None:
    wait = Wait.until_ready(timeout=cdk.Duration.minutes(10))
    Dataset(stack, "Pumps", source=DatasetSource.detected(), wait=wait)
    assert options(stack, "Dataset")["WaitSeconds"] == "600"


def test_name_and_arn_come_from_the_deployed_dataset(stack: cdk.Stack, pumps: Dataset) -> None:
    assert stack.resolve(pumps.dataset_name) == {"Ref": "PumpsEF220EBF"}
    assert stack.resolve(pumps.dataset_arn) == {"Fn::GetAtt": ["PumpsEF220EBF", "DatasetArn"]}


@pytest.mark.parametrize(
    ("attribute", "name"),
    [
        ("dataset_status", "Status"),
        ("created_at", "CreatedAt"),
        ("job_id", "JobId"),
        ("source_dataset_arn", "SourceDatasetArn"),
        ("data_start_time", "DataStartTime"),
        ("data_end_time", "DataEndTime"),
        ("ingested_data_size", "IngestedDataSize"),
    ],
)
def test_every_attribute_is_one_of_the_custom_resource(
    stack: cdk.Stack, pumps: Dataset, attribute: str, name: str
) -> None:
    assert stack.resolve(getattr(pumps, attribute)) == {"Fn::GetAtt": ["PumpsEF220EBF", name]}


@pytest.mark.parametrize(
    "attribute", ["job_id", "source_dataset_arn", "data_start_time", "data_end_time", "ingested_data_size"]
)
def test_what_only_an_import_has_is_refused_for_others(stack: cdk.Stack, attribute: str) -> None:
    empty = Dataset(stack, "Pumps", source=DatasetSource.detected())
    with pytest.raises(InvalidProperty, match=r"of Plant/Pumps: got a dataset that is made empty, expected .*imported"):
        getattr(empty, attribute)


@pytest.mark.parametrize("attribute", ["dataset_status", "data_start_time", "data_end_time", "ingested_data_size"])
def test_what_exists_only_later_is_refused_when_nothing_waits_for_it(stack: cdk.Stack, attribute: str) -> None:
    source = DatasetSource.imported(Dataset.from_dataset_arn(stack, "Source", DATASET_ARN))
    started = Dataset(stack, "Pumps", source=source, wait=Wait.started())
    with pytest.raises(InvalidProperty, match=r"of Plant/Pumps: got Wait.started\(\), expected Wait.until_ready\(\)"):
        getattr(started, attribute)


@pytest.mark.parametrize("attribute", ["job_id", "source_dataset_arn", "created_at", "dataset_arn", "dataset_name"])
def test_what_exists_at_once_needs_no_wait(stack: cdk.Stack, attribute: str) -> None:
    source = DatasetSource.imported(Dataset.from_dataset_arn(stack, "Source", DATASET_ARN))
    started = Dataset(stack, "Pumps", source=source, wait=Wait.started())
    assert cdk.Token.is_unresolved(getattr(started, attribute))
    assert options(stack, "Dataset")["WaitSeconds"] == "0"


@pytest.mark.parametrize(
    ("policy", "deletion", "replacement", "option"),
    [
        (None, "RetainExceptOnCreate", "Delete", "retain"),
        (cdk.RemovalPolicy.DESTROY, "Delete", "Delete", "destroy"),
        (cdk.RemovalPolicy.RETAIN, "Retain", "Retain", "retain"),
        (cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE, "RetainExceptOnCreate", "Retain", "retain"),
    ],
)
def test_the_removal_policy_reaches_cloudformation_and_the_provider(
    stack: cdk.Stack, policy: cdk.RemovalPolicy | None, deletion: str, replacement: str, option: str
) -> None:
    Dataset(stack, "Pumps", source=DatasetSource.detected(), removal_policy=policy)
    found = only(stack, "Dataset")
    assert (found["DeletionPolicy"], found["UpdateReplacePolicy"]) == (deletion, replacement)
    assert found["Properties"]["Options"]["RemovalPolicy"] == option


def test_a_removal_policy_that_is_applied_later_counts(stack: cdk.Stack, pumps: Dataset) -> None:
    pumps.apply_removal_policy(cdk.RemovalPolicy.DESTROY)
    assert only(stack, "Dataset")["DeletionPolicy"] == "Delete"
    assert options(stack, "Dataset")["RemovalPolicy"] == "destroy"


def test_a_removal_policy_that_an_aspect_applies_counts(stack: cdk.Stack, pumps: Dataset) -> None:
    cdk.RemovalPolicies.of(stack).destroy()
    assert only(stack, "Dataset")["DeletionPolicy"] == "Delete"
    assert options(stack, "Dataset")["RemovalPolicy"] == "destroy"


def test_a_snapshot_on_removal_is_refused(stack: cdk.Stack) -> None:
    with pytest.raises(InvalidProperty, match=r"removal_policy of Plant/Pumps: got SNAPSHOT, expected RETAIN"):
        Dataset(stack, "Pumps", source=DatasetSource.detected(), removal_policy=cdk.RemovalPolicy.SNAPSHOT)


@pytest.mark.parametrize("name", ["", "a b", "pümps", "a/b", "a.b", "x" * 201, "a\n"])
def test_a_name_that_the_service_would_refuse_is_refused(stack: cdk.Stack, name: str) -> None:
    with pytest.raises(InvalidProperty, match=r"dataset_name of Plant/Pumps: got '.*, expected 1 to 200 letters"):
        Dataset(stack, "Pumps", source=DatasetSource.detected(), dataset_name=name)


@pytest.mark.parametrize("name", ["a", "A-b_9", "x" * 200])
def test_a_name_that_the_service_takes_is_taken(stack: cdk.Stack, name: str) -> None:
    Dataset(stack, "Pumps", source=DatasetSource.detected(), dataset_name=name)
    assert properties(stack, "Dataset")["DatasetName"] == name


def test_a_name_may_be_known_at_deployment_only(stack: cdk.Stack) -> None:
    parameter = cdk.CfnParameter(stack, "Name")
    Dataset(stack, "Pumps", source=DatasetSource.detected(), dataset_name=f"{parameter.value_as_string} x")
    assert properties(stack, "Dataset")["DatasetName"] == {"Fn::Join": ["", [{"Ref": "Name"}, " x"]]}


@pytest.mark.parametrize("source", [DATASET_ARN, None, 3])
def test_a_source_that_is_none_is_refused(stack: cdk.Stack, source: object) -> None:
    with pytest.raises(InvalidProperty, match=r"source of Plant/Pumps: got .*, expected a DatasetSource"):
        Dataset(stack, "Pumps", source=source)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"encryption_key": "alias/key"}, r"encryption_key of Plant/Pumps: got 'alias/key', expected a key"),
        ({"wait": 600}, r"wait of Plant/Pumps: got an int, expected Wait.until_ready\(\) or Wait.started\(\)"),
        ({"adopt_existing": "false"}, r"adopt_existing of Plant/Pumps: got 'false', expected True or False"),
    ],
)
def test_a_dataset_refuses_what_is_of_the_wrong_kind(
    stack: cdk.Stack, arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(InvalidProperty, match=message):
        Dataset(stack, "Pumps", source=DatasetSource.detected(), **arguments)  # type: ignore[arg-type]


def test_importing_from_an_arn_as_text_is_refused_with_the_factory_to_use(stack: cdk.Stack) -> None:
    with pytest.raises(InvalidProperty, match=r"expected a dataset, such as Dataset.from_dataset_arn"):
        DatasetSource.imported(DATASET_ARN)  # type: ignore[arg-type]


def test_importing_from_a_model_is_refused(stack: cdk.Stack) -> None:
    model = equipment.Model.from_model_arn(stack, "Model", MODEL_ARN)
    with pytest.raises(
        InvalidProperty, match=r"source of DatasetSource.imported: got a _ImportedModel, expected a data"
    ):
        DatasetSource.imported(model)  # type: ignore[arg-type]


def test_importing_from_a_dataset_by_name_is_refused_with_the_factory_to_use(stack: cdk.Stack) -> None:
    source = Dataset.from_dataset_name(stack, "Source", "pumps")
    with pytest.raises(
        InvalidProperty, match=r"ARN of Plant/Source: got a reference by name, .* Dataset.from_dataset_arn"
    ):
        Dataset(stack, "Pumps", source=DatasetSource.imported(source))


def test_a_dataset_by_arn_has_name_account_and_region(stack: cdk.Stack) -> None:
    found = Dataset.from_dataset_arn(stack, "Source", DATASET_ARN)
    assert (found.dataset_name, found.dataset_arn) == ("pumps", DATASET_ARN)
    assert isinstance(found, cdk.Resource)
    assert (found.env.account, found.env.region) == ("111111111111", "us-east-1")


def test_a_dataset_by_an_arn_that_is_known_at_deployment_has_a_name(stack: cdk.Stack) -> None:
    parameter = cdk.CfnParameter(stack, "Arn")
    found = Dataset.from_dataset_arn(stack, "Source", parameter.value_as_string)
    assert stack.resolve(found.dataset_name) == {"Fn::Select": [1, {"Fn::Split": ["/", {"Ref": "Arn"}]}]}


def test_a_dataset_by_name_has_no_arn(stack: cdk.Stack) -> None:
    found = Dataset.from_dataset_name(stack, "Source", "pumps")
    assert found.dataset_name == "pumps"
    with pytest.raises(InvalidProperty, match=r"identifier that the service assigns"):
        _ = found.dataset_arn


def test_a_dataset_by_attributes_has_what_was_given(stack: cdk.Stack) -> None:
    key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:us-east-1:222222222222:key/1234")
    found = Dataset.from_dataset_attributes(stack, "Source", dataset_arn=DATASET_ARN, encryption_key=key)
    assert (found.dataset_name, found.dataset_arn, found.encryption_key) == ("pumps", DATASET_ARN, key)


def test_a_dataset_by_attributes_needs_arn_or_name(stack: cdk.Stack) -> None:
    with pytest.raises(
        InvalidProperty, match=r"dataset_arn of Plant/Source: got None, expected dataset_arn, dataset_name"
    ):
        Dataset.from_dataset_attributes(stack, "Source")


def test_a_dataset_by_attributes_that_contradict_one_another_is_refused(stack: cdk.Stack) -> None:
    with pytest.raises(
        InvalidProperty, match=r"dataset_name of Plant/Source: got 'fans', expected the one in dataset_arn"
    ):
        Dataset.from_dataset_attributes(stack, "Source", dataset_arn=DATASET_ARN, dataset_name="fans")


@pytest.mark.parametrize(
    "arn",
    [
        "",
        "pumps",
        "arn:aws:s3:::bucket",
        MODEL_ARN,
        "arn:aws:lookoutequipment:us-east-1:111111111111:dataset/pumps",
        "arn:aws:lookoutequipment:us-east-1:1111:dataset/pumps/1",
        f"{DATASET_ARN}/x",
        f" {DATASET_ARN}",
    ],
)
def test_an_arn_of_the_wrong_kind_is_refused(stack: cdk.Stack, arn: str) -> None:
    with pytest.raises(
        InvalidProperty, match=r"dataset_arn of Plant/Source: got .*, expected arn:aws:.*:dataset/<name>"
    ):
        Dataset.from_dataset_arn(stack, "Source", arn)


def test_other_partitions_have_arns_too(stack: cdk.Stack) -> None:
    arn = DATASET_ARN.replace("arn:aws:", "arn:aws-us-gov:")
    assert Dataset.from_dataset_arn(stack, "Source", arn).dataset_arn == arn


def schema_error(tmp_path: Path, schema: object) -> str:
    file = tmp_path / "schema.json"
    file.write_text(schema if isinstance(schema, str) else json.dumps(schema))
    with pytest.raises(InvalidProperty) as caught:
        DatasetSchema.from_asset(str(file))
    return str(caught.value)


def column(name: str = "flow", kind: str = "DOUBLE") -> dict[str, str]:
    return {"Name": name, "Type": kind}


def component(name: object = "pump", *columns: object) -> dict[str, object]:
    return {"ComponentName": name, "Columns": list(columns) or [column("Timestamp", "DATETIME"), column()]}


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ("{", "expected JSON"),
        ({}, "schema.Components of"),
        ([], "schema.Components of"),
        ({"Components": []}, "expected a list that is not empty"),
        ({"Components": [3]}, r"Components[0].Columns of"),
        ({"Components": [component("a b")]}, "Components[0].ComponentName of"),
        ({"Components": [component(None)]}, "got None, expected 1 to 200"),
        ({"Components": [component("p", column("T", "DATETIME"), column("a b"))]}, "Components[0].Columns[1].Name of"),
        ({"Components": [component("p", column("T", "DATETIME"))]}, "got no sensor"),
        ({"Components": [component("p", column("T"), column())]}, "got 'DOUBLE', expected DATETIME"),
        ({"Components": [component("p", column("T", "DATETIME"), column("U", "DATETIME"))]}, "expected DOUBLE"),
        ({"Components": [component("p", column("T", "DATETIME"), 3)]}, "expected an object with Name and Type"),
        ({"Components": [component(), component()]}, "got 'pump' twice"),
        ({"Components": [component("p", column("T", "DATETIME"), column(), column())]}, "got 'flow' twice"),
        ({"Components": [component(f"p{number}") for number in range(3001)]}, "got 3001, expected at most 3000"),
        ({"Components": [component(f"p{number}") for number in range(1501)]}, "got 3002 in all, expected at most 3000"),
    ],
)
def test_a_schema_that_the_service_would_refuse_is_refused(tmp_path: Path, schema: object, message: str) -> None:
    assert message in schema_error(tmp_path, schema)


def test_a_schema_file_that_is_missing_or_named_otherwise_is_refused(tmp_path: Path) -> None:
    (tmp_path / "schema.txt").write_text("{}")
    for name in ("none.json", "schema.txt"):
        with pytest.raises(InvalidProperty, match=r"expected a file whose name ends with \.json"):
            DatasetSchema.from_asset(str(tmp_path / name))


def test_a_schema_too_large_for_the_template_is_refused_with_the_factory_to_use() -> None:
    large = SchemaComponent("plant", sensors=[f"sensor-{'x' * 100}-{number}" for number in range(2000)])
    with pytest.raises(InvalidProperty, match=r"got \d+ characters, .* DatasetSchema.from_asset"):
        DatasetSchema.from_components(large)


def test_sensors_that_are_one_text_are_refused() -> None:
    with pytest.raises(InvalidProperty, match=r"sensors of pump1 of .*: got 'flow', expected a list of names"):
        DatasetSchema.from_components(SchemaComponent("pump1", sensors="flow"))


def test_a_schema_without_components_is_refused() -> None:
    with pytest.raises(InvalidProperty, match=r"expected a list that is not empty"):
        DatasetSchema.from_components()


def test_a_schema_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidProperty, match=r"schema of DatasetSource.schema: got '{}', expected a DatasetSchema"):
        DatasetSource.schema("{}")  # type: ignore[arg-type]


def test_a_dataset_of_one_stack_is_the_source_in_another(app: cdk.App) -> None:
    first, second = cdk.Stack(app, "First"), cdk.Stack(app, "Second")
    source = Dataset(first, "Pumps", source=DatasetSource.detected())
    Dataset(second, "Copy", source=DatasetSource.imported(source))
    assert "Fn::ImportValue" in properties(second, "Dataset")["SourceDatasetArn"]
