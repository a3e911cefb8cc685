"""Whole stacks, deployed by CloudFormation, with the function in a process of its own and IAM enforced."""

from __future__ import annotations

import json
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_ssm as ssm

from cdk_lookout import equipment
from lookout_local import DeploymentFailed
from lookout_server.faults import Fault
from tests.e2e.conftest import PLANT, Plant

DESTROY = cdk.RemovalPolicy.DESTROY


def fail_after(construct: cdk.Resource) -> None:
    """Something that comes after *construct*, and that only the service can refuse: a source that does not exist."""
    stack = construct.stack
    missing = equipment.Dataset.from_dataset_arn(
        stack, "Missing", f"arn:aws:lookoutequipment:us-east-1:{PLANT}:dataset/missing/1"
    )
    later = equipment.Dataset(stack, "Later", source=equipment.DatasetSource.imported(missing), removal_policy=DESTROY)
    later.node.add_dependency(construct)


class Definition:
    """The stack of most tests: everything imported, with what a test changes."""

    def __init__(
        self,
        plant: Plant,
        *,
        version: int = 1,
        active: bool = True,
        removal_policy: cdk.RemovalPolicy | None = DESTROY,
        failing: bool = False,
    ) -> None:
        self.plant = plant
        self.version = version
        self.active = active
        self.removal_policy = removal_policy
        self.failing = failing

    def __call__(self, stack: cdk.Stack) -> None:
        trained = equipment.Model.from_model_arn(stack, "Trained", self.plant.trained.model_arn)
        source = equipment.Dataset.from_dataset_arn(stack, "TrainedOn", self.plant.trained.dataset_arn)
        pumps = equipment.Dataset(
            stack,
            "Pumps",
            source=equipment.DatasetSource.imported(source),
            removal_policy=self.removal_policy,
        )
        wear = equipment.Model(
            stack,
            "Wear",
            source=equipment.ModelSource.imported(trained.version(1), dataset=pumps),
            removal_policy=self.removal_policy,
        )
        newest = wear.version(1)
        if self.version > 1:
            newest = equipment.ModelVersion(stack, "Newest", model=wear, source=trained.version(self.version))
        if self.active:
            active = equipment.ActiveModelVersion(stack, "Active", model_version=newest)
            cdk.CfnOutput(stack, "ActiveVersion", value=active.active_model_version)
            if self.failing:
                fail_after(active)


def test_a_stack_imports_and_activates(plant: Plant) -> None:
    outputs = plant.deploy(Definition(plant))
    assert outputs == {"ActiveVersion": "1"}
    assert list(plant.models().values()) == [1]


def test_deploying_again_makes_no_call(plant: Plant) -> None:
    plant.deploy(Definition(plant))
    plant.cloud.calls.clear()
    plant.deploy(Definition(plant))
    assert plant.cloud.calls.all() == []


def test_a_further_version_is_imported_and_becomes_active(plant: Plant) -> None:
    plant.deploy(Definition(plant))
    plant.calls()
    assert plant.deploy(Definition(plant, version=2)) == {"ActiveVersion": "2"}
    assert [call for call in plant.calls() if call != "TagResource"] == [
        "ImportModelVersion",
        "UpdateActiveModelVersion",
    ]


def test_a_version_that_does_not_exist_fails_with_the_service_s_words(plant: Plant) -> None:
    plant.deploy(Definition(plant))
    with pytest.raises(DeploymentFailed, match="ImportModelVersion: ResourceNotFoundException") as failure:
        plant.deploy(Definition(plant, version=9))
    assert failure.value.status == "UPDATE_ROLLBACK_COMPLETE"
    assert list(plant.models().values()) == [1]


def test_a_rollback_makes_the_former_version_active_again(plant: Plant) -> None:
    plant.deploy(Definition(plant, version=2))
    plant.cloud.calls.clear()
    with pytest.raises(DeploymentFailed):
        plant.deploy(Definition(plant, version=3, failing=True))
    moves = [
        call.parameters["ModelVersion"]
        for call in plant.cloud.calls.all()
        if call.operation == "UpdateActiveModelVersion"
    ]
    assert moves == [3, 2]
    assert list(plant.models().values()) == [2]


