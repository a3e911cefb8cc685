"""Trainings of hours, in compressed time: CloudFormation, the state machine and the service all wait for them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import aws_cdk as cdk
import pytest

from cdk_lookout import Wait, equipment
from demo.training import seed
from lookout_local import DeploymentFailed, LocalCloud
from lookout_server.faults import Fault
from lookout_server.settings import Progress

#: An hour takes 3.6 seconds.
SCALE = 0.001
HOUR = 3600
BEGUN = ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS")
START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def cloud() -> Iterator[LocalCloud]:
    """A cloud with a dataset that holds data, and in which only trainings take long."""
    with LocalCloud(time_scale=SCALE) as cloud:
        seed(lambda service: cloud.client(service), versions=1)
        yield cloud


class Plant:
    """The stack of these tests."""

    def __init__(self, cloud: LocalCloud, name: str) -> None:
        self.cloud = cloud
        self.name = name

    def stack(self, training_days: int | None) -> cdk.Stack:
        stack = cdk.Stack(cdk.App(), self.name)
        if training_days is not None:
            pumps = equipment.Dataset.from_dataset_name(stack, "Pumps", "pumps")
            trained_with = equipment.TimeRange.between(START, START + timedelta(days=training_days))
            wear = equipment.Model(
                stack,
                "Wear",
                source=equipment.ModelSource.trained(pumps, training_data=trained_with),
                removal_policy=cdk.RemovalPolicy.DESTROY,
                wait=Wait.until_ready(timeout=cdk.Duration.hours(8)),
            )
            active = equipment.ActiveModelVersion(stack, "Active", model_version=wear.version(1))
            cdk.CfnOutput(stack, "Model", value=active.model_name)
            cdk.CfnOutput(stack, "Status", value=wear.model_status)
        return stack

    def deploy(self, training_days: int = 180) -> dict[str, str]:
        return self.cloud.deploy(self.stack(training_days))

    def destroy(self) -> None:
        self.cloud.destroy(self.stack(None))

    def models(self) -> dict[str, str]:
        found = self.cloud.client("lookoutequipment").list_models()["ModelSummaries"]
        return {item["ModelName"]: item["Status"] for item in found if item["ModelName"] != "wear"}

    def waits(self) -> int:
        """How many deployments have come to the first of the links that wait for a training."""
        client = self.cloud.client("cloudformation")
        if self.name not in [stack["StackName"] for stack in client.list_stacks()["StackSummaries"]]:
            return 0
        pages = client.get_paginator("describe_stack_events").paginate(StackName=self.name)
        events = [event for page in pages for event in page["StackEvents"]]
        begun = [event["LogicalResourceId"] for event in events if event["ResourceStatus"] in BEGUN]
        return len([logical_id for logical_id in begun if logical_id.startswith("WearWait8")])

    def trainings(self) -> dict[str, timedelta]:
        """How long each training took, by the service's clock."""
        client = self.cloud.client("lookoutequipment")
        found = {name: client.describe_model_version(ModelName=name, ModelVersion=1) for name in self.models()}
        return {
            name: item["TrainingExecutionEndTime"] - item["TrainingExecutionStartTime"] for name, item in found.items()
        }


@pytest.fixture
def plant(cloud: LocalCloud, request: pytest.FixtureRequest) -> Iterator[Plant]:
    plant = Plant(cloud, "".join(part.title() for part in request.node.name.split("_"))[:30])
    cloud.calls.clear()
    yield plant
    cloud.faults.clear()
    plant.destroy()
    assert plant.models() == {}


def take(cloud: LocalCloud, hours: int) -> None:
    cloud.settings.training_progress = Progress.by_seconds(hours * HOUR)


def polls(cloud: LocalCloud) -> int:
    """How often the provider looked at the model: once a poll, and a few times to make it."""
    return len([call for call in cloud.calls.all() if call.operation == "DescribeModelVersion"])


def test_a_training_of_seven_hours_is_deployed(plant: Plant, cloud: LocalCloud) -> None:
    take(cloud, 7)
    outputs = plant.deploy()
    assert outputs["Status"] == "SUCCESS"
    assert list(plant.models()) == [outputs["Model"]]
    assert plant.trainings()[outputs["Model"]] == timedelta(hours=7)
    assert polls(cloud) < 75 * 7


