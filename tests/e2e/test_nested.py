"""Nested stacks: CloudFormation gives them another name each time that it makes them."""

from __future__ import annotations

from collections.abc import Callable

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ssm as ssm

from cdk_lookout import equipment
from cdk_lookout.provider import provider, role
from tests.e2e.conftest import Plant
from tests.e2e.test_stacks import Definition

Define = Callable[[cdk.Stack], None]


def nesting(*inside: Define) -> Define:
    """A stack in which each of *inside* is in a nested stack of its own, in one that has nothing else."""

    def define(stack: cdk.Stack) -> None:
        ssm.StringParameter(stack, "Root", string_value="there")
        outer = cdk.NestedStack(stack, "Site") if inside else None
        for number, fill in enumerate(inside):
            fill(cdk.NestedStack(outer or stack, f"Hall{number}"))

    return define


def pumps(stack: cdk.Stack) -> None:
    equipment.Dataset(stack, "Pumps", source=equipment.DatasetSource.detected())


def owners(plant: Plant) -> list[str]:
    """Who owns the datasets and models."""
    client = plant.equipment
    arns = [item["DatasetArn"] for item in client.list_datasets()["DatasetSummaries"]]
    arns += [item["ModelArn"] for item in client.list_models()["ModelSummaries"]]
    tags = [tag for arn in arns for tag in client.list_tags_for_resource(ResourceArn=arn)["Tags"]]
    return [tag["Value"].split("/")[2] for tag in tags if tag["Key"] == "cdk-lookout:owner"]


def leases(plant: Plant) -> list[str]:
    """Which stacks have a version of a model active."""
    client = plant.equipment
    arns = [item["ModelArn"] for item in client.list_models()["ModelSummaries"]]
    tags = [tag for arn in arns for tag in client.list_tags_for_resource(ResourceArn=arn)["Tags"]]
    return [
        tag["Value"].split(" ")[0].split("/")[2] for tag in tags if tag["Key"] == "cdk-lookout:active-model-version"
    ]


def test_nested_stacks_that_are_made_anew_find_what_they_retained(plant: Plant) -> None:
    plant.deploy(nesting(pumps, pumps))
    made = plant.datasets()
    assert len(made) == 2
    assert sorted(owners(plant)) == [f"{plant.name}.Site-Hall0", f"{plant.name}.Site-Hall1"]
    plant.deploy(nesting())
    assert plant.datasets() == made
    plant.calls()
    plant.deploy(nesting(pumps, pumps))
    assert plant.datasets() == made
    assert set(plant.calls()) <= {"TagResource"}


def test_what_an_earlier_release_deployed_in_a_nested_stack_stays_there(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(provider, "lineage", lambda stack: None)
        earlier.setattr(role, "owner_names", lambda stack, spelled_out: [cdk.Aws.STACK_NAME])
        plant.deploy(nesting(Definition(plant)))
    made = (plant.datasets(), plant.models())
    assert all(owner.startswith(f"{plant.name}-Site") for owner in owners(plant) + leases(plant))

    plant.calls()
    plant.deploy(nesting(Definition(plant)))
    assert plant.calls() == []

    plant.deploy(nesting(Definition(plant, version=2)))
    assert (plant.datasets(), plant.models().keys()) == (made[0], made[1].keys())
    assert list(plant.models().values()) == [2]
    assert set(leases(plant)) == {f"{plant.name}.Site-Hall0"}

    plant.deploy(nesting())
    assert (plant.datasets(), plant.models()) == ([], {})