def test_a_first_deployment_that_fails_leaves_nothing(plant: Plant) -> None:
    with pytest.raises(DeploymentFailed):
        plant.deploy(Definition(plant, removal_policy=None, failing=True))
    assert (plant.datasets(), plant.models()) == ([], {})


def test_a_failed_import_is_reported_and_removed(plant: Plant) -> None:
    plant.cloud.faults.add("ImportDataset", Fault.fail("the archive is damaged"))
    with pytest.raises(DeploymentFailed, match="the archive is damaged"):
        plant.deploy(Definition(plant))
    assert plant.datasets() == []


def test_what_was_retained_is_found_again_and_not_imported_twice(plant: Plant) -> None:
    plant.deploy(Definition(plant, removal_policy=None))
    plant.destroy()
    before = (plant.datasets(), list(plant.models()))
    plant.calls()
    plant.deploy(Definition(plant, removal_policy=None))
    assert (plant.datasets(), list(plant.models())) == before
    assert not [call for call in plant.calls() if call.startswith("Import")]


def test_a_failed_deployment_leaves_what_it_found_retained(plant: Plant) -> None:
    plant.deploy(Definition(plant, removal_policy=None))
    plant.destroy()
    before = plant.datasets()
    with pytest.raises(DeploymentFailed):
        plant.deploy(Definition(plant, removal_policy=None, failing=True))
    assert plant.datasets() == before


def test_the_last_construct_of_a_type_can_be_removed(plant: Plant) -> None:
    """The type's policy leaves the template in the same update, and must outlive the Delete."""
    plant.deploy(Definition(plant, version=2))
    plant.deploy(Definition(plant, version=1, active=False))
    assert list(plant.models().values()) == [1]

    def without_any(stack: cdk.Stack) -> None:
        ssm.StringParameter(stack, "Other", string_value="x")

    plant.deploy(without_any)
    assert (plant.datasets(), plant.models()) == ([], {})


def test_an_explicit_name_can_be_changed(plant: Plant) -> None:
    def define(stack: cdk.Stack, name: str) -> None:
        source = equipment.DatasetSource.detected()
        equipment.Dataset(stack, "Named", dataset_name=name, source=source, removal_policy=DESTROY)

    plant.deploy(lambda stack: define(stack, "first"))
    plant.deploy(lambda stack: define(stack, "second"))
    assert plant.datasets() == ["second"]
    plant.destroy()
    assert plant.datasets() == []


def test_what_somebody_else_made_is_refused_and_adopted_only_when_told(plant: Plant) -> None:
    plant.equipment.create_dataset(DatasetName="by-hand")

    def define(stack: cdk.Stack, *, adopt: bool) -> None:
        equipment.Dataset(
            stack,
            "Mine",
            dataset_name="by-hand",
            source=equipment.DatasetSource.detected(),
            adopt_existing=adopt,
            removal_policy=DESTROY,
        )

    with pytest.raises(DeploymentFailed, match="was not made by this stack"):
        plant.deploy(lambda stack: define(stack, adopt=False))
    assert plant.datasets() == ["by-hand"]
    plant.deploy(lambda stack: define(stack, adopt=True))
    plant.destroy()
    assert plant.datasets() == ["by-hand"]


def test_a_schema_of_3000_sensors_is_created_updated_and_rolled_back(plant: Plant, tmp_path: Path) -> None:
    def define(stack: cdk.Stack, *, suffix: str, failing: bool = False) -> None:
        path = tmp_path / f"{suffix}.json"
        sensors = [f"a-sensor-with-a-long-name-{number:04}-{suffix}" for number in range(2999)]
        columns = [{"Name": "Timestamp", "Type": "DATETIME"}, *({"Name": name, "Type": "DOUBLE"} for name in sensors)]
        path.write_text(json.dumps({"Components": [{"ComponentName": "plant", "Columns": columns}]}))
        dataset = equipment.Dataset(
            stack,
            "Wide",
            source=equipment.DatasetSource.schema(equipment.DatasetSchema.from_asset(str(path))),
            removal_policy=DESTROY,
        )
        if failing:
            fail_after(dataset)

    plant.deploy(lambda stack: define(stack, suffix="v1"))
    [first] = plant.datasets()
    plant.deploy(lambda stack: define(stack, suffix="v2"))
    [second] = plant.datasets()
    assert second != first
    with pytest.raises(DeploymentFailed):
        plant.deploy(lambda stack: define(stack, suffix="v3", failing=True))
    assert plant.datasets() == [second]
    schema = json.loads(plant.equipment.describe_dataset(DatasetName=second)["Schema"])
    assert len(schema["Components"][0]["Columns"]) == 3000