def test_a_training_that_fails_after_three_hours_rolls_the_stack_back_with_the_reason(
    plant: Plant, cloud: LocalCloud
) -> None:
    take(cloud, 3)
    cloud.faults.add("CreateModel", Fault.fail("the sensors were upside down"))
    with pytest.raises(DeploymentFailed, match="failed: the sensors were upside down") as failure:
        plant.deploy()
    assert failure.value.status == "ROLLBACK_COMPLETE"
    assert plant.models() == {}


def test_an_update_that_trains_anew_is_waited_for_again(plant: Plant, cloud: LocalCloud) -> None:
    take(cloud, 1)
    first = plant.deploy()
    take(cloud, 3)
    second = plant.deploy(training_days=190)
    assert second["Model"] != first["Model"]
    assert plant.models() == {second["Model"]: "SUCCESS"}
    assert plant.trainings()[second["Model"]] == timedelta(hours=3)


def test_an_update_whose_training_fails_leaves_the_former_model(plant: Plant, cloud: LocalCloud) -> None:
    take(cloud, 1)
    first = plant.deploy()
    cloud.faults.add("CreateModel", Fault.fail("the sensors were upside down"))
    take(cloud, 3)
    with pytest.raises(DeploymentFailed, match="the sensors were upside down") as failure:
        plant.deploy(training_days=190)
    assert failure.value.status == "UPDATE_ROLLBACK_COMPLETE"
    assert plant.models() == {first["Model"]: "SUCCESS"}


def test_a_stack_that_is_deleted_in_the_middle_of_a_training_ends_deleted(plant: Plant, cloud: LocalCloud) -> None:
    take(cloud, 3)
    with ThreadPoolExecutor(1) as pool:
        deployment = pool.submit(plant.deploy)
        until(lambda: plant.waits() == 1)
        plant.destroy()
        with pytest.raises(DeploymentFailed, match="the stack was deleted meanwhile"):
            deployment.result()
    assert plant.models() == {}
    stacks = cloud.client("cloudformation").list_stacks(StackStatusFilter=["DELETE_COMPLETE"])["StackSummaries"]
    assert plant.name in [stack["StackName"] for stack in stacks]


def test_an_update_that_is_cancelled_in_the_middle_of_a_training_leaves_the_former_model(
    plant: Plant, cloud: LocalCloud
) -> None:
    take(cloud, 1)
    first = plant.deploy()
    take(cloud, 3)
    with ThreadPoolExecutor(1) as pool:
        deployment = pool.submit(plant.deploy, training_days=190)
        until(lambda: plant.waits() == 2)
        assert len(plant.models()) == 2
        cloud.client("cloudformation").cancel_update_stack(StackName=plant.name)
        with pytest.raises(DeploymentFailed, match="Resource update cancelled") as failure:
            deployment.result()
    assert failure.value.status == "UPDATE_ROLLBACK_COMPLETE"
    assert plant.models() == {first["Model"]: "SUCCESS"}


def until(done: Any) -> None:
    for _ in range(600):
        if done():
            return
        time.sleep(0.05)
    raise AssertionError("still not done")


def test_what_the_state_machine_remembers_is_small(plant: Plant, cloud: LocalCloud) -> None:
    """Identity, the answer's URL and progress; properties only while something is still to be made or removed."""
    take(cloud, 1)
    plant.deploy()
    states = cloud.client("stepfunctions")
    [machine] = [item for item in states.list_state_machines()["stateMachines"] if plant.name in item["name"]]
    executions = states.list_executions(stateMachineArn=machine["stateMachineArn"])["executions"]
    inputs = [states.describe_execution(executionArn=item["executionArn"])["input"] for item in executions]
    assert inputs
    waiting = [text for text in inputs if json.loads(text).get("Phase") == "settle"]
    assert waiting
    for text in waiting:
        assert set(json.loads(text)["Event"]["ResourceProperties"]) == {"Options"}
        assert len(text) < 4096
