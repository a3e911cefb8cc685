"""Permissions: to whom they can be given."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lookoutequipment as lookoutequipment
from aws_cdk import aws_lookoutvision as lookoutvision

from cdk_lookout import InvalidProperty, equipment, vision
from tests.constructs.support import DATASET_ARN, MODEL_ARN, VERSION_ARN, of_type, resources

LABELS_ARN = "arn:aws:lookoutequipment:us-east-1:111111111111:label-group/wear/4e5f"
SCHEDULER_ARN = "arn:aws:lookoutequipment:us-east-1:111111111111:inference-scheduler/line/6a7b"
BOTTLES_ARN = "arn:aws:lookoutvision:us-east-1:111111111111:model/bottles/1"


def things(stack: cdk.Stack) -> list[Any]:
    return [
        equipment.Dataset.from_dataset_arn(stack, "Pumps", DATASET_ARN),
        equipment.Model.from_model_arn(stack, "Wear", MODEL_ARN),
        equipment.ModelVersion.from_model_version_arn(stack, "First", VERSION_ARN),
        equipment.LabelGroup.from_label_group_arn(stack, "Labels", LABELS_ARN),
        equipment.InferenceScheduler.from_inference_scheduler_arn(stack, "Line", SCHEDULER_ARN),
        vision.Project.from_project_name(stack, "Bottles", "bottles"),
        vision.Model.from_model_arn(stack, "Inspection", BOTTLES_ARN),
    ]


def members(of: object) -> dict[str, Callable[..., Any]]:
    return {name: method for name, method in inspect.getmembers(of, inspect.ismethod) if not name.startswith("_")}


def grants(stack: cdk.Stack) -> dict[str, Callable[..., Any]]:
    """Every method that gives a permission to somebody, by the path of what it is of."""
    found = {
        f"{thing.node.path}.{name}": method
        for thing in things(stack)
        for of in (thing, thing.grants)
        for name, method in members(of).items()
        if of is not thing or name.startswith("grant_")
    }
    return {**found, "equipment.grant_list": equipment.grant_list, "vision.grant_list": vision.grant_list}


def test_who_is_named_by_a_text_is_refused_by_every_grant_which_says_what_it_wants(stack: cdk.Stack) -> None:
    methods = grants(stack)
    assert len(methods) >= 30
    for path, method in methods.items():
        where = path if path.endswith("grant_list") else path.rpartition(".")[0]
        with pytest.raises(InvalidProperty) as raised:
            method("222222222222")
        assert str(raised.value) == (
            f"grantee of {where}: got '222222222222', expected a role, a function or another principal, "
            'for instance iam.AccountPrincipal("123456789012")'
        ), path


def test_what_is_no_principal_is_named_with_its_article(stack: cdk.Stack) -> None:
    with pytest.raises(InvalidProperty, match="got an int, expected a role"):
        equipment.grant_list(222222222222)  # type: ignore[arg-type]


def test_every_method_that_grants_is_one_of_the_grants_object(stack: cdk.Stack) -> None:
    for thing in things(stack):
        named = {name.removeprefix("grant_") for name in members(thing) if name.startswith("grant_")}
        assert named == {name.rstrip("_") for name in members(thing.grants)} - {"actions"}, thing.node.path


def test_operations_of_ones_own_choice_are_granted_on_the_resource(stack: cdk.Stack) -> None:
    role = iam.Role(stack, "Reader", assumed_by=iam.AccountRootPrincipal())
    equipment.Model.from_model_arn(stack, "Wear", MODEL_ARN).grants.actions(role, "DescribeModel")
    [policy] = of_type(resources(stack), "AWS::IAM::Policy").values()
    [statement] = policy["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Action"] == "lookoutequipment:DescribeModel"
    assert statement["Resource"] == [MODEL_ARN, f"{MODEL_ARN}/model-version/*"]


def test_a_scheduler_and_a_project_are_taken_where_the_cdk_takes_its_own(stack: cdk.Stack) -> None:
    line = equipment.InferenceScheduler.from_inference_scheduler_arn(stack, "Line", SCHEDULER_ARN)
    bottles = vision.Project.from_project_name(stack, "Bottles", "bottles")
    arn = lookoutequipment.CfnInferenceScheduler.arn_for_inference_scheduler(line)
    assert stack.resolve(arn) == SCHEDULER_ARN
    assert stack.resolve(lookoutvision.CfnProject.arn_for_project(bottles)) == stack.resolve(bottles.project_arn)
