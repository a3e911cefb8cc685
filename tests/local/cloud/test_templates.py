"""The text of a template, which does not keep the cloud busy."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

os.environ.setdefault("AUTH", "true")  # as the server has it when it imports MiniStack

from ministack.services.cloudformation import engine, language_extensions

from lookout_local.corrections import templates

BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nResources: {R: {Type: 'AWS::S3::Bucket', Properties: *b}}\n"
HANDLE = {"Type": "AWS::CloudFormation::WaitConditionHandle"}


@pytest.fixture(autouse=True)
def installed() -> None:
    templates.install()


def test_a_template_is_read_in_both_languages() -> None:
    expected = {"Resources": {"R": {"Type": "AWS::S3::Bucket"}}}
    for text in (json.dumps(expected), "Resources:\n  R:\n    Type: AWS::S3::Bucket\n"):
        assert engine._parse_template(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BOMB, "YAML aliases are not allowed"),
        ("Resources: " + "[" * 20_000, "more than 100 levels deep"),
        ("Resources:\n" + "".join(f"{' ' * level}a:\n" for level in range(1, 150)), "more than 100 levels deep"),
        ('{"a":' * 150 + "1" + "}" * 150, "more than 100 levels deep"),
        ("Resources: !!python/object/apply:os.getcwd []", "could not determine a constructor"),
    ],
    ids=["aliases", "flow", "block", "json", "tag"],
)
def test_what_has_no_end_is_refused(text: str, message: str) -> None:
    with pytest.raises(Exception, match=message):
        engine._parse_template(text)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"Condition": "Second"}, {"Fn::Not": [{"Condition": "First"}]}),
        ({"Fn::Equals": ["x", {"Fn::If": ["Second", "x", "y"]}]}, {"Condition": "First"}),
    ],
)
def test_conditions_do_not_depend_on_themselves(first: Any, second: Any) -> None:
    with pytest.raises(ValueError, match="conditions that depend on themselves: First, Second"):
        engine._parse_template(json.dumps({"Conditions": {"First": first, "Second": second}}))
    engine._parse_template(json.dumps({"Conditions": {"First": first, "Second": {"Fn::Equals": ["x", "x"]}}}))


def loops(rounds: int) -> dict[str, Any]:
    """Two loops within one another."""
    items = [str(number) for number in range(rounds)]
    inner = {"Fn::ForEach::Inner": ["Y", items, {"R${X}y${Y}": HANDLE}]}
    return {"Resources": {"Fn::ForEach::Outer": ["X", items, inner]}}


def test_loops_have_an_end() -> None:
    assert len(language_extensions.apply(loops(20), {})["Resources"]) == 400
    with pytest.raises(
        language_extensions.LanguageExtensionsError, match="more than 5000 rounds of all loops together"
    ):
        language_extensions.apply(loops(100), {})
