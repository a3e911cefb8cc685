"""Tags that reach the service."""

from __future__ import annotations

import re

import aws_cdk as cdk
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdk_lookout.equipment import ActiveModelVersion, Dataset, IModelVersion, Model, ModelVersion
from cdk_lookout.provider.tags import problems
from tests.constructs.support import errors, properties

KIND = "Custom::LookoutEquipmentDataset"


def test_tags_of_the_stack_reach_everything_that_takes_tags(
    stack: cdk.Stack, wear: Model, version_1: IModelVersion
) -> None:
    version = ModelVersion(stack, "Weekly", model=wear, source=version_1)
    ActiveModelVersion(stack, "Active", model_version=version)
    cdk.Tags.of(stack).add("team", "rotating equipment")
    for kind in ("Dataset", "Model", "ModelVersion"):
        assert properties(stack, kind)["Tags"] == [{"Key": "team", "Value": "rotating equipment"}]
    assert "Tags" not in properties(stack, "ActiveModelVersion")


def test_tags_of_the_construct_go_before_those_of_the_stack(stack: cdk.Stack, pumps: Dataset) -> None:
    cdk.Tags.of(stack).add("team", "all")
    cdk.Tags.of(pumps).add("team", "pumps")
    assert properties(stack, "Dataset")["Tags"] == [{"Key": "team", "Value": "pumps"}]


def test_a_tag_can_be_kept_away_from_a_construct(stack: cdk.Stack, pumps: Dataset) -> None:
    cdk.Tags.of(stack).add("Modified By", "me")
    cdk.Tags.of(pumps).remove("Modified By")
    assert "Tags" not in properties(stack, "Dataset")


def test_a_tag_can_be_kept_away_from_a_type(stack: cdk.Stack, pumps: Dataset) -> None:
    cdk.Tags.of(stack).add("Modified By", "me", exclude_resource_types=[KIND])
    assert "Tags" not in properties(stack, "Dataset")


def test_a_key_that_the_service_refuses_fails_the_synthesis_with_the_way_out(
    app: cdk.App, stack: cdk.Stack, pumps: Dataset
) -> None:
    cdk.Tags.of(stack).add("Modified By", "me")
    found = errors(app)
    assert "Plant/Pumps: tag key: got 'Modified By', expected 1 to 128" in found
    assert "Tags.of(construct).remove('Modified By')" in found
    assert f"exclude_resource_types=['{KIND}']" in found


@pytest.mark.parametrize("key", ["", "a b", "a@b", "aws:x", "ä", "x" * 129, "a\n", "cdk-lookout:owner"])
def test_a_key_that_the_service_refuses_is_told(key: str) -> None:
    assert len(problems({key: "x"}, KIND)) == 1


@pytest.mark.parametrize("key", ["a", "Team-1", "cost_center", "a:b/c.d=e+f", "x" * 128])
def test_a_key_that_the_service_takes_is_taken(key: str) -> None:
    assert problems({key: "x"}, KIND) == []


@pytest.mark.parametrize("value", ["x" * 257, "a#b", "a{b}", "Müller", "漏", "٣", "a\u3000b"])
def test_a_value_that_the_service_refuses_is_told(value: str) -> None:
    assert "value of tag 'team'" in problems({"team": value}, KIND)[0]


@pytest.mark.parametrize("value", ["", "a b", "me@example.com", "x" * 256, "https://a/b"])
def test_a_value_that_the_service_takes_is_taken(value: str) -> None:
    assert problems({"team": value}, KIND) == []


def test_a_value_may_be_known_at_deployment_only(stack: cdk.Stack, pumps: Dataset) -> None:
    cdk.Tags.of(pumps).add("team", cdk.CfnParameter(stack, "Team").value_as_string)
    assert properties(stack, "Dataset")["Tags"] == [{"Key": "team", "Value": {"Ref": "Team"}}]


def test_more_tags_than_the_service_takes_besides_the_providers_are_told() -> None:
    tags = {f"key-{chr(97 + number % 26) * (1 + number // 26)}": "" for number in range(43)}
    assert problems(tags, KIND) == ["tags: got 43, expected at most 42: the service takes 50, some are the provider's"]


@settings(max_examples=200)
@given(st.text(max_size=130).filter(lambda key: "${" not in key))
def test_keys_are_taken_just_as_the_services_own_pattern_takes_them(key: str) -> None:
    theirs = re.fullmatch(r"(?!aws:)[a-zA-Z+-=._:/]+", key) is not None and len(key) <= 128
    assert (problems({key: ""}, KIND) == []) == (theirs and not key.startswith("cdk-lookout:"))
