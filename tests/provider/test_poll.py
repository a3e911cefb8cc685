"""A poll, and the end of polls that go on failing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from lookout_provider import handler
from lookout_provider.lifecycle import Phase
from lookout_provider.protocol import Answer, Request
from tests.provider.support import (
    DONE,
    FUNCTION,
    URL,
    Advance,
    Context,
    Sent,
    StateMachine,
    StepFunctions,
    again,
    event,
    execution_arn,
)

pytestmark = pytest.mark.usefixtures("sent")

OWN = Request.parse(event()).execution_name


def _state(phase: Phase = Phase.CONVERGE, request_type: str = "Create", **members: Any) -> dict[str, Any]:
    return {
        "Event": event(request_type),
        "FunctionArn": FUNCTION,
        "Phase": phase.value,
        "PhysicalId": "pumps",
        "Waited": 10,
        "Seconds": 5,
        "Since": {},
        **members,
    }


def _poll(state: Mapping[str, Any]) -> dict[str, Any]:
    return handler.handle({"Poll": dict(state), "ExecutionArn": execution_arn(OWN)}, Context())


@pytest.mark.parametrize("phase", list(Phase))
@pytest.mark.parametrize("request_type", ["Create", "Update", "Delete"])
def test_a_poll_that_finishes_is_answered(
    advance: Advance, sent: Sent, phase: Phase, request_type: str, stepfunctions: StepFunctions
) -> None:
    stepfunctions(describe_execution={"status": "RUNNING"})
    advance(DONE)
    assert _poll(_state(phase, request_type)) == {}
    assert sent.only == DONE


@pytest.mark.parametrize("phase", list(Phase))
def test_a_poll_that_waits_on_returns_the_next_state(
    advance: Advance, sent: Sent, phase: Phase, stepfunctions: StepFunctions
) -> None:
    stepfunctions(describe_execution={"status": "RUNNING"})
    advance(again(phase))
    state = _poll(_state(phase))
    assert (state["Phase"], state["Waited"], state["Seconds"], sent.answers) == (phase.value, 15, 7, [])


@pytest.mark.parametrize("phase", [Phase.CONVERGE, Phase.REMOVE])
@pytest.mark.parametrize("status", ["ABORTED", "FAILED", "TIMED_OUT", "SUCCEEDED"])
def test_a_poll_whose_execution_was_stopped_does_nothing(
    advance: Advance, sent: Sent, phase: Phase, status: str, stepfunctions: StepFunctions
) -> None:
    stepfunctions(describe_execution={"status": status})
    steps = advance(DONE)
    assert (_poll(_state(phase)), steps, sent.answers) == ({}, [], [])


def test_a_poll_adds_up_the_nominal_waits(states: StateMachine, advance: Advance) -> None:
    steps = advance(DONE)
    _poll(_state(Phase.SETTLE, Waited=100, Seconds=50))
    assert steps[0].waited == 150


def test_a_poll_remembers_since_when_an_error_is_waited_out(states: StateMachine, advance: Advance) -> None:
    steps = advance(DONE)
    _poll(_state(Phase.SETTLE, Since={"BUSY": 4}))
    assert steps[0].since == {"BUSY": 4}


@pytest.mark.parametrize("phase", [Phase.CONVERGE, Phase.REMOVE])
def test_a_wait_that_makes_or_removes_carries_its_properties(
    states: StateMachine, advance: Advance, phase: Phase
) -> None:
    advance(again(phase))
    handler.handle(event(), Context())
    assert states.started[0]["Event"]["ResourceProperties"] == event()["ResourceProperties"]


@pytest.mark.parametrize("request_type", ["Create", "Update"])
def test_a_wait_until_it_is_ready_carries_no_properties_besides_the_options(
    states: StateMachine, advance: Advance, request_type: str
) -> None:
    advance(again(Phase.SETTLE))
    handler.handle(event(request_type), Context())
    assert states.started[0]["Event"]["ResourceProperties"] == {"Options": event()["ResourceProperties"]["Options"]}


def test_a_wait_never_carries_the_old_properties(states: StateMachine, advance: Advance) -> None:
    advance(again(Phase.CONVERGE))
    handler.handle(event("Update"), Context())
    assert "OldResourceProperties" not in states.started[0]["Event"]


def test_the_state_of_a_poll_leads_to_the_same_request(states: StateMachine, advance: Advance) -> None:
    advance(again(Phase.CONVERGE))
    handler.handle(event("Update"), Context())
    assert Request.parse(states.started[0]["Event"]) == Request.parse(event("Update"))


def test_an_unexpected_exception_of_a_poll_is_left_to_the_state_machine(
    states: StateMachine, advance: Advance, sent: Sent
) -> None:
    advance(ValueError("no such thing"))
    with pytest.raises(ValueError, match="no such thing"):
        _poll(_state(Phase.SETTLE))
    assert sent.answers == []


def test_a_poll_logs_no_response_url(
    states: StateMachine, advance: Advance, capsys: pytest.CaptureFixture[str]
) -> None:
    advance(DONE)
    _poll(_state(Phase.SETTLE))
    assert "Signature" not in capsys.readouterr().out


# -- giving up ----------------------------------------------------------------------------------------------


def test_polls_that_went_on_failing_are_answered_with_the_real_physical_id(sent: Sent) -> None:
    handler.handle({"GiveUp": _state(Error={"Error": "Lambda.Unknown", "Cause": "it broke"})}, Context())
    assert sent.only == Answer("FAILED", "pumps", "waiting failed: Lambda.Unknown it broke")


def test_giving_up_needs_no_cause(sent: Sent) -> None:
    handler.handle({"GiveUp": _state()}, Context())
    assert (sent.only.status, sent.only.physical_id) == ("FAILED", "pumps")


def test_giving_up_logs_no_response_url(capsys: pytest.CaptureFixture[str]) -> None:
    handler.handle({"GiveUp": _state(Error={"Error": "ValueError", "Cause": json.dumps({"at": URL})})}, Context())
    assert "Signature" not in capsys.readouterr().out
