"""An upgrade of this library alone changes nothing that CloudFormation would send an Update for."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_sns as sns

import cdk_lookout.equipment
import cdk_lookout.vision
from cdk_lookout import InvalidProperty, Wait, equipment
from cdk_lookout.provider.resource_type import ResourceType
from lookout_provider.resources import TYPES, type_of
from tests.constructs.golden import GOLDEN, custom_resources
from tests.constructs.support import VERSION_ARN, Json, of_type, resources

#: What an app says that was deployed by the first release, whose resources knew fewer attributes.
FIRST = {"cdk-lookout:attributes": "1"}
MODEL, LINK = "Custom::LookoutEquipmentModel", "Custom::LookoutWait"


def golden(release: str, name: str) -> Any:
    return json.loads((GOLDEN / release / f"{name}.json").read_text(encoding="utf-8"))


def resource_types() -> dict[str, ResourceType]:
    """Every type that the constructs have."""
    modules = [
        importlib.import_module(f"{package.__name__}.{found.name}")
        for package in (cdk_lookout.equipment, cdk_lookout.vision)
        for found in pkgutil.iter_modules(package.__path__)
    ]
    found = [one for module in modules for one in vars(module).values() if isinstance(one, ResourceType)]
    return {one.cloudformation_name: one for one in found}


@pytest.mark.parametrize(("release", "context"), [("0.1.0", FIRST), ("0.2.0", None)])
def test_what_a_release_has_deployed_is_what_its_app_says_now(release: str, context: Json | None) -> None:
    assert custom_resources(release, context) == golden(release, "templates")


def test_there_is_one_of_every_type_in_the_golden_templates() -> None:
    present = {one["Type"] for found in golden("0.2.0", "templates").values() for one in found.values()}
    assert present == set(TYPES)


# -- attributes that came later -----------------------------------------------------------------------------


def test_an_attribute_that_a_release_adds_has_a_number_that_rises_for_it() -> None:
    """Else nothing makes the resources that are there answer again, and CloudFormation finds no such attribute."""
    first, second = golden("0.1.0", "attributes"), golden("0.2.0", "attributes")
    for name, resource_type in resource_types().items():
        before = {1: set(first.get(name, second[name])), 2: set(second[name])}
        for attribute in type_of(name).attributes:
            since = min((number for number, known in before.items() if attribute in known), default=3)
            assert resource_type.newer.get(attribute, 1) == since, f"{name}: {attribute}"


def test_no_attribute_is_ever_taken_away() -> None:
    for release in ("0.1.0", "0.2.0"):
        for name, attributes in golden(release, "attributes").items():
            assert set(attributes) <= set(type_of(name).attributes)


@pytest.fixture
def app() -> cdk.App:
    """An app that the first release has deployed."""
    return cdk.App(context=FIRST)


def model(stack: cdk.Stack, id: str = "Wear", wait: Wait | None = None) -> equipment.Model:
    dataset = equipment.Dataset.from_dataset_name(stack, f"{id}Pumps", "pumps")
    version = equipment.ModelVersion.from_model_version_arn(stack, f"{id}Source", VERSION_ARN)
    source = equipment.ModelSource.imported(version, dataset=dataset)
    return equipment.Model(stack, id, source=source, wait=wait)


def numbers(stack: cdk.Stack, kind: str = MODEL) -> dict[str, str]:
    """The number of each resource of a type, by logical id."""
    found = of_type(resources(stack), kind)
    return {name: one["Properties"]["Options"]["Attributes"] for name, one in found.items()}


def number(stack: cdk.Stack, kind: str = MODEL) -> str:
    [found] = numbers(stack, kind).values()
    return found


def output(stack: cdk.Stack, value: str) -> None:
    cdk.CfnOutput(stack, "Value", value=value)


def logical_id(model: equipment.Model) -> str:
    child = model.node.default_child
    assert isinstance(child, cdk.CfnResource)
    return str(cdk.Stack.of(model).resolve(child.logical_id))


def by_property(model: equipment.Model) -> None:
    output(cdk.Stack.of(model), model.recall)


def by_property_in_a_text(model: equipment.Model) -> None:
    output(cdk.Stack.of(model), f"recall is {model.recall}")


def by_property_in_an_override(model: equipment.Model) -> None:
    topic = sns.CfnTopic(cdk.Stack.of(model), "Topic")
    topic.add_property_override("DisplayName", model.recall)


def by_get_att_of_the_child(model: equipment.Model) -> None:
    child = model.node.default_child
    assert isinstance(child, cdk.CfnResource)
    output(cdk.Stack.of(model), child.get_att("Recall").to_string())


def by_fn_get_att(model: equipment.Model) -> None:
    output(cdk.Stack.of(model), cdk.Fn.get_att(logical_id(model), "Recall").to_string())


def by_fn_get_att_in_a_resource(model: equipment.Model) -> None:
    sns.CfnTopic(cdk.Stack.of(model), "Topic", display_name=cdk.Fn.get_att(logical_id(model), "Recall").to_string())


def by_fn_sub(model: equipment.Model) -> None:
    output(cdk.Stack.of(model), cdk.Fn.sub(f"recall is ${{{logical_id(model)}.Recall}}"))


def by_another_stack(model: equipment.Model) -> None:
    other = cdk.Stack(cdk.Stack.of(model).node.scope, "Other")  # type: ignore[arg-type]
    output(other, model.recall)


def by_another_stack_and_the_child(model: equipment.Model) -> None:
    other = cdk.Stack(cdk.Stack.of(model).node.scope, "Other")  # type: ignore[arg-type]
    child = model.node.default_child
    assert isinstance(child, cdk.CfnResource)
    output(other, child.get_att("Recall").to_string())


def by_a_nested_stack(model: equipment.Model) -> None:
    output(cdk.NestedStack(cdk.Stack.of(model), "Nested"), model.recall)


@pytest.mark.parametrize(
    "refer",
    [
        by_property,
        by_property_in_a_text,
        by_property_in_an_override,
        by_get_att_of_the_child,
        by_fn_get_att,
        by_fn_get_att_in_a_resource,
        by_fn_sub,
        by_another_stack,
        by_another_stack_and_the_child,
        by_a_nested_stack,
    ],
)
def test_the_number_rises_where_the_app_refers_to_a_newer_attribute(
    stack: cdk.Stack, refer: Callable[[equipment.Model], None]
) -> None:
    wear, other = model(stack), model(stack, "Other")
    refer(wear)
    assert numbers(stack) == {logical_id(wear): "2", logical_id(other): "1"}


def test_it_stays_where_the_app_refers_to_what_was_known_before(stack: cdk.Stack) -> None:
    output(stack, model(stack).model_status)
    assert number(stack) == "1"


def test_it_stays_where_another_resource_has_an_attribute_of_that_name(stack: cdk.Stack) -> None:
    wear = model(stack)
    output(stack, equipment.ActiveModelVersion(stack, "Active", model_version=wear.version(1)).recall)
    assert number(stack) == "1"
    assert number(stack, "Custom::LookoutEquipmentActiveModelVersion") == "2"


def test_in_a_relay_it_rises_on_the_link_that_is_referred_to(stack: cdk.Stack) -> None:
    wear = model(stack, wait=Wait.until_ready(timeout=cdk.Duration.hours(2)))
    output(stack, wear.recall)
    *others, last = [found for _, found in sorted(numbers(stack, LINK).items())]
    assert (set(others), last) == ({"1"}, "2")


def test_what_the_app_adds_after_a_look_counts_as_well(stack: cdk.Stack) -> None:
    wear = model(stack)
    stack.resolve(wear.node.default_child._cfn_properties)  # type: ignore[union-attr]
    by_fn_get_att(wear)
    assert number(stack) == "2"


def test_an_app_that_says_nothing_has_what_the_release_before_has_deployed() -> None:
    stack = cdk.Stack(cdk.App(), "Plant")
    output(stack, model(stack).recall)
    assert number(stack) == "2"


@pytest.mark.parametrize("given", ["0", "3", "first", 1.5])
def test_a_number_that_no_release_had_is_refused(given: Any) -> None:
    stack = cdk.Stack(cdk.App(context={"cdk-lookout:attributes": given}), "Plant")
    with pytest.raises(
        InvalidProperty, match=r"context cdk-lookout:attributes of Plant/.*: got .*, expected one of 1, 2"
    ):
        model(stack)
