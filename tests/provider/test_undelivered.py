"""Deliveries that died: Lambda hands what is left of them to the function's on-failure destination."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from lookout_provider import handler
from lookout_provider.protocol import Answer
from lookout_provider.resources import TYPES
from lookout_shared.aws import WouldChange
from tests.provider.support import (
    DONE,
    FUNCTION,
    Advance,
    Context,
    Sent,
    StateMachine,
    StepFunctions,
    client_error,
    event,
    lines,
)

pytestmark = pytest.mark.usefixtures("sent")

IDS = {"Create": "refused:Pumps1A2B3C4D", "Update": "factory-Pumps-0badcafe", "Delete": "factory-Pumps-0badcafe"}


def _record(payload: dict[str, Any], condition: str = "RetriesExhausted") -> dict[str, Any]:
    """What Lambda hands to an on-failure destination."""
    return {
        "version": "1.0",
        "requestContext": {"requestId": "x", "functionArn": FUNCTION, "condition": condition},
        "requestPayload": payload,
        "responseContext": {"statusCode": 200, "functionError": "Unhandled"},
        "responsePayload": {"errorMessage": "Runtime exited with error: signal: killed"},
    }


# -- before its wait has begun ------------------------------------------------------------------------------


@pytest.mark.parametrize(("request_type", "physical_id"), IDS.items())
def test_an_event_that_died_before_its_wait_fails_with_the_id_there_was(
    states: StateMachine, sent: Sent, request_type: str, physical_id: str
) -> None:
    handler.handle(_record(event(request_type)), Context())
    assert (sent.only.status, sent.only.physical_id) == ("FAILED", physical_id)


@pytest.mark.parametrize("resource_type", TYPES)
def test_a_create_of_any_type_that_died_before_its_wait_has_made_nothing(
    states: StateMachine, sent: Sent, resource_type: str
) -> None:
    handler.handle(_record(event(ResourceType=resource_type)), Context())
    assert sent.only.physical_id == "refused:Pumps1A2B3C4D"


@pytest.mark.parametrize("condition", ["RetriesExhausted", "EventAgeExceeded"])
def test_a_delivery_that_died_is_answered_with_what_lambda_says(
    states: StateMachine, sent: Sent, condition: str
) -> None:
    handler.handle(_record(event(), condition), Context())
    reason = f"the provider's function ended without an answer ({condition}); its log has the details"
    assert sent.only.reason == reason


@pytest.mark.parametrize("request_type", IDS)
def test_a_delivery_that_died_is_not_run_again(states: StateMachine, advance: Advance, request_type: str) -> None:
    steps = advance(DONE)
    handler.handle(_record(event(request_type)), Context())
    assert steps.progress == []


def test_the_failure_is_in_line_before_it_is_told(
    states: StateMachine, sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    known: list[dict[str, Any]] = []
    monkeypatch.setattr(handler, "send", lambda request, answer, where: known.append(states.only.state["Answered"]))
    handler.handle(_record(event()), Context())
    assert [answer["Status"] for answer in known] == ["FAILED"]


def test_a_delivery_that_comes_after_it_was_given_up_changes_nothing(states: StateMachine, sent: Sent) -> None:
    handler.handle(_record(event()), Context())
    handler.handle(event(), Context())
    assert (len(states.executions), len(sent.answers), sent.answers[1].physical_id) == (1, 2, "refused:Pumps1A2B3C4D")
    assert sent.answers[1].reason == sent.answers[0].reason


# -- after its wait has begun -------------------------------------------------------------------------------


@pytest.mark.parametrize("request_type", IDS)
def test_an_event_whose_wait_has_begun_is_answered_by_that(
    states: StateMachine, advance: Advance, sent: Sent, request_type: str
) -> None:
    advance(WouldChange())
    handler.handle(event(request_type), Context())
    handler.handle(_record(event(request_type)), Context())
    assert (sent.answers, len(states.executions), states.stopped) == ([], 1, [])


def test_an_event_whose_answer_was_lost_is_answered_with_that(
    states: StateMachine, advance: Advance, sent: Sent
) -> None:
    advance(DONE)
    handler.handle(event("Update"), Context())
    handler.handle(_record(event("Update")), Context())
    assert sent.answers == [DONE, DONE]


# -- what cannot be known -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("request_type", "physical_id"), (IDS | {"Create": "unknown:Pumps1A2B3C4D"}).items())
@pytest.mark.parametrize("code", ["ThrottlingException", "AccessDeniedException", "StateMachineDoesNotExist"])
def test_an_answer_is_certain_even_if_step_functions_cannot_be_asked(
    stepfunctions: StepFunctions, sent: Sent, request_type: str, physical_id: str, code: str
) -> None:
    """Its wait may have begun: the Delete of what it was to make must not take that for nothing."""
    stepfunctions(describe_execution=client_error(code))
    handler.handle(_record(event(request_type)), Context())
    assert (sent.only.status, sent.only.physical_id) == ("FAILED", physical_id)


@pytest.mark.parametrize("missing", ["lookout_provider.machine", "lookout_provider.resources.dataset"])
def test_an_answer_is_certain_whatever_cannot_be_imported(
    states: StateMachine, sent: Sent, missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    handler.handle(_record(event()), Context())
    assert sent.only.status == "FAILED"


def test_the_log_says_why_nothing_could_be_known(
    stepfunctions: StepFunctions, capsys: pytest.CaptureFixture[str]
) -> None:
    stepfunctions(describe_execution=client_error("StateMachineDoesNotExist", "gone"))
    handler.handle(_record(event()), Context())
    (line,) = [line for line in lines(capsys.readouterr().out) if line["message"] == "not in line"]
    assert (line["level"], line["error"]) == ("ERROR", "DescribeExecution: StateMachineDoesNotExist: gone")


# -- what was no event --------------------------------------------------------------------------------------


def test_the_delete_of_a_refused_id_that_died_is_a_success_without_any_call(states: StateMachine, sent: Sent) -> None:
    handler.handle(_record(event("Delete", PhysicalResourceId="refused:Pumps1A2B3C4D")), Context())
    assert (sent.only, states.calls) == (Answer("SUCCESS", "refused:Pumps1A2B3C4D"), [])


@pytest.mark.parametrize("payload", [_record(event()), {"Poll": {}}, {}], ids=["its own record", "a poll", "nothing"])
def test_a_record_of_what_was_no_event_is_left_alone(sent: Sent, payload: dict[str, Any]) -> None:
    handler.handle(_record(payload), Context())
    assert sent.answers == []
