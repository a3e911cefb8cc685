"""Models that are trained: what the template says for what was written, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from cdk_lookout import InvalidProperty, LookoutProvider, Wait
from cdk_lookout.equipment import (
    ActiveModelVersion,
    Dataset,
    DatasetSchema,
    DatasetSource,
    IDataset,
    LabelsInput,
    Model,
    ModelDiagnosticsOutput,
    ModelSource,
    OffCondition,
    SchemaComponent,
    TimeRange,
)
from cdk_lookout.equipment.policy_document import flat
from tests.constructs.support import of_type, options, properties, resources, warnings

YEAR = TimeRange.from_iso("2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z")
SPRING = TimeRange.from_iso("2025-01-01T00:00:00Z", "2025-04-01T00:00:00Z")
SCHEMA = DatasetSchema.from_components(SchemaComponent("pump", ["pressure", "flow"]), SchemaComponent("motor", ["rpm"]))


@pytest.fixture
def plant(stack: cdk.Stack) -> Dataset:
    """A dataset whose sensors are known."""
    return Dataset(stack, "Plant", source=DatasetSource.schema(SCHEMA))


@pytest.fixture
def bucket(stack: cdk.Stack) -> s3.Bucket:
    return s3.Bucket(stack, "Files")


def trained(stack: cdk.Stack, dataset: IDataset, **source: Any) -> dict[str, Any]:
    """The properties of a model that is trained so."""
    Model(stack, "Wear", source=ModelSource.trained(dataset, **source))
    return properties(stack, "Model")


def test_a_model_is_trained_with_all_that_its_dataset_has(stack: cdk.Stack, pumps: Dataset) -> None:
    assert trained(stack, pumps) == {
        "DatasetName": {"Ref": "PumpsEF220EBF"},
        "Options": {"Attributes": "2", "Name": "Wear", "RemovalPolicy": "retain", "WaitSeconds": "0"},
    }


def test_a_training_says_what_create_model_takes(stack: cdk.Stack, plant: Dataset) -> None:
    found = trained(
        stack,
        plant,
        training_data=YEAR,
        evaluation_data=SPRING,
        labels=LabelsInput.from_label_group("faults"),
        schema=DatasetSchema.from_components(SchemaComponent("pump", ["flow"])),
        target_sampling_rate=cdk.Duration.minutes(5),
        off_condition=OffCondition.below("pump", "flow", 10),
    )
    schema = json.loads(found.pop("DatasetSchema")["InlineDataSchema"])
    assert [column["Name"] for column in schema["Components"][0]["Columns"]] == ["Timestamp", "flow"]
    del found["Options"], found["DatasetName"]
    assert found == {
        "TrainingDataStartTime": "2024-01-01T00:00:00Z",
        "TrainingDataEndTime": "2025-01-01T00:00:00Z",
        "EvaluationDataStartTime": "2025-01-01T00:00:00Z",
        "EvaluationDataEndTime": "2025-04-01T00:00:00Z",
        "LabelsInputConfiguration": {"LabelGroupName": "faults"},
        "DataPreProcessingConfiguration": {"TargetSamplingRate": "PT5M"},
        "OffCondition": "pump\\flow < 10.0",
    }


def test_a_training_is_waited_for_by_a_relay_of_12_hours(stack: cdk.Stack, pumps: Dataset) -> None:
    trained(stack, pumps)
    waits = of_type(resources(stack), "Custom::LookoutWait").values()
    assert sum(int(wait["Properties"]["Options"]["WaitSeconds"]) for wait in waits) == 12 * 3600


def test_at_an_endpoint_of_ones_own_it_needs_no_relay(stack: cdk.Stack) -> None:
    LookoutProvider(stack, endpoint_url="https://lookout.example.internal")
    found = trained(stack, Dataset(stack, "Pumps", source=DatasetSource.detected()))
    assert found["Options"]["WaitSeconds"] == "3300"
    assert of_type(resources(stack), "Custom::LookoutWait") == {}


def test_a_training_need_not_be_waited_for(stack: cdk.Stack, pumps: Dataset) -> None:
    Model(stack, "Wear", source=ModelSource.trained(pumps), wait=Wait.started())
    assert of_type(resources(stack), "Custom::LookoutWait") == {}


def test_what_is_known_of_a_training_only_when_it_is_done_is_refused_when_nothing_waits(
    stack: cdk.Stack, pumps: Dataset
) -> None:
    model = Model(stack, "Wear", source=ModelSource.trained(pumps), wait=Wait.started())
    for attribute in ("model_quality", "recall", "model_diagnostics_results_key"):
        with pytest.raises(InvalidProperty, match=r"of Plant/Wear: got Wait.started\(\)"):
            getattr(model, attribute)


def test_a_version_of_a_trained_model_becomes_active_after_the_training(stack: cdk.Stack, pumps: Dataset) -> None:
    model = Model(stack, "Wear", source=ModelSource.trained(pumps))
    ActiveModelVersion(stack, "Active", model_version=model.version(1))
    [wait, attribute] = properties(stack, "ActiveModelVersion")["ModelName"]["Fn::GetAtt"]
    assert (resources(stack)[wait]["Properties"]["Options"].get("Last"), attribute) == ("true", "PhysicalId")


def test_labels_and_diagnostics_take_one_role_that_reads_and_writes_just_these(
    stack: cdk.Stack, pumps: Dataset, bucket: s3.Bucket
) -> None:
    found = trained(
        stack,
        pumps,
        labels=LabelsInput.from_bucket(bucket, "labels/"),
        diagnostics=ModelDiagnosticsOutput.to_bucket(bucket, "diagnostics/"),
    )
    assert found["ModelDiagnosticsOutputConfiguration"] == {
        "S3OutputConfiguration": {"Bucket": stack.resolve(bucket.bucket_name), "Prefix": "diagnostics/"}
    }
    role = resources(stack)[found["RoleArn"]["Fn::GetAtt"][0]]["Properties"]
    statements = role["Policies"][0]["PolicyDocument"]["Statement"]
    allowed = {(item["Action"], flat(item["Resource"])) for item in statements if item["Action"] != "s3:ListBucket"}
    arn = f"${{{stack.get_logical_id(bucket.node.default_child)}.Arn}}"  # type: ignore[arg-type]
    assert allowed == {("s3:GetObject", f"{arn}/labels/*"), ("s3:PutObject", f"{arn}/diagnostics/*")}


def test_diagnostics_may_have_a_key_which_the_role_may_use(stack: cdk.Stack, pumps: Dataset, bucket: s3.Bucket) -> None:
    key = kms.Key(stack, "Key")
    found = trained(stack, pumps, diagnostics=ModelDiagnosticsOutput.to_bucket(bucket, encryption_key=key))
    arn = stack.resolve(key.key_arn)
    assert found["ModelDiagnosticsOutputConfiguration"]["KmsKeyId"] == arn
    role = resources(stack)[found["RoleArn"]["Fn::GetAtt"][0]]["Properties"]
    statements = role["Policies"][0]["PolicyDocument"]["Statement"]
    [granted] = [item["Action"] for item in statements if item["Resource"] == arn]
    assert set(granted) == {"kms:GenerateDataKey", "kms:Decrypt"}


def test_a_role_that_is_given_gets_the_permissions(stack: cdk.Stack, pumps: Dataset, bucket: s3.Bucket) -> None:
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("lookoutequipment.amazonaws.com"))
    source = ModelSource.trained(pumps, diagnostics=ModelDiagnosticsOutput.to_bucket(bucket, "wear/"))
    model = Model(stack, "Wear", source=source, role=role)
    assert model.role is role
    [policy] = [
        p for n, p in of_type(resources(stack), "AWS::IAM::Policy").items() if n.startswith("RoleDefaultPolicy")
    ]
    assert "s3:PutObject" in json.dumps(policy)


def test_a_label_group_alone_takes_no_role(stack: cdk.Stack, pumps: Dataset) -> None:
    assert "RoleArn" not in trained(stack, pumps, labels=LabelsInput.from_label_group("faults"))


@pytest.mark.parametrize(
    ("duration", "rate"),
    [
        (cdk.Duration.seconds(1), "PT1S"),
        (cdk.Duration.seconds(30), "PT30S"),
        (cdk.Duration.seconds(60), "PT1M"),
        (cdk.Duration.minutes(30), "PT30M"),
        (cdk.Duration.minutes(60), "PT1H"),
    ],
    ids=["1 second", "30 seconds", "60 seconds", "30 minutes", "60 minutes"],
)
def test_a_sampling_rate_is_spelled_as_the_service_spells_it(
    stack: cdk.Stack, pumps: Dataset, duration: cdk.Duration, rate: str
) -> None:
    found = trained(stack, pumps, target_sampling_rate=duration)
    assert found["DataPreProcessingConfiguration"] == {"TargetSamplingRate": rate}


@pytest.mark.parametrize(
    "duration",
    [cdk.Duration.seconds(2), cdk.Duration.hours(2), cdk.Duration.millis(500), "PT1M", 60],
    ids=["2 seconds", "2 hours", "half a second", "text", "number"],
)
def test_a_sampling_rate_that_the_service_does_not_have_is_refused(pumps: Dataset, duration: Any) -> None:
    with pytest.raises(
        InvalidProperty, match=r"target_sampling_rate of ModelSource.trained: got .*, expected one of PT1S, PT5S,"
    ):
        ModelSource.trained(pumps, target_sampling_rate=duration)


def test_an_evaluation_that_begins_before_the_training_data_is_refused(pumps: Dataset) -> None:
    with pytest.raises(
        InvalidProperty,
        match=r"evaluation_data of ModelSource.trained: got '2024-01-01T00:00:00Z', expected a start after that of "
        r"training_data, 2025-01-01T00:00:00Z",
    ):
        ModelSource.trained(pumps, training_data=SPRING, evaluation_data=YEAR)


@pytest.mark.parametrize(
    ("prop", "kind"),
    [
        ("training_data", "TimeRange"),
        ("evaluation_data", "TimeRange"),
        ("labels", "LabelsInput"),
        ("schema", "DatasetSchema"),
        ("off_condition", "OffCondition"),
        ("diagnostics", "ModelDiagnosticsOutput"),
    ],
)
def test_what_is_of_another_kind_is_refused(pumps: Dataset, prop: str, kind: str) -> None:
    with pytest.raises(InvalidProperty, match=f"{prop} of ModelSource.trained: got 'x', expected an? {kind}"):
        ModelSource.trained(pumps, **{prop: "x"})  # type: ignore[arg-type]


def test_the_dataset_of_a_training_is_no_name() -> None:
    with pytest.raises(InvalidProperty, match=r"dataset of ModelSource.trained: got 'pumps', expected a dataset"):
        ModelSource.trained("pumps")  # type: ignore[arg-type]


def test_a_sensor_that_the_dataset_does_not_have_is_refused(plant: Dataset) -> None:
    schema = DatasetSchema.from_components(SchemaComponent("pump", ["flow", "torque"]))
    with pytest.raises(InvalidProperty) as error:
        ModelSource.trained(plant, schema=schema)
    assert str(error.value) == (
        "schema of ModelSource.trained: got pump\\torque, expected a sensor of the dataset: motor\\rpm, pump\\flow, "
        "pump\\pressure"
    )


def test_an_off_condition_names_a_sensor_that_is_used(plant: Dataset) -> None:
    schema = DatasetSchema.from_components(SchemaComponent("pump", ["flow"]))
    with pytest.raises(InvalidProperty, match=r"off_condition of .*: got motor\\rpm, expected a sensor of the schema"):
        ModelSource.trained(plant, schema=schema, off_condition=OffCondition.below("motor", "rpm", 5))


def test_the_sensors_of_a_dataset_that_is_not_of_the_stack_are_not_known(stack: cdk.Stack, pumps: Dataset) -> None:
    found = trained(stack, pumps, off_condition=OffCondition.above("any", "thing", 5))
    assert found["OffCondition"] == "any\\thing > 5.0"


def test_a_schema_in_a_file_goes_into_the_template(stack: cdk.Stack, pumps: Dataset, tmp_path: Path) -> None:
    file = tmp_path / "schema.json"
    file.write_text(json.dumps({"Components": SCHEMA.components}, indent=2), encoding="utf-8")
    found = trained(stack, pumps, schema=DatasetSchema.from_asset(str(file)))
    assert json.loads(found["DatasetSchema"]["InlineDataSchema"]) == {"Components": SCHEMA.components}


def test_a_training_with_more_than_300_sensors_is_refused(pumps: Dataset) -> None:
    schema = DatasetSchema.from_components(SchemaComponent("pump", [f"s{number}" for number in range(301)]))
    with pytest.raises(InvalidProperty, match=r"schema of .*: got 301 sensors, expected at most 300 in a training"):
        ModelSource.trained(pumps, schema=schema)


@pytest.mark.parametrize(("end", "warned"), [("2024-06-28T00:00:00Z", True), ("2024-06-29T00:00:00Z", False)])
def test_a_training_of_less_than_180_days_is_warned_of(
    stack: cdk.Stack, pumps: Dataset, end: str, warned: bool
) -> None:
    trained(stack, pumps, training_data=TimeRange.from_iso("2024-01-01T00:00:00Z", end))
    found = [text for text in warnings(stack) if "cdk-lookout:training-span" in text]
    assert bool(found) is warned
    assert all("got 179 days, expected 180" in text for text in found)


def test_diagnostics_have_a_prefix_that_ends_with_a_slash(bucket: s3.Bucket) -> None:
    with pytest.raises(InvalidProperty, match=r"prefix of ModelDiagnosticsOutput.to_bucket: got 'wear'"):
        ModelDiagnosticsOutput.to_bucket(bucket, "wear")


@pytest.mark.parametrize(
    ("attribute", "name"),
    [
        ("model_quality", "ModelQuality"),
        ("labeled_events", "LabeledEvents"),
        ("identified_events", "IdentifiedEvents"),
        ("warning_time_in_seconds", "WarningTimeInSeconds"),
        ("unknown_events", "UnknownEvents"),
        ("unknown_time_in_seconds", "UnknownTimeInSeconds"),
        ("recall", "Recall"),
        ("precision", "Precision"),
        ("mean_fractional_lead_time", "MeanFractionalLeadTime"),
        ("auc", "Auc"),
        ("prior_recall", "PriorRecall"),
        ("prior_precision", "PriorPrecision"),
        ("prior_mean_fractional_lead_time", "PriorMeanFractionalLeadTime"),
        ("prior_auc", "PriorAuc"),
        ("model_diagnostics_results_bucket", "ModelDiagnosticsResultsBucket"),
        ("model_diagnostics_results_key", "ModelDiagnosticsResultsKey"),
    ],
)
def test_the_attributes_of_a_training_come_from_the_end_of_its_relay(
    stack: cdk.Stack, pumps: Dataset, attribute: str, name: str
) -> None:
    model = Model(stack, "Wear", source=ModelSource.trained(pumps))
    [wait, found] = stack.resolve(getattr(model, attribute))["Fn::GetAtt"]
    assert (resources(stack)[wait]["Properties"]["Options"].get("Last"), found) == ("true", name)


@pytest.mark.parametrize(
    ("attribute", "name"),
    [
        ("latest_scheduled_retraining_status", "LatestScheduledRetrainingStatus"),
        ("latest_scheduled_retraining_model_version", "LatestScheduledRetrainingModelVersion"),
        ("latest_scheduled_retraining_start_time", "LatestScheduledRetrainingStartTime"),
        (
            "latest_scheduled_retraining_available_data_in_days",
            "LatestScheduledRetrainingAvailableDataInDays",
        ),
    ],
)
def test_what_a_retraining_brought_comes_from_the_model_s_own_last_change(
    stack: cdk.Stack, pumps: Dataset, attribute: str, name: str
) -> None:
    model = Model(stack, "Wear", source=ModelSource.trained(pumps))
    assert stack.resolve(getattr(model, attribute)) == {"Fn::GetAtt": ["Wear7BC519F8", name]}


def test_a_model_tells_the_rate_that_it_was_given(stack: cdk.Stack, pumps: Dataset) -> None:
    hour = cdk.Duration.hours(1)
    model = Model(stack, "Wear", source=ModelSource.trained(pumps, target_sampling_rate=hour))
    assert model.target_sampling_rate is hour


def test_a_trained_model_is_made_under_the_options_of_every_model(stack: cdk.Stack, pumps: Dataset) -> None:
    Model(stack, "Wear", source=ModelSource.trained(pumps), model_name="wear", adopt_existing=True)
    found = options(stack, "Model")
    assert (found["AdoptExisting"], "Name" in found) == ("true", False)
