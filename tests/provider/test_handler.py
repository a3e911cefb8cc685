"""The first invocation of an event: answered at once, or handed to the state machine."""

from __future__ import annotations

import sys

import pytest

from lookout_provider import handler, protocol
from lookout_provider.lifecycle import Phase, Progress
from lookout_provider.protocol import Answer, Request
from tests.provider.support import (
    DONE,
    FUNCTION,
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

OWN = Request.parse(event()).execution_name
EARLIER = Request.parse(event(ResponseURL=URL + "earlier")).execution_name


def test_an_event_that_finishes_at_once_is_answered_at_once(states: StateMachine, advance: Advance, sent: Sent) -> None:
    advance(DONE)
    handler.handle(event(), Context())
    assert sent.only == DONE


def test_an_event_that_finishes_at_once_does_without_the_state_machine(states: StateMachine, advance: Advance) -> None:
    advance(DONE)
    handler.handle(event(), Context())
    assert states.started == []


def test_what_does_not_finish_is_handed_to_the_state_machine(states: StateMachine, advance: Advance) -> None:
    advance(again(Phase.SETTLE))
    handler.handle(event(), Context())
    (state,) = states.started
    assert {name: state[name] for name in ("FunctionArn", "Phase", "PhysicalId", "Waited", "Seconds", "Since")} == {
        "FunctionArn": FUNCTION,
        "Phase": "settle",
        "PhysicalId": "pumps",
        "Waited": 0,
        "Seconds": 2,
        "Since": {},
    }


def test_what_does_not_finish_is_not_answered_yet(states: StateMachine, advance: Advance, sent: Sent) -> None:
    advance(again(Phase.SETTLE))
    handler.handle(event(), Context())
    assert sent.answers == []


@pytest.mark.parametrize("request_type", ["Create", "Update", "Delete"])
def test_every_event_stops_the_waits_of_earlier_ones(
    request_type: str, advance: Advance, stepfunctions: StepFunctions
) -> None:
    states = stepfunctions(EARLIER)
    advance(DONE)
    handler.handle(event(request_type), Context())
    assert states.stopped == [EARLIER]


def test_an_earlier_wait_is_stopped_before_anything_is_done(advance: Advance, stepfunctions: StepFunctions) -> None:
    states = stepfunctions(EARLIER)
    stopped_before: list[str] = []

    def step(request: Request, progress: Progress) -> Answer:
        stopped_before.extend(states.stopped)
        return DONE

    advance(step)
    handler.handle(event(), Context())
    assert stopped_before == [EARLIER]


def test_a_duplicate_of_an_event_that_waits_does_nothing(
    advance: Advance, sent: Sent, stepfunctions: StepFunctions
) -> None:
    stepfunctions(OWN)
    steps = advance(DONE)
    handler.handle(event(), Context())
    assert (steps, sent.answers) == ([], [])


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


@pytest.mark.parametrize("request_type", ["Create", "Update", "Delete"])
def test_an_unexpected_exception_is_answered_with_its_text(
    states: StateMachine, advance: Advance, sent: Sent, request_type: str
) -> None:
    advance(ValueError("no such thing"))
    handler.handle(event(request_type), Context())
    assert (sent.only.status, sent.only.reason) == ("FAILED", "ValueError: no such thing")


def test_an_unexpected_exception_is_answered_under_the_id_that_may_exist(
    states: StateMachine, advance: Advance, sent: Sent
) -> None:
    def step(request: Request, progress: Progress) -> Answer:
        progress.physical_id = "just-made"
        raise ValueError("after it was made")

    advance(step)
    handler.handle(event(), Context())
    assert sent.only.physical_id == "just-made"


def test_a_wait_that_cannot_be_started_is_answered(advance: Advance, sent: Sent, stepfunctions: StepFunctions) -> None:
    stepfunctions(start_execution=client_error("StateMachineDoesNotExist", "gone"))
    advance(again(Phase.SETTLE))
    handler.handle(event(), Context())
    assert sent.only == Answer("FAILED", "pumps", "ServiceError: StartExecution: StateMachineDoesNotExist: gone")


def test_the_log_of_an_unexpected_error_holds_no_response_url(
    states: StateMachine, advance: Advance, capsys: pytest.CaptureFixture[str]
) -> None:
    advance(ValueError(f"unknown url type: {URL!r}"))
    handler.handle(event(), Context())
    output = capsys.readouterr()
    assert "Signature" not in output.out + output.err


def test_the_log_of_an_unexpected_error_holds_its_trace(
    states: StateMachine, advance: Advance, capsys: pytest.CaptureFixture[str]
) -> None:
    advance(ValueError("no such thing"))
    handler.handle(event(), Context())
    (line,) = [line for line in lines(capsys.readouterr().out) if line["message"] == "unexpected"]
    assert line["level"] == "ERROR"
    assert "Traceback" in line["trace"]


def test_an_answer_says_where_the_log_is(
    states: StateMachine, advance: Advance, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(handler, "send", lambda request, answer, where: said.append(where))
    monkeypatch.setenv("AWS_LAMBDA_LOG_STREAM_NAME", "2026/11/21/[$LATEST]abc")
    advance(DONE)
    handler.handle(event(), Context())
    assert said == ["log stream 2026/11/21/[$LATEST]abc, request 0e8d9e4c-invocation"]


def test_an_answer_that_cannot_be_delivered_fails_the_invocation(
    states: StateMachine, advance: Advance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(request: Request, answer: Answer, where: str) -> None:
        raise OSError("lost")

    monkeypatch.setattr(handler, "send", lost)
    advance(DONE)
    with pytest.raises(OSError, match="lost"):
        handler.handle(event(), Context())


def test_an_answer_arrives_at_cloudformation(
    states: StateMachine, advance: Advance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handler, "send", protocol.send)
    advance(DONE)
    with ResponseServer().running() as server:
        handler.handle(event(ResponseURL=server.url), Context())
    assert [body["Data"] for body in server.bodies] == [{"DatasetName": "pumps"}]
