"""A poll, and the end of polls that go on failing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from lookout_provider import handler
from lookout_provider.machine import Busy
from lookout_provider.progress import Phase, Progress
from lookout_provider.protocol import Answer, Request
from lookout_shared.aws import Service
from tests.provider.support import (
    DONE,
    FUNCTION,
    REGION,
    URL,
    Advance,
    Context,
    Execution,
    Sent,
    StateMachine,
    again,
    client_error,
    event,
    in_line,
    wait_state,
)

pytestmark = pytest.mark.usefixtures("sent")

OLD = "factory-Pumps-0badcafe"


def line_of(request_type: str) -> str:
    return "" if request_type == "Create" else OLD


@pytest.fixture
def own(states: StateMachine) -> Execution:
    """The wait that polls, for a Create."""
    return in_line(states, event())


def poll(own: Execution, state: Mapping[str, Any] | None = None, **members: Any) -> dict[str, Any]:
    """One poll of it: in the state that it began with, or in *state*, with other *members*."""
    payload = dict(state or own.state) | members
    return handler.handle({"Poll": json.loads(json.dumps(payload)), "ExecutionArn": own.arn}, Context())


# -- answering and waiting on -------------------------------------------------------------------------------


@pytest.mark.parametrize("phase", list(Phase))
@pytest.mark.parametrize("request_type", ["Create", "Update", "Delete"])
def test_a_poll_that_finishes_is_answered(
    states: StateMachine, advance: Advance, sent: Sent, phase: Phase, request_type: str
) -> None:
    own = in_line(states, event(request_type), line_of(request_type))
    advance(DONE)
    poll(own, Phase=phase.value)
    assert sent.only == DONE


def test_a_wait_ends_with_its_answer(own: Execution, advance: Advance) -> None:
    advance(DONE)
    assert poll(own) == {"Event": Request.parse(event()).event({}), "FunctionArn": FUNCTION, "Answered": DONE.record}


@pytest.mark.parametrize("phase", list(Phase))
def test_a_poll_that_waits_on_returns_the_next_state(
    own: Execution, advance: Advance, sent: Sent, phase: Phase
) -> None:
    advance(again(phase, BUSY=4))
    state = poll(own, Phase=phase.value, Waited=10, Seconds=5, Began=1000.5)
    told = {name: state[name] for name in ("FunctionArn", "Phase", "PhysicalId", "Since", "Began")}
    assert told == {
        "FunctionArn": FUNCTION,
        "Phase": phase.value,
        "PhysicalId": "pumps",
        "Since": {"BUSY": 4},
        "Began": 1000.5,
    }
    assert sent.answers == []


def test_a_poll_goes_on_where_the_last_one_was(own: Execution, advance: Advance) -> None:
    steps = advance(DONE)
    members = {"Memo": {"step": "two"}, "Since": {"BUSY": 4}, "PhysicalId": "just-made"}
    flags = {"Behind": ["arn"], "Stopped": True, "Tidied": True, "Arrived": True, "Wanted": "new", "InForce": "old"}
    poll(own, Phase="settle", **members, **flags)
    (progress,) = steps.progress
    assert (progress.phase, progress.physical_id) == (Phase.SETTLE, "just-made")
    assert (progress.memo, progress.since) == ({"step": "two"}, {"BUSY": 4})
    assert (progress.behind, progress.stopped, progress.tidied, progress.arrived) == (["arn"], True, True, True)
    assert (progress.wanted, progress.in_force) == ("new", "old")


def test_a_wait_that_began_under_an_earlier_release_goes_on(own: Execution, advance: Advance) -> None:
    steps = advance(DONE)
    poll(own, wait_state(event(), Phase.SETTLE, Waited=10, Seconds=5))
    (progress,) = steps.progress
    assert (progress.waited, progress.behind, progress.memo) == (15, [], {})
    assert (progress.wanted, progress.in_force) == ("", "")


# -- how long it has been -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gone", "waited"), [(0, 150), (149, 150), (151, 151), (1000, 1000)], ids=["compressed", "on time", "late", "slow"]
)
def test_time_gone_is_what_was_waited_or_what_has_passed_if_that_is_longer(
    own: Execution, advance: Advance, monkeypatch: pytest.MonkeyPatch, gone: int, waited: int
) -> None:
    """A local clock shortens the waits; retries and slow calls make them longer."""
    monkeypatch.setattr("time.time", lambda: 1795000000.0 + gone)
    steps = advance(DONE)
    poll(own, Phase="settle", Waited=100, Seconds=50, Began=1795000000.0)
    assert steps.progress[0].waited == waited


def test_time_goes_by_from_when_the_wait_began(own: Execution, advance: Advance) -> None:
    advance(again(Phase.SETTLE))
    state = poll(own, Began=1795000000.0)
    assert poll(own, state)["Began"] == 1795000000.0


# -- what a poll carries ------------------------------------------------------------------------------------


@pytest.mark.parametrize("phase", [Phase.CONVERGE, Phase.REMOVE])
def test_a_wait_that_makes_or_removes_carries_its_properties(own: Execution, advance: Advance, phase: Phase) -> None:
    advance(again(phase))
    assert poll(own)["Event"]["ResourceProperties"] == event()["ResourceProperties"]


def test_a_wait_until_it_is_ready_carries_no_properties_besides_the_options(own: Execution, advance: Advance) -> None:
    advance(again(Phase.SETTLE))
    assert poll(own)["Event"]["ResourceProperties"] == {"Options": event()["ResourceProperties"]["Options"]}


@pytest.mark.parametrize("member", ["OldResourceProperties", "ServiceToken"])
def test_a_wait_carries_nothing_that_nobody_reads(states: StateMachine, member: str) -> None:
    in_line(states, event("Update"), OLD).end(status="ABORTED")
    handler.handle(event("Update", ResponseURL=URL + "next"), Context())
    assert member not in states.last.state["Event"]


def test_the_state_of_a_wait_leads_to_the_same_request(states: StateMachine) -> None:
    handler.handle(event("Delete"), Context())
    assert Request.parse(states.only.state["Event"]) == Request.parse(event("Delete"))


# -- a wait that was stopped --------------------------------------------------------------------------------


@pytest.mark.parametrize("phase", [Phase.CONVERGE, Phase.REMOVE])
@pytest.mark.parametrize("status", ["ABORTED", "FAILED", "TIMED_OUT", "SUCCEEDED"])
def test_a_poll_whose_wait_was_stopped_does_nothing(
    own: Execution, advance: Advance, sent: Sent, phase: Phase, status: str
) -> None:
    own.end(status=status)
    steps = advance(DONE)
    assert (poll(own, Phase=phase.value), steps.progress, sent.answers) == ({}, [], [])


def _stopped_meanwhile(own: Execution, request: Request, progress: Progress) -> Answer:
    """A step that changes something, after a later event has stopped its wait."""
    own.end(status="ABORTED")
    Service("lookoutequipment", REGION).call("CreateDataset", DatasetName="pumps")
    return DONE


def test_a_poll_whose_wait_is_stopped_while_it_looks_changes_nothing(
    own: Execution, advance: Advance, sent: Sent
) -> None:
    """The client of these tests serves nothing but Step Functions: the call would fail."""
    advance(lambda request, progress: _stopped_meanwhile(own, request, progress))
    assert (poll(own, Phase="settle"), sent.answers) == ({}, [])


def test_a_poll_whose_wait_is_stopped_while_it_works_changes_nothing_after_five_seconds(
    own: Execution, advance: Advance, sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])

    def step(request: Request, progress: Progress) -> Answer:
        now[0] += 5.1
        return _stopped_meanwhile(own, request, progress)

    advance(step)
    assert (poll(own), sent.answers) == ({}, [])


# -- those in front -----------------------------------------------------------------------------------------


@pytest.fixture
def before(states: StateMachine) -> Execution:
    """A wait for an Update in front, of which CloudFormation has not heard the end."""
    return in_line(states, event("Update", ResponseURL=URL + "earlier"), OLD)


@pytest.fixture
def behind(states: StateMachine, before: Execution) -> Execution:
    """The wait of an Update behind it, whose first invocation has died before it stopped the other one."""
    return in_line(states, event("Update"), OLD, Behind=[before.arn])


def test_a_poll_stops_those_in_front_first(before: Execution, behind: Execution, advance: Advance) -> None:
    steps = advance(DONE)
    poll(behind)
    assert (before.status, steps.progress) == ("ABORTED", [])


def test_a_poll_that_had_to_stop_something_waits_for_its_end(
    before: Execution, behind: Execution, advance: Advance
) -> None:
    advance(DONE)
    state = poll(behind)
    assert (state["Stopped"], state["Tidied"], state["Seconds"]) == (False, False, 35)


def test_those_in_front_are_stopped_once(
    states: StateMachine, before: Execution, behind: Execution, advance: Advance
) -> None:
    advance(again(Phase.CONVERGE))
    poll(behind, poll(behind, poll(behind)))
    assert states.stopped == [before.name]


def test_a_poll_removes_what_those_in_front_had_begun(before: Execution, behind: Execution, advance: Advance) -> None:
    steps = advance(DONE)
    poll(behind, Stopped=True)
    assert steps.unheard == [[Request.parse(before.state["Event"])]]


def test_a_delete_never_removes_what_the_update_in_front_led_to(states: StateMachine, advance: Advance) -> None:
    """CloudFormation has heard of it, and cleans up, while the wait that has answered is not over yet."""
    update = in_line(states, event("Update", ResponseURL=URL + "earlier"), OLD)
    handler.handle(event("Delete"), Context())
    delete = states.last
    steps = advance(DONE)
    poll(delete)
    assert (delete.state["Behind"], update.status, steps.unheard) == ([update.arn], "ABORTED", [[]])


def test_those_that_were_answered_just_before_they_were_stopped_have_left_nothing(
    before: Execution, behind: Execution, advance: Advance
) -> None:
    before.end(Answer("SUCCESS", OLD))
    steps = advance(DONE)
    poll(behind, Stopped=True)
    assert steps.unheard == [[]]


def test_a_poll_does_not_look_at_what_is_tidied(
    states: StateMachine, before: Execution, behind: Execution, advance: Advance
) -> None:
    steps = advance(Answer("SUCCESS", OLD))
    states.calls.clear()
    poll(behind, Phase="settle", Stopped=True, Tidied=True)
    assert (steps.unheard, states.calls) == ([[]], [])


def test_a_wait_in_front_that_nobody_knows_any_more_has_left_nothing(behind: Execution, advance: Advance) -> None:
    steps = advance(DONE)
    poll(behind, Stopped=True, Behind=[behind.arn + "-gone"])
    assert steps.unheard == [[]]


# -- an Update that leads to another thing ------------------------------------------------------------------


@pytest.fixture
def update(states: StateMachine) -> Execution:
    return in_line(states, event("Update"), OLD)


def test_an_update_that_leads_to_another_thing_leaves_word_in_the_line_of_that(
    states: StateMachine, update: Execution, advance: Advance
) -> None:
    advance(DONE)
    poll(update)
    word = states.last
    assert (word.state["Answered"], word.status) == (DONE.record, "SUCCEEDED")
    in_line(states, event("Update", ResponseURL=URL + "next"), DONE.physical_id)
    assert states.last.name == word.name[:-1] + "1"


def test_word_is_left_before_the_answer(
    states: StateMachine, update: Execution, advance: Advance, monkeypatch: pytest.MonkeyPatch
) -> None:
    known: list[int] = []
    monkeypatch.setattr(handler, "send", lambda request, answer, where: known.append(len(states.executions)))
    advance(DONE)
    poll(update)
    assert known == [2]


def test_word_is_left_once(states: StateMachine, update: Execution, advance: Advance) -> None:
    advance(DONE)
    poll(update)
    poll(update)
    assert len(states.executions) == 2


@pytest.mark.parametrize(
    ("request_type", "physical_id"), [("Update", OLD), ("Create", "pumps"), ("Delete", OLD)], ids=str
)
def test_no_word_is_left_where_the_line_stays_the_same(
    states: StateMachine, advance: Advance, request_type: str, physical_id: str
) -> None:
    own = in_line(states, event(request_type), line_of(request_type))
    advance(Answer("SUCCESS", physical_id))
    poll(own)
    assert len(states.executions) == 1


# -- what goes wrong ----------------------------------------------------------------------------------------


def test_an_unexpected_exception_of_a_poll_is_left_to_the_state_machine(
    own: Execution, advance: Advance, sent: Sent
) -> None:
    advance(ValueError("no such thing"))
    with pytest.raises(ValueError, match="no such thing"):
        poll(own)
    assert sent.answers == []


def test_a_poll_that_cannot_ask_step_functions_is_left_to_the_state_machine(
    states: StateMachine, own: Execution, advance: Advance, sent: Sent
) -> None:
    states.answers["describe_execution"] = client_error("ThrottlingException", "Rate exceeded")
    steps = advance(DONE)
    with pytest.raises(Busy):
        poll(own)
    assert (steps.progress, sent.answers) == ([], [])


def test_a_poll_logs_no_response_url(own: Execution, advance: Advance, capsys: pytest.CaptureFixture[str]) -> None:
    advance(DONE)
    poll(own)
    assert "Signature" not in capsys.readouterr().out


# -- giving up ----------------------------------------------------------------------------------------------


def test_polls_that_went_on_failing_are_answered_with_the_real_physical_id(sent: Sent) -> None:
    state = wait_state(event(), Error={"Error": "Lambda.Unknown", "Cause": "it broke"})
    handler.handle({"GiveUp": state}, Context())
    assert sent.only == Answer("FAILED", "pumps", "waiting failed: Lambda.Unknown it broke")


def test_giving_up_on_what_cannot_be_deleted_is_answered_with_the_id_from_before(sent: Sent) -> None:
    ingestion = event("Update", PhysicalResourceId="old", ResourceType="Custom::LookoutEquipmentDataIngestion")
    handler.handle({"GiveUp": wait_state(ingestion)}, Context())
    assert (sent.only.status, sent.only.physical_id) == ("FAILED", "old")


def test_giving_up_needs_no_cause(sent: Sent) -> None:
    handler.handle({"GiveUp": wait_state(event())}, Context())
    assert (sent.only.status, sent.only.physical_id) == ("FAILED", "pumps")


def test_giving_up_logs_no_response_url(capsys: pytest.CaptureFixture[str]) -> None:
    cause = {"Error": "ValueError", "Cause": json.dumps({"at": URL})}
    handler.handle({"GiveUp": wait_state(event(), Error=cause)}, Context())
    assert "Signature" not in capsys.readouterr().out