def test_tags_of_the_app_reach_the_service(plant: Plant) -> None:
    def define(stack: cdk.Stack) -> None:
        Definition(plant)(stack)
        cdk.Tags.of(stack).add("team", "pumps")

    plant.deploy(define)
    [name] = plant.datasets()
    arn = plant.equipment.describe_dataset(DatasetName=name)["DatasetArn"]
    tags = {item["Key"]: item["Value"] for item in plant.equipment.list_tags_for_resource(ResourceArn=arn)["Tags"]}
    assert tags["team"] == "pumps"


def test_nothing_secret_is_logged(plant: Plant) -> None:
    plant.deploy(Definition(plant))
    logs = plant.cloud.client("logs", account="222222222222")
    messages = [
        event["message"]
        for group in logs.describe_log_groups()["logGroups"]
        for event in logs.filter_log_events(logGroupName=group["logGroupName"])["events"]
    ]
    calls = [json.loads(message) for message in messages if message.startswith("{")]
    assert any(call.get("operation") == "ImportDataset" for call in calls)
    assert not [message for message in messages if "cfn-response" in message or "ResponseURL" in message]


@pytest.mark.parametrize("forged", ["StackId", "ResponseURL"])
def test_a_forged_event_changes_nothing_and_is_not_answered(plant: Plant, forged: str) -> None:
    """The Delete of a dataset, as it would come: but of another stack, or to be answered elsewhere."""
    plant.deploy(Definition(plant, active=False))
    functions = plant.cloud.client("lambda", account=PLANT)
    [function] = [one for one in functions.list_functions()["Functions"] if one["FunctionName"].startswith(plant.name)]
    stack_id = function["Environment"]["Variables"]["STACK_ID"]
    [name] = plant.datasets()
    event = {
        "RequestType": "Delete",
        "StackId": stack_id,
        "RequestId": "1",
        "ResponseURL": f"{plant.cloud.endpoint_url}/_lookout/answer",
        "ResourceType": "Custom::LookoutEquipmentDataset",
        "LogicalResourceId": "Pumps",
        "PhysicalResourceId": name,
        "ResourceProperties": {"DatasetName": name},
    }
    event[forged] = {"StackId": f"{stack_id}0", "ResponseURL": "http://127.0.0.1:9/answer"}[forged]
    plant.calls()
    answer = functions.invoke(FunctionName=function["FunctionName"], Payload=json.dumps(event).encode())
    assert (json.loads(answer["Payload"].read()), "FunctionError" in answer) == ({}, False)
    assert (plant.datasets(), plant.calls()) == ([name], [])


def test_a_dataset_is_encrypted_with_a_key_of_the_stack(plant: Plant) -> None:
    def define(stack: cdk.Stack) -> None:
        key = kms.Key(stack, "Key", removal_policy=DESTROY)
        equipment.Dataset(
            stack,
            "Secret",
            source=equipment.DatasetSource.detected(),
            encryption_key=key,
            removal_policy=DESTROY,
        )
        cdk.CfnOutput(stack, "KeyArn", value=key.key_arn)

    key_arn = plant.deploy(define)["KeyArn"]
    [name] = plant.datasets()
    assert plant.equipment.describe_dataset(DatasetName=name)["ServerSideKmsKeyId"] == key_arn


def test_an_activation_that_is_retained_stays_when_its_construct_goes(plant: Plant) -> None:
    def define(stack: cdk.Stack) -> None:
        Definition(plant, version=2)(stack)
        stack.node.find_child("Active").apply_removal_policy(cdk.RemovalPolicy.RETAIN)  # type: ignore[attr-defined]

    plant.deploy(define)
    plant.deploy(Definition(plant, version=2, active=False))
    assert list(plant.models().values()) == [2]
