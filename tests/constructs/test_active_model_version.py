"""Which version of a model is active."""

from __future__ import annotations

import aws_cdk as cdk
import pytest

from cdk_lookout import InvalidProperty, Wait
from cdk_lookout.equipment import (
    ActiveModelVersion,
    Dataset,
    IModelVersion,
    Model,
    ModelSource,
    ModelVersion,
)
from tests.constructs.support import VERSION_ARN, of_type, only, options, properties, resources

ACTIVE_ATTRIBUTES = [
    ("model_name", "ModelName"),
    ("model_arn", "ModelArn"),
    ("active_model_version", "ActiveModelVersion"),
    ("active_model_version_arn", "ActiveModelVersionArn"),
    ("previous_active_model_version", "PreviousActiveModelVersion"),
    ("previous_active_model_version_arn", "PreviousActiveModelVersionArn"),
    ("model_version_activated_at", "ModelVersionActivatedAt"),
]


def test_an_added_version_becomes_active(stack: cdk.Stack, wear: Model, version_1: IModelVersion) -> None:
    weekly = ModelVersion(stack, "Weekly", model=wear, source=version_1)
    ActiveModelVersion(stack, "Active", model_version=weekly)
    assert properties(stack, "ActiveModelVersion") == {
        "ModelName": {"Fn::GetAtt": ["WeeklyFFAEA5C6", "ModelName"]},
        "ModelVersion": {"Fn::GetAtt": ["WeeklyFFAEA5C6", "ModelVersion"]},
        "Options": {"Attributes": "2", "RemovalPolicy": "destroy"},
    }


def test_a_version_by_number_becomes_active(stack: cdk.Stack, wear: Model) -> None:
    ActiveModelVersion(stack, "Active", model_version=wear.version(2))
    found = properties(stack, "ActiveModelVersion")
    assert (found["ModelName"], found["ModelVersion"]) == ({"Ref": "Wear7BC519F8"}, "2")


def test_what_is_active_can_stay_when_the_construct_goes(stack: cdk.Stack, wear: Model) -> None:
    active = ActiveModelVersion(stack, "Active", model_version=wear.version(2))
    active.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
    assert only(stack, "ActiveModelVersion")["DeletionPolicy"] == "Retain"
    assert options(stack, "ActiveModelVersion")["RemovalPolicy"] == "retain"


@pytest.mark.parametrize(("attribute", "name"), ACTIVE_ATTRIBUTES)
def test_every_attribute_of_an_active_version_is_one_of_the_custom_resource(
    stack: cdk.Stack, wear: Model, attribute: str, name: str
) -> None:
    active = ActiveModelVersion(stack, "Active", model_version=wear.version(2))
    assert stack.resolve(getattr(active, attribute)) == {"Fn::GetAtt": ["Active4522BF2F", name]}


@pytest.mark.parametrize("version", [2, "2", VERSION_ARN])
def test_what_becomes_active_is_a_version_and_no_number(stack: cdk.Stack, version: object) -> None:
    with pytest.raises(
        InvalidProperty, match=r"model_version of Plant/Active: got .*, expected a model version, such as"
    ):
        ActiveModelVersion(stack, "Active", model_version=version)  # type: ignore[arg-type]


def test_a_version_that_nothing_waits_for_cannot_become_active(
    stack: cdk.Stack, wear: Model, version_1: IModelVersion
) -> None:
    weekly = ModelVersion(stack, "Weekly", model=wear, source=version_1, wait=Wait.started())
    with pytest.raises(InvalidProperty, match=r"model_version of Plant/Active: got one with Wait.started\(\)"):
        ActiveModelVersion(stack, "Active", model_version=weekly)


def test_the_version_of_a_model_that_nothing_waits_for_cannot_become_active(
    stack: cdk.Stack, pumps: Dataset, version_1: IModelVersion
) -> None:
    model = Model(stack, "Wear", source=ModelSource.imported(version_1, dataset=pumps), wait=Wait.started())
    with pytest.raises(InvalidProperty, match=r"got one with Wait.started\(\)"):
        ActiveModelVersion(stack, "Active", model_version=model.version(1))


def test_only_one_construct_decides_which_version_is_active(
    stack: cdk.Stack, wear: Model, version_1: IModelVersion
) -> None:
    ActiveModelVersion(stack, "Active", model_version=wear.version(1))
    weekly = ModelVersion(stack, "Weekly", model=wear, source=version_1)
    with pytest.raises(InvalidProperty, match=r"got a second one of the model, after Plant/Active, expected one"):
        ActiveModelVersion(stack, "Again", model_version=weekly)


def test_a_stack_of_models_holds_one_resource_per_construct(
    stack: cdk.Stack, wear: Model, version_1: IModelVersion
) -> None:
    weekly = ModelVersion(stack, "Weekly", model=wear, source=version_1)
    ActiveModelVersion(stack, "Active", model_version=weekly)
    found = resources(stack)
    custom = [one for one in found.values() if one["Type"].startswith("Custom::")]
    assert len(custom) == 4
    assert len(of_type(found, "AWS::IAM::Role")) == 1
