"""The first invocation of an event: answered at once when nothing has to be changed, or else a wait begins."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from lookout_provider import handler, protocol
from lookout_provider.machine import Busy
from lookout_provider.progress import Phase, Progress
from lookout_provider.protocol import Answer, Request
from lookout_shared.aws import Service, WouldChange
from tests.provider.support import (
    DONE,
    FUNCTION,
    REGION,
    URL,
    Advance,
    Context,
    ResponseServer,
    Sent,
    StateMachine,
    StepFunctions,
    again,
    client_error,
    event,
    lines,
)

pytestmark = pytest.mark.usefixtures("sent")

LOOKED_UP = event(
    ResourceType="Custom::LookoutEquipmentLatestModelVersion",
    ResourceProperties={"ModelName": "pumps", "Options": {"Name": "Latest"}},
)
#: A Delete of it leaves everything as it is.
KEPT = LOOKED_UP | {"RequestType": "Delete", "PhysicalResourceId": "pumps/latest/3/0badcafe"}


# -- what is answered at once -------------------------------------------------------------------------------


@pytest.mark.parametrize("looks", [event("Update"), LOOKED_UP, KEPT], ids=["update", "look", "nothing to delete"])
def test_an_event_for_which_nothing_has_to_be_changed_is_answered_at_once(
    states: StateMachine, advance: Advance, sent: Sent, looks: dict[str, Any]
) -> None:
    advance(DONE)
    handler.handle(looks, Context())
    assert sent.only == DONE


def test_an_event_that_is_answered_at_once_leaves_its_answer_in_line(states: StateMachine, advance: Advance) -> None:
    advance(DONE)
    handler.handle(event("Update"), Context())
    assert states.only.state == {
        "Event": Request.parse(event("Update")).event({}),
        "FunctionArn": FUNCTION,
        "Answered": {"Status": "SUCCESS", "PhysicalId": "pumps", "Reason": "", "Data": {"DatasetName": "pumps"}},
    }


def test_what_an_answered_event_leaves_is_over_at_once(states: StateMachine, advance: Advance) -> None:
    advance(DONE)
    handler.handle(event("Update"), Context())
    assert "Seconds" not in states.only.state


def test_an_event_is_in_line_before_it_is_answered(
    states: StateMachine, advance: Advance, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_line: list[int] = []
    monkeypatch.setattr(handler, "send", lambda request, answer, where: in_line.append(len(states.executions)))
    advance(DONE)
    handler.handle(event("Update"), Context())
    assert in_line == [1]


def test_a_failure_that_needs_no_change_is_answered_at_once(states: StateMachine, advance: Advance, sent: Sent) -> None:
    refused = Answer("FAILED", "pumps", "not ours")
    advance(refused)
    handler.handle(event("Update"), Context())
    assert (sent.only, states.only.state["Answered"]) == (refused, refused.record)


# -- what begins a wait -------------------------------------------------------------------------------------


@pytest.mark.parametrize("request_type", ["Create", "Delete"])
def test_what_has_to_be_made_or_removed_begins_with_a_wait(
    states: StateMachine, advance: Advance, sent: Sent, request_type: str
) -> None:
    steps = advance(DONE)
    handler.handle(event(request_type), Context())
    assert (len(states.executions), steps.progress, sent.answers) == (1, [], [])


def test_an_update_that_has_something_to_change_begins_a_wait(
    states: StateMachine, advance: Advance, sent: Sent
) -> None:
    advance(WouldChange())
    handler.handle(event("Update"), Context())
    assert (states.only.state["Phase"], sent.answers) == ("converge", [])


def test_what_the_look_would_have_changed_is_forgotten_for_the_wait(states: StateMachine, advance: Advance) -> None:
    def step(request: Request, progress: Progress) -> Answer:
        progress.physical_id, progress.phase = "just-made", Phase.SETTLE
        raise WouldChange

    advance(step)
    handler.handle(event("Update"), Context())
    assert (states.only.state["PhysicalId"], states.only.state["Phase"]) == ("factory-Pumps-0badcafe", "converge")


@pytest.mark.parametrize("looks", [event("Update"), LOOKED_UP, KEPT], ids=["update", "look", "nothing to delete"])
def test_a_look_changes_nothing(states: StateMachine, advance: Advance, looks: dict[str, Any]) -> None:
    """The client of these tests serves nothing but Step Functions: a call would fail."""

    def step(request: Request, progress: Progress) -> Answer:
        Service("lookoutequipment", REGION).call("TagResource", ResourceArn="arn", Tags=[])
        return DONE

    advance(step)
    handler.handle(looks, Context())
    assert "Seconds" in states.only.state


@pytest.mark.parametrize(("request_type", "phase"), [("Create", "converge"), ("Delete", "remove")])
def test_a_wait_knows_all_that_its_polls_need(
    states: StateMachine, monkeypatch: pytest.MonkeyPatch, request_type: str, phase: str
) -> None:
    monkeypatch.setattr("time.time", lambda: 1795000000.5)
    handler.handle(event(request_type), Context())
    request = Request.parse(event(request_type))
    assert states.only.state == {
        "Event": request.event(request.properties),
        "FunctionArn": FUNCTION,
        "Phase": phase,
        "PhysicalId": request.physical_id or "unknown:Pumps1A2B3C4D",
        "Waited": 0,
        "Seconds": 0,
        "Since": {},
        "Memo": {},
        "Behind": [],
        "Stopped": False,
        "Tidied": False,
        "Arrived": False,
        "Wanted": "" if request_type == "Delete" else request.wanted,
        "InForce": "",
        "Began": 1795000000.5,
    }


def test_what_is_still_being_made_is_waited_for(states: StateMachine, advance: Advance) -> None:
    advance(again(Phase.SETTLE))
    handler.handle(event("Update"), Context())
    assert (states.only.state["Phase"], states.only.state["Seconds"]) == ("settle", 2)


# -- what never was -----------------------------------------------------------------------------------------


def test_the_delete_of_a_refused_id_succeeds_without_any_call(states: StateMachine, sent: Sent) -> None:
    handler.handle(event("Delete", PhysicalResourceId="refused:Pumps1A2B3C4D"), Context())
    assert (sent.only, states.calls) == (Answer("SUCCESS", "refused:Pumps1A2B3C4D"), [])


@pytest.mark.parametrize("missing", ["lookout_provider.machine", "lookout_provider.resources.dataset"])
def test_the_delete_of_a_refused_id_succeeds_whatever_cannot_be_imported(
    sent: Sent, missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    handler.handle(event("Delete", PhysicalResourceId="refused:Pumps1A2B3C4D"), Context())
    assert sent.only == Answer("SUCCESS", "refused:Pumps1A2B3C4D")


def test_the_delete_of_a_refused_id_succeeds_without_a_state_machine(
    sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STATE_MACHINE_ARN")
    handler.handle(event("Delete", PhysicalResourceId="refused:Pumps1A2B3C4D"), Context())
    assert sent.only.status == "SUCCESS"


def test_the_delete_of_a_refused_id_succeeds_for_a_type_of_a_later_release(states: StateMachine, sent: Sent) -> None:
    later = event("Delete", ResourceType="Custom::LookoutLater", PhysicalResourceId="refused:Pumps1A2B3C4D")
    handler.handle(later, Context())
    assert sent.only.status == "SUCCESS"


def test_a_type_of_a_later_release_is_refused(states: StateMachine, sent: Sent) -> None:
    handler.handle(event(ResourceType="Custom::LookoutLater"), Context())
    assert (sent.only.status, sent.only.physical_id) == ("FAILED", "refused:Pumps1A2B3C4D")


def test_a_refused_property_is_answered_with_an_id_that_stands_for_nothing(states: StateMachine, sent: Sent) -> None:
    handler.handle(event(ResourceProperties={"Unheard": "of"}), Context())
    assert (sent.only.status, sent.only.physical_id) == ("FAILED", "refused:Pumps1A2B3C4D")


@pytest.mark.parametrize("request_type", ["Create", "Update"])
def test_a_refused_property_needs_no_place_in_line(states: StateMachine, sent: Sent, request_type: str) -> None:
    handler.handle(event(request_type, ResourceProperties={"Unheard": "of"}), Context())
    assert (sent.only.status, states.calls) == ("FAILED", [])


@pytest.mark.parametrize("missing", ["lookout_provider.machine", "lookout_provider.resources.dataset"])
def test_what_cannot_be_imported_still_lets_an_event_be_answered(
    states: StateMachine, sent: Sent, missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    handler.handle(event(), Context())
    assert (sent.only.status, sent.only.physical_id) == ("FAILED", "refused:Pumps1A2B3C4D")
    assert sent.only.reason.startswith("ModuleNotFoundError: ")


def test_what_cannot_be_imported_does_not_change_a_physical_id(
    states: StateMachine, sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "lookout_provider.machine", None)
    handler.handle(event("Update"), Context())
    assert sent.only.physical_id == "factory-Pumps-0badcafe"


def test_a_function_without_its_state_machine_still_answers(
    states: StateMachine, sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STATE_MACHINE_ARN")
    handler.handle(event(), Context())
    assert sent.only.reason == "KeyError: 'STATE_MACHINE_ARN'"


# -- what goes wrong ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("request_type", ["Create", "Update", "Delete"])
def test_an_unexpected_exception_is_answered_with_its_text(
    stepfunctions: StepFunctions, advance: Advance, sent: Sent, request_type: str
) -> None:
    stepfunctions(start_execution=ValueError("no such thing"))
    advance(DONE)
    handler.handle(event(request_type), Context())
    assert (sent.only.status, sent.only.reason) == ("FAILED", "ValueError: no such thing")


@pytest.mark.parametrize(
    ("request_type", "physical_id"),
    [
        ("Create", "refused:Pumps1A2B3C4D"),
        ("Update", "factory-Pumps-0badcafe"),
        ("Delete", "factory-Pumps-0badcafe"),
    ],
)
def test_before_its_wait_has_begun_nothing_is_made_so_an_event_fails_with_the_id_there_was(
    stepfunctions: StepFunctions, advance: Advance, sent: Sent, request_type: str, physical_id: str
) -> None:
    stepfunctions(start_execution=client_error("StateMachineDoesNotExist", "gone"))
    advance(WouldChange())
    handler.handle(event(request_type), Context())
    reason = "ServiceError: StartExecution: StateMachineDoesNotExist: gone"
    assert sent.only == Answer("FAILED", physical_id, reason)


def test_an_exception_of_the_look_is_answered_under_the_id_there_was(
    states: StateMachine, advance: Advance, sent: Sent
) -> None:
    def step(request: Request, progress: Progress) -> Answer:
        progress.physical_id = "would-be-made"
        raise ValueError("no such thing")

    advance(step)
    handler.handle(event("Update"), Context())
    assert sent.only == Answer("FAILED", "factory-Pumps-0badcafe", "ValueError: no such thing")


def test_what_does_not_fit_into_a_wait_is_answered(states: StateMachine, sent: Sent) -> None:
    schema = {"InlineDataSchema": "x" * 250_000}
    handler.handle(event(ResourceProperties=event()["ResourceProperties"] | {"DatasetSchema": schema}), Context())
    assert (sent.only.status, sent.only.physical_id) == ("FAILED", "refused:Pumps1A2B3C4D")
    assert sent.only.reason.startswith("InputTooLarge: 25")


BUSY = client_error("ThrottlingException", "Rate exceeded")


@pytest.mark.parametrize("call", ["describe_execution", "start_execution"])
@pytest.mark.parametrize("request_type", ["Create", "Update", "Delete"])
def test_an_event_that_cannot_get_in_line_is_not_answered_but_brought_again(
    stepfunctions: StepFunctions, advance: Advance, sent: Sent, request_type: str, call: str
) -> None:
    stepfunctions(**{call: BUSY})
    advance(DONE)
    with pytest.raises(Busy):
        handler.handle(event(request_type), Context())
    assert sent.answers == []


def test_an_event_that_is_brought_again_gets_in_line(
    stepfunctions: StepFunctions, advance: Advance, sent: Sent
) -> None:
    states = stepfunctions(describe_execution=BUSY)
    advance(DONE)
    with pytest.raises(Busy):
        handler.handle(event("Update"), Context())
    states.answers["describe_execution"] = states.describe
    handler.handle(event("Update"), Context())
    assert sent.only == DONE


def _log_of_an_unexpected_error(states: StateMachine, capsys: pytest.CaptureFixture[str]) -> str:
    states.answers["start_execution"] = ValueError(f"unknown url type: {URL!r}")
    handler.handle(event(), Context())
    output = capsys.readouterr()
    return output.out + output.err


def test_the_log_of_an_unexpected_error_holds_no_response_url(
    states: StateMachine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "Signature" not in _log_of_an_unexpected_error(states, capsys)


def test_the_log_of_an_unexpected_error_holds_its_trace(
    states: StateMachine, capsys: pytest.CaptureFixture[str]
) -> None:
    text = _log_of_an_unexpected_error(states, capsys)
    (line,) = [line for line in lines(text) if line["message"] == "unexpected"]
    assert line["level"] == "ERROR"
    assert "Traceback" in line["trace"]


# -- the answer ---------------------------------------------------------------------------------------------


def test_an_answer_says_where_the_log_is(
    states: StateMachine, advance: Advance, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(handler, "send", lambda request, answer, where: said.append(where))
    monkeypatch.setenv("AWS_LAMBDA_LOG_STREAM_NAME", "2026/11/21/[$LATEST]abc")
    advance(DONE)
    handler.handle(event("Update"), Context())
    assert said == ["log stream 2026/11/21/[$LATEST]abc, request 0e8d9e4c-invocation"]


def test_an_answer_that_cannot_be_delivered_fails_the_invocation(
    states: StateMachine, advance: Advance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(request: Request, answer: Answer, where: str) -> None:
        raise OSError("lost")

    monkeypatch.setattr(handler, "send", lost)
    advance(DONE)
    with pytest.raises(OSError, match="lost"):
        handler.handle(event("Update"), Context())


def test_an_answer_arrives_at_cloudformation(
    states: StateMachine, advance: Advance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handler, "send", protocol.send)
    advance(DONE)
    with ResponseServer().running() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        handler.handle(event("Update", ResponseURL=server.url), Context())
    assert [body["Data"] for body in server.bodies] == [{"DatasetName": "pumps"}]
