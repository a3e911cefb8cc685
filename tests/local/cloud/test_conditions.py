"""Conditions of templates: which hold."""

from __future__ import annotations

import os
from typing import Any

import pytest

os.environ.setdefault("AUTH", "true")  # as the server has it when it imports MiniStack

from ministack.core.responses import set_request_region
from ministack.services.cloudformation import engine

from lookout_local.corrections.conditions import evaluate

PARAMETERS = {
    "Text": {"Type": "String", "Default": "x"},
    "Empty": {"Type": "CommaDelimitedList", "Default": ""},
    "List": {"Type": "CommaDelimitedList", "Default": "a, b"},
}
MAPPINGS = {"Places": {"us-east-1": {"name": "home"}}}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"Fn::Equals": [{"Ref": "Text"}, "x"]}, True),
        ({"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]}, True),
        ({"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-west-1"]}, False),
        ({"Fn::Equals": ["", {"Fn::Join": ["", {"Ref": "Empty"}]}]}, True),
        ({"Fn::Equals": ["a+b", {"Fn::Join": ["+", {"Ref": "List"}]}]}, True),
        ({"Fn::Equals": ["b", {"Fn::Select": [1, {"Ref": "List"}]}]}, True),
        ({"Fn::Equals": ["home", {"Fn::FindInMap": ["Places", {"Ref": "AWS::Region"}, "name"]}]}, True),
        ({"Fn::Equals": [{"Fn::Sub": "${Text}-${AWS::Partition}"}, "x-aws"]}, True),
        ({"Fn::Equals": [{"Fn::Select": [0, {"Fn::Split": ["-", "a-b"]}]}, "a"]}, True),
        ({"Fn::Equals": [{"Fn::If": ["Later", "yes", "no"]}, "yes"]}, True),
        ({"Fn::Equals": [True, "true"]}, True),
        ({"Fn::Not": [{"Condition": "Later"}]}, False),
        ({"Fn::And": [{"Condition": "Later"}, {"Fn::Equals": ["1", 1]}]}, True),
        ({"Fn::Or": [{"Fn::Not": [{"Condition": "Later"}]}, {"Fn::Equals": ["1", "2"]}]}, False),
    ],
)
def test_a_condition_compares_what_functions_make(condition: dict[str, Any], expected: bool) -> None:
    set_request_region("us-east-1")
    conditions = {"Asked": condition, "Later": {"Fn::Equals": [{"Ref": "Text"}, "x"]}}
    template = {"Parameters": PARAMETERS, "Mappings": MAPPINGS, "Conditions": conditions}
    parameters = engine._resolve_parameters(template, [])
    assert evaluate(template, parameters) == {"Asked": expected, "Later": True}


def test_a_template_without_conditions_has_none() -> None:
    assert evaluate({"Resources": {}}, {}) == {}
