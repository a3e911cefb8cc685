"""Waits that are longer than CloudFormation lets one resource take."""

from __future__ import annotations

import itertools
from typing import Any

import aws_cdk as cdk
import pytest

from cdk_lookout import Wait, equipment
from tests.constructs.support import VERSION_ARN, Json, of_type, provider_policies, resources

LINK = "Custom::LookoutWait"


@pytest.fixture
def wear(stack: cdk.Stack) -> equipment.Model:
    """A model whose deployment waits for up to three hours."""
    dataset = equipment.Dataset.from_dataset_name(stack, "Pumps", "pumps")
    version = equipment.ModelVersion.from_model_version_arn(stack, "Training", VERSION_ARN)
    source = equipment.ModelSource.imported(version, dataset=dataset)
    return equipment.Model(stack, "Wear", source=source, wait=Wait.until_ready(timeout=cdk.Duration.hours(3)))


def links(stack: cdk.Stack) -> list[Json]:
    """The links in their order."""
    return [link for _, link in sorted(of_type(resources(stack), LINK).items())]


def options_of(link: Json) -> dict[str, Any]:
    found: dict[str, Any] = link["Properties"]["Options"]
    return found


def test_the_resource_itself_only_starts_the_work(stack: cdk.Stack, wear: equipment.Model) -> None:
    [model] = of_type(resources(stack), "Custom::LookoutEquipmentModel").values()
    assert model["Properties"]["Options"]["WaitSeconds"] == "0"


def test_a_link_waits_for_each_55_minutes_and_the_last_for_the_rest(stack: cdk.Stack, wear: equipment.Model) -> None:
    waiting = [options_of(link)["WaitSeconds"] for link in links(stack)]
    assert [seconds for seconds in waiting if seconds != "0"] == ["3300", "3300", "3300", "900"]


def test_those_in_front_wait_for_deletion_only_so_that_it_has_as_many_hours(
    stack: cdk.Stack, wear: equipment.Model
) -> None:
    """With the resource itself and the first link that waits: four times 55 minutes from the start."""
    assert [options_of(link)["WaitSeconds"] for link in links(stack)][:3] == ["0", "0", "3300"]


def test_only_the_last_link_ends_the_wait(stack: cdk.Stack, wear: equipment.Model) -> None:
    assert [options_of(link).get("Last") for link in links(stack)] == [None] * 5 + ["true"]


def test_every_link_names_the_resource_and_notices_when_it_is_made_anew(
    stack: cdk.Stack, wear: equipment.Model
) -> None:
    [name] = of_type(resources(stack), "Custom::LookoutEquipmentModel")
    for link in links(stack):
        assert options_of(link)["TargetType"] == "Custom::LookoutEquipmentModel"
        assert options_of(link)["Target"] == {"Ref": name}
        assert options_of(link)["Generation"] == {"Fn::GetAtt": [name, "Generation"]}


def test_every_link_comes_after_the_one_before(stack: cdk.Stack, wear: equipment.Model) -> None:
    found = of_type(resources(stack), LINK)
    names = sorted(found)
    for before, after in itertools.pairwise(names):
        assert before in found[after]["DependsOn"]


def test_whatever_needs_the_resource_comes_after_the_last_link(stack: cdk.Stack, wear: equipment.Model) -> None:
    equipment.ActiveModelVersion(stack, "Active", model_version=wear.version(1))
    found = resources(stack)
    [active] = of_type(found, "Custom::LookoutEquipmentActiveModelVersion").values()
    last = sorted(of_type(found, LINK))[-1]
    assert active["Properties"]["ModelName"] == {"Fn::GetAtt": [last, "PhysicalId"]}


def test_attributes_that_exist_only_when_the_work_is_done_are_the_last_links(
    stack: cdk.Stack, wear: equipment.Model
) -> None:
    last = sorted(of_type(resources(stack), LINK))[-1]
    assert stack.resolve(wear.model_status) == {"Fn::GetAtt": [last, "Status"]}


def test_links_need_no_policy_but_that_of_what_they_wait_for(stack: cdk.Stack, wear: equipment.Model) -> None:
    assert len(provider_policies(stack)) == 2


def test_a_wait_of_55_minutes_is_no_relay(stack: cdk.Stack) -> None:
    dataset = equipment.Dataset.from_dataset_name(stack, "Pumps", "pumps")
    version = equipment.ModelVersion.from_model_version_arn(stack, "Training", VERSION_ARN)
    source = equipment.ModelSource.imported(version, dataset=dataset)
    equipment.Model(stack, "Wear", source=source, wait=Wait.until_ready(timeout=cdk.Duration.minutes(55)))
    assert links(stack) == []


def test_the_cli_shows_the_links_together_with_what_they_are_for() -> None:
    app = cdk.App(context={"aws:cdk:enable-path-metadata": True})
    stack = cdk.Stack(app, "Plant")
    dataset = equipment.Dataset.from_dataset_name(stack, "Pumps", "pumps")
    version = equipment.ModelVersion.from_model_version_arn(stack, "Training", VERSION_ARN)
    source = equipment.ModelSource.imported(version, dataset=dataset)
    equipment.Model(stack, "Wear", source=source, wait=Wait.until_ready(timeout=cdk.Duration.hours(3)))
    paths = [link["Metadata"]["aws:cdk:path"] for link in links(stack)]
    assert paths[:2] == [f"Plant/Wear/in reserve for a deletion/link {number} of 6" for number in (1, 2)]
    assert paths[2:] == [f"Plant/Wear/waits up to 3 hours/link {number} of 6" for number in (3, 4, 5, 6)]


def test_a_template_without_paths_gets_none(stack: cdk.Stack, wear: equipment.Model) -> None:
    assert [link.get("Metadata") for link in links(stack)] == [None] * 6
