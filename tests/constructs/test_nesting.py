"""Nested stacks: who owns what does not depend on the name that CloudFormation gives them."""

from __future__ import annotations

import json
import re
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk_lookout import equipment
from cdk_lookout.equipment.policy_document import flat
from tests.constructs.support import of_type, provider_policies, resources, template

ROOT = {"Ref": "LookoutRootStack"}


def dataset(scope: Construct, id: str = "Pumps") -> equipment.Dataset:
    return equipment.Dataset(scope, id, source=equipment.DatasetSource.detected())


def environment(stack: cdk.Stack) -> dict[str, Any]:
    [function] = of_type(resources(stack), "AWS::Lambda::Function").values()
    found: dict[str, Any] = function["Properties"]["Environment"]["Variables"]
    return found


def handed_down(stack: cdk.Stack) -> dict[str, Any]:
    """The parameters of the nested stacks in *stack*, by the beginning of their logical ids."""
    nested = of_type(resources(stack), "AWS::CloudFormation::Stack")
    return {re.sub("NestedStack.*", "", name): one["Properties"].get("Parameters") for name, one in nested.items()}


def conditions(stack: cdk.Stack) -> set[str]:
    """All that the provider's policies in *stack* say of names of stacks."""
    found = set()
    for policy in provider_policies(stack).values():
        for statement in json.loads(policy)["Statement"]:
            for operator in statement.get("Condition", {}).values():
                for key, value in operator.items():
                    if "Tag/" in key:
                        found.add(
                            f"{key} {'|'.join(flat(one) for one in (value if isinstance(value, list) else [value]))}"
                        )
    return found


def test_the_function_of_a_nested_stack_knows_the_name_of_the_root_and_the_path(stack: cdk.Stack) -> None:
    nested = cdk.NestedStack(Construct(stack, "Site"), "Hall")
    dataset(nested)
    assert environment(nested)["NESTED_STACK"] == {"Fn::Join": ["", [ROOT, ".Site-Hall"]]}
    assert list(handed_down(stack).values()) == [{"LookoutRootStack": {"Ref": "AWS::StackName"}}]


def test_the_root_s_name_goes_through_stacks_that_have_no_resources_of_ours(stack: cdk.Stack) -> None:
    outer = cdk.NestedStack(stack, "Outer")
    inner = cdk.NestedStack(outer, "Inner")
    dataset(inner)
    assert environment(inner)["NESTED_STACK"] == {"Fn::Join": ["", [ROOT, ".Outer-Inner"]]}
    assert handed_down(outer) == {"Inner": {"LookoutRootStack": ROOT}}
    assert handed_down(stack) == {"Outer": {"LookoutRootStack": {"Ref": "AWS::StackName"}}}


def test_each_nested_stack_has_the_parameter_once(stack: cdk.Stack) -> None:
    outer = cdk.NestedStack(stack, "Outer")
    for scope in (outer, cdk.NestedStack(outer, "One"), cdk.NestedStack(outer, "Two")):
        dataset(scope)
        dataset(scope, "Fans")
    assert list(template(outer)["Parameters"]) == ["LookoutRootStack"]


def test_a_path_that_is_too_long_for_a_tag_ends_with_a_digest(stack: cdk.Stack) -> None:
    nested = [cdk.NestedStack(stack, f"{'x' * 40}{end}") for end in ("1", "2")]
    for one in nested:
        dataset(one)
    names = {environment(one)["NESTED_STACK"]["Fn::Join"][1][1] for one in nested}
    assert len(names) == 2
    assert all(re.fullmatch(r"\.x{11}-[0-9a-f]{8}", name) for name in names)


def test_a_stack_that_is_not_nested_has_neither_the_parameter_nor_the_variable(app: cdk.App) -> None:
    stack = cdk.Stack(cdk.Stage(app, "Prod"), "Plant")
    dataset(stack)
    assert "NESTED_STACK" not in environment(stack)
    assert "LookoutRootStack" not in template(stack).get("Parameters", {})


def test_what_is_made_in_a_nested_stack_is_born_with_its_lasting_name(stack: cdk.Stack) -> None:
    nested = cdk.NestedStack(stack, "Hall")
    dataset(nested)
    assert "aws:RequestTag/cdk-lookout:owner ${AWS::AccountId}/${AWS::Region}/${LookoutRootStack}.Hall/*" in conditions(
        nested
    )


def test_what_an_earlier_release_made_in_a_nested_stack_stays_its_own(stack: cdk.Stack) -> None:
    nested = cdk.NestedStack(stack, "Hall")
    dataset(nested)
    here = "${AWS::AccountId}/${AWS::Region}/"
    assert (
        f"aws:ResourceTag/cdk-lookout:owner {here}${{LookoutRootStack}}.Hall/*|{here}${{AWS::StackName}}/*"
        in conditions(nested)
    )


def test_so_do_its_leases(stack: cdk.Stack) -> None:
    nested = cdk.NestedStack(stack, "Hall")
    dataset(nested).grant_import(iam.AccountPrincipal("333333333333"))
    assert conditions(nested) >= {
        "aws:RequestTag/cdk-lookout:resource-policy */${LookoutRootStack}.Hall *",
        "aws:ResourceTag/cdk-lookout:resource-policy */${LookoutRootStack}.Hall *|*/${AWS::StackName} *",
    }


def test_a_root_and_a_stack_that_is_nested_in_it_cannot_touch_what_is_the_other_s(stack: cdk.Stack) -> None:
    nested = cdk.NestedStack(stack, "Hall")
    dataset(nested)
    dataset(stack)
    assert all("LookoutRootStack" not in text for text in conditions(stack))
    # The star stands behind a slash, or a space, and what tells them apart in front of it.
    assert all(text.endswith(("}/*", "} *", ".Hall/*", ".Hall *")) for text in conditions(stack) | conditions(nested))


def test_a_role_that_was_made_before_is_reported_with_the_lasting_name() -> None:
    app = cdk.App()
    iam.Role.customize_roles(app, prevent_synthesis=True, use_precreated_roles={"Plant/Hall/LookoutProvider/Role": "x"})
    nested = cdk.NestedStack(cdk.Stack(app, "Plant"), "Hall")
    dataset(nested)
    folder = app.synth().directory
    with open(f"{folder}/iam-policy-report.txt", encoding="utf-8") as report:
        assert "Plant.Hall/*" in report.read()
