"""JSON is read strictly, wherever it comes from: bodies, policies, schemas, manifests."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookout_files.documents import NotJson, parse
from lookout_server.identity.policies import glob
from lookout_server.protocol.http import HttpRequest
from tests.server.services.support import REGION, SOURCE, Cloud, policy, refused

DEEP = 5_000
NOT_JSON: list[tuple[str | bytes, str]] = [
    ("", "Expecting value"),
    ("{", "Expecting"),
    ("[" * DEEP + "]" * DEEP, "more than 100 levels deep"),
    ('{"a":' * DEEP + "1" + "}" * DEEP, "more than 100 levels deep"),
    ("[" * 101 + "]" * 101, "more than 100 levels deep"),
    ("1e400", "got 1e400, expected a finite number"),
    ("-1e999999999", "got -1e999999999, expected a finite number"),
    ("[NaN]", "got NaN, expected a finite number"),
    ("[-Infinity]", "got -Infinity, expected a finite number"),
    ("9" * 401, "got a number of 401 digits"),
    ("9" * 100_000, "got a number of 100000 digits"),
    ('{"a": 1, "b": 2, "a": 1}', "the member 'a' occurs more than once"),
    ('{"x": [{"y": "\\ud800"}]}', "x[0].y: got one half of a surrogate pair"),
    ('{"\\udfff": 1}', "got one half of a surrogate pair"),
    ("\ud800", "Expecting value"),
    ('"\0"', "Invalid control character"),
    (b'"\xff"', "not UTF-8"),
    (b'"\xed\xa0\x80"', "not UTF-8"),
    ('{"a": 1}'.encode("utf-16"), "not UTF-8"),
    (b"\xef\xbb\xbf{}", "BOM"),
]


@pytest.mark.parametrize(("text", "reason"), NOT_JSON, ids=range(len(NOT_JSON)))
def test_what_makes_no_sense_is_no_json(text: str | bytes, reason: str) -> None:
    with pytest.raises(NotJson) as caught:
        parse(text)
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["[" * 100 + "]" * 100, "9" * 400, '"\\ud83d\\ude00"', '"é\\u0000"', "1e-400", "-0", '{"a": {"a": 1}}', b"{}"],
)
def test_what_is_only_unusual_is_json(text: str) -> None:
    assert parse(text) == json.loads(text)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_json_that_was_written_can_be_read(value: Any) -> None:
    assert parse(json.dumps(value)) == value
    assert parse(json.dumps(value, ensure_ascii=False).encode()) == value


@pytest.mark.parametrize("text", ["[" * DEEP + "]" * DEEP, '{"Version": 1e400}', '{"Id": "\\ud800"}', "9" * 5_000])
def test_a_policy_that_makes_no_sense_is_refused(cloud: Cloud, text: str) -> None:
    arn = cloud.dataset()
    message = refused("ValidationException", cloud.source.put_resource_policy, ResourceArn=arn, ResourcePolicy=text)
    assert message.startswith("ResourcePolicy: not valid JSON: ")


@pytest.mark.parametrize(
    "text", ["[" * DEEP + "]" * DEEP, '{"Components": NaN}', '{"Components": [], "Components": []}']
)
def test_a_schema_that_makes_no_sense_is_refused(cloud: Cloud, text: str) -> None:
    message = refused(
        "ValidationException", cloud.source.create_dataset, DatasetName="a", DatasetSchema={"InlineDataSchema": text}
    )
    assert message.startswith("DatasetSchema.InlineDataSchema: not valid JSON: ")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"[" * DEEP, "SerializationException"),
        (b'{"DatasetName": NaN}', "SerializationException"),
        (b'{"DatasetName": "\xff"}', "SerializationException"),
        (b'{"DatasetName": ' + b"[" * DEEP + b"]" * DEEP + b"}", "ValidationException"),
        (b'{"DatasetName": ' + b"[" * 200 + b"]" * 200 + b"}", "ValidationException"),
        (b'{"DatasetName": 1e400}', "ValidationException"),
        (b'{"DatasetName": ' + b"9" * 5_000 + b"}", "ValidationException"),
        (b'{"DatasetName": "\\ud800"}', "ValidationException"),
        (b'{"DatasetName": "a", "DatasetName": "b"}', "ValidationException"),
    ],
    ids=range(9),
)
def test_a_body_that_makes_no_sense_is_refused(cloud: Cloud, body: bytes, code: str) -> None:
    headers = {"x-amz-target": "AWSLookoutEquipmentFrontendService.DescribeDataset"}
    answer = cloud.backend.handle(HttpRequest("lookoutequipment", SOURCE, REGION, "AKIA", "POST", "/", headers, body))
    assert (answer.status, json.loads(answer.body)["__type"]) == (400, code)


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, int("9" * 400)])
def test_a_whole_number_has_an_end(cloud: Cloud, number: int) -> None:
    message = refused("ValidationException", cloud.source.describe_model_version, ModelName="a", ModelVersion=number)
    assert "Member must be an integer from -9223372036854775808 to 9223372036854775807" in message
    assert len(message) < 1_000


def test_a_request_of_many_mistakes_is_answered_in_short(cloud: Cloud) -> None:
    parameters = {"DatasetName": "a b", **{f"Unknown{number}": number for number in range(10_000)}}
    body = json.dumps(parameters).encode()
    headers = {"x-amz-target": "AWSLookoutEquipmentFrontendService.DescribeDataset"}
    answer = cloud.backend.handle(HttpRequest("lookoutequipment", SOURCE, REGION, "AKIA", "POST", "/", headers, body))
    message = json.loads(answer.body)["Message"]
    assert message.startswith("10001 validation errors detected: ")
    assert message.endswith("; and 9951 more")
    assert len(message) < 20_000


def test_what_is_too_long_is_not_looked_at_in_detail(cloud: Cloud) -> None:
    message = refused(
        "ValidationException", cloud.source.create_dataset, DatasetName="a", Tags=[{"Key": "", "Value": 1}] * 10_000
    )
    assert message.startswith("1 validation error detected: ")


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("", "", True),
        ("*", "", True),
        ("?", "", False),
        ("a*c?e", "abbcde", True),
        ("a*b*c", "abcb", False),
        ("*ab", "aab", True),
        ("a.c", "abc", False),
        ("[ab]", "a", False),
        ("*\n*", "a\nb", True),
    ],
)
def test_stars_and_question_marks_stand_for_letters(pattern: str, text: str, matches: bool) -> None:
    assert glob(pattern, text) is matches


def test_a_policy_of_many_stars_is_decided_all_the_same(cloud: Cloud, shared_version: str) -> None:
    arn = shared_version.rsplit("/", 2)[0]
    stars = {"StringLike": {"aws:PrincipalArn": "*a" * 5_000 + "b"}}
    revision = cloud.source.describe_resource_policy(ResourceArn=arn)["PolicyRevisionId"]
    cloud.source.put_resource_policy(
        ResourceArn=arn,
        PolicyRevisionId=revision,
        ResourcePolicy=policy(arn, action="ImportModelVersion", Condition=stars),
    )
    refused(
        "AccessDeniedException",
        cloud.target.import_model_version,
        SourceModelVersionArn=shared_version,
        DatasetName="pumps",
    )
