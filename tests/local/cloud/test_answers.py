"""The answer of a custom resource: its limits, its attributes, and what happens when the function fails."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookout_local.corrections import answers

from .conftest import ScriptedStack, said, thing

VALID = {"Status": "SUCCESS", "PhysicalResourceId": "id"}


def encoded(**content: object) -> bytes:
    return json.dumps({**VALID, **content}).encode()


@given(size=st.integers(min_value=3900, max_value=4300))
def test_an_answer_fails_from_4097_bytes_on(size: int) -> None:
    body = encoded(Data={"Text": ""})
    answer = answers.read(encoded(Data={"Text": "x" * (size - len(body))}))
    assert answer.succeeded == (size <= answers.MAXIMUM_BYTES)
    assert answer.reason == ("" if answer.succeeded else "Response object is too long.")


def test_an_answer_that_was_too_long_still_tells_what_to_delete() -> None:
    assert answers.read(encoded(Data={"Text": "x" * 5000})).physical_id == "id"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"{", "Invalid response object: the response is not valid JSON"),
        (b"[]", "Invalid response object: Value of property Status must be SUCCESS or FAILED"),
        (encoded(Status="DONE"), "Invalid response object: Value of property Status must be SUCCESS or FAILED"),
        (encoded(PhysicalResourceId=""), "Invalid PhysicalResourceId"),
        (encoded(PhysicalResourceId=None), "Invalid PhysicalResourceId"),
        (encoded(PhysicalResourceId="x" * 1025), "Invalid PhysicalResourceId"),
        (encoded(Data=["a"]), "Invalid response object: Value of property Data must be an object"),
        (encoded(Status="FAILED"), "Reason is missing"),
    ],
)
def test_a_malformed_answer_fails_the_resource(body: bytes, reason: str) -> None:
    answer = answers.read(body)
    assert (answer.succeeded, answer.reason) == (False, reason)


def test_scalars_in_data_become_strings() -> None:
    answer = answers.read(encoded(Data={"Number": 3, "Flag": True, "Text": "x", "List": ["a"]}))
    assert answer.data == {"Number": "3", "Flag": "true", "Text": "x", "List": ["a"]}


def test_only_the_first_answer_counts() -> None:
    answers.expect("token")
    answers.receive("token", {}, encoded(Status="FAILED", Reason="first"))
    answers.receive("token", {}, encoded())
    answer = answers.wait("token", 0)
    assert answer is not None
    assert answer.reason == "first"


def test_a_cancelled_event_takes_no_answer_any_more() -> None:
    answers.expect("cancelled", "creation")
    answers.cancel("creation")
    answers.receive("cancelled", {}, encoded())
    assert answers.wait("cancelled", 0) is answers.CANCELLED


def test_what_belongs_to_another_operation_is_not_cancelled() -> None:
    answers.expect("deletion")
    answers.expect("update", "update")
    answers.cancel("creation")
    assert not answers.wait("deletion", 0).received
    assert not answers.wait("update", 0).received


def test_an_answer_to_an_unknown_url_is_taken_and_ignored() -> None:
    assert answers.receive("nobody-waits", {}, encoded()) == (200, b"")


def test_only_a_url_that_was_given_out_is_one() -> None:
    answers.expect("given")
    assert answers.was_given(f"{answers.PATH}given")
    assert not answers.wait("given", 0).received
    assert answers.was_given(f"{answers.PATH}given")
    for path in (answers.PATH, f"{answers.PATH}guessed", f"{answers.PATH}given/", "given", "/given"):
        assert not answers.was_given(path)


def test_an_answer_with_a_content_type_is_turned_away() -> None:
    answers.expect("typed")
    status, body = answers.receive("typed", {b"content-type": b"application/json"}, encoded())
    assert status == 403
    assert b"SignatureDoesNotMatch" in body
    assert not answers.wait("typed", 0).received


@pytest.mark.e2e
def test_a_missing_attribute_fails_in_the_words_of_cloudformation(stack: ScriptedStack) -> None:
    failure = stack.fails(
        {"Out": {"Fn::GetAtt": ["Thing", "Nothing"]}}, Thing=thing(script={"Create": said(Data={"Some": "x"})})
    )
    assert "CustomResource attribute error: Vendor response doesn't contain Nothing key in object" in str(failure)


@pytest.mark.e2e
def test_an_attribute_is_read_from_data(stack: ScriptedStack) -> None:
    outputs = stack.deploy(
        {"Out": {"Fn::GetAtt": ["Thing", "Some"]}}, Thing=thing(script={"Create": said(Data={"Some": "x"})})
    )
    assert outputs == {"Out": "x"}


@pytest.mark.e2e
def test_a_function_that_fails_is_run_again_as_its_invoke_config_says(stack: ScriptedStack) -> None:
    config = invoke_config(attempts=1)
    stack.fails(
        Config=config,
        Thing=thing(script={"Create": {"raise": True}}, ServiceTimeout="3", attributes={"DependsOn": "Config"}),
    )
    assert [request for request, _ in stack.requests] == ["Create", "Create", "Delete"]
    first, second = stack.received[:2]
    assert first == second


@pytest.mark.e2e
def test_a_function_that_fails_is_answered_for_by_its_on_failure_destination(stack: ScriptedStack) -> None:
    arn = {"Fn::GetAtt": ["Function", "Arn"]}
    failure = stack.fails(
        Config=invoke_config(attempts=0, destination=arn),
        Thing=thing(script={"Create": {"raise": True}}, attributes={"DependsOn": "Config"}),
    )
    assert "Message returned: the function failed" in failure.reasons[0]
    create, failed_invocation, delete = stack.received
    assert failed_invocation["requestPayload"] == create
    assert delete["PhysicalResourceId"] == "Thing-id"


def invoke_config(attempts: int, destination: object = None) -> dict[str, object]:
    target = {"DestinationConfig": {"OnFailure": {"Destination": destination}}} if destination else {}
    return {
        "Type": "AWS::Lambda::EventInvokeConfig",
        "Properties": {
            "FunctionName": {"Ref": "Function"},
            "Qualifier": "$LATEST",
            "MaximumRetryAttempts": attempts,
            **target,
        },
    }
