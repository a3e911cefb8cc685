"""The line of a resource's waits: who is in front, and how an event gets behind them."""

from __future__ import annotations

import json
import string
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError
from hypothesis import given
from hypothesis import strategies as st

from lookout_provider.machine import Busy, InputTooLarge, Machine
from lookout_provider.protocol import Answer, Request
from lookout_shared import aws
from lookout_shared.aws import ServiceError
from tests.provider.support import (
    MACHINE,
    STACK,
    URL,
    SetTime,
    StateMachine,
    StepFunctions,
    client_error,
    event,
    execution_arn,
    lines,
    note_state,
    wait_state,
)

REQUEST = Request.parse(event())
OTHER_EVENT = Request.parse(event(ResponseURL=URL + "other"))


def begin(line: str = "", request: Request = REQUEST, **members: Any) -> bool:
    """Get in line with what is known of it."""
    machine = Machine(request, line)
    machine.earlier()
    return machine.begin(wait_state(request.event({}), **members))


def urls(machine: Machine) -> list[str]:
    """The events that are in front, by their answers' addresses."""
    return [wait.request.response_url for wait in machine.earlier()]


# -- the line -----------------------------------------------------------------------------------------------


def test_nobody_is_in_front_of_the_first_event(states: StateMachine) -> None:
    assert Machine(REQUEST).earlier() == []


def test_those_in_front_are_told_the_oldest_first(states: StateMachine) -> None:
    for number in range(3):
        begin(request=Request.parse(event(ResponseURL=URL + str(number))))
    assert urls(Machine(REQUEST)) == [URL + "0", URL + "1", URL + "2"]


def test_a_wait_is_told_as_it_began_and_as_it_ended(states: StateMachine) -> None:
    begin(Waited=7)
    answer = Answer("FAILED", "pumps", "no room", {"DatasetName": "pumps"})
    states.only.end(answer)
    (wait,) = Machine(REQUEST).earlier()
    assert (wait.arn, wait.running, wait.state["Waited"]) == (states.only.arn, False, 7)
    assert Answer.recorded(wait.answered) == answer


@pytest.mark.parametrize("status", ["ABORTED", "FAILED", "TIMED_OUT"])
def test_a_wait_that_ended_badly_has_answered_nothing(states: StateMachine, status: str) -> None:
    begin()
    states.only.end(status=status)
    (wait,) = Machine(REQUEST).earlier()
    assert (wait.running, dict(wait.answered)) == (False, {})


def test_a_wait_that_gave_up_has_no_answer_to_tell(states: StateMachine) -> None:
    begin()
    states.only.end()
    (wait,) = Machine(REQUEST).earlier()
    assert dict(wait.answered) == {}


@pytest.mark.parametrize(("line", "other"), [("", "pumps"), ("pumps", ""), ("pumps", "pumps-2")])
def test_each_physical_id_has_a_line_of_its_own(states: StateMachine, line: str, other: str) -> None:
    begin(line)
    assert Machine(REQUEST, other).earlier() == []


@pytest.mark.parametrize("line", ["", "pumps"])
def test_what_is_being_created_is_in_front_in_any_line(states: StateMachine, line: str) -> None:
    begin("")
    machine = Machine(OTHER_EVENT, line)
    assert [wait.arn for wait in machine.in_front(machine.earlier())] == [states.only.arn]


@given(st.sets(st.text(string.ascii_letters + string.digits, min_size=1, max_size=40), max_size=8))
def test_the_waits_of_other_resources_are_in_no_line_of_this_one(logical_ids: set[str]) -> None:
    fake = StateMachine()
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(aws, "client", lambda service, region: fake)
        for name in logical_ids - {REQUEST.logical_id}:
            for line in ("", "pumps"):
                begin(line, Request.parse(event(LogicalResourceId=name)))
        for line in ("", "pumps"):
            machine = Machine(REQUEST, line)
            assert (machine.earlier(), machine.in_front([])) == ([], [])


def test_the_waits_of_another_life_of_the_stack_are_in_another_line(states: StateMachine) -> None:
    begin(request=Request.parse(event(StackId=STACK[:-4] + "beef")))
    assert Machine(REQUEST).earlier() == []


# -- days ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("began", "looked", "seen"),
    [
        ("2026-11-28T23:59:59", "2026-11-29T00:00:01", True),
        ("2026-11-28T22:30:00", "2026-11-29T00:29:59", True),
        ("2026-11-28T22:30:00", "2026-11-29T01:59:59", True),
        ("2026-11-28T22:30:00", "2026-11-29T02:00:01", False),
        ("2026-11-28T00:00:01", "2026-11-28T23:59:59", True),
        ("2026-12-31T23:30:00", "2027-01-01T00:30:00", True),
        ("2026-11-27T23:30:00", "2026-11-29T00:30:00", False),
    ],
)
def test_the_line_of_yesterday_is_read_for_two_hours_after_midnight(
    states: StateMachine, set_time: SetTime, began: str, looked: str, seen: bool
) -> None:
    set_time(began)
    begin()
    set_time(looked)
    assert len(Machine(REQUEST).earlier()) == len(Machine(REQUEST, "pumps").in_front([])) == int(seen)


def test_those_of_yesterday_are_in_front_of_those_of_today(states: StateMachine, set_time: SetTime) -> None:
    set_time("2026-11-28T23:59:00")
    begin(request=OTHER_EVENT)
    set_time("2026-11-29T00:01:00")
    begin()
    assert urls(Machine(REQUEST)) == [OTHER_EVENT.response_url, URL]


def test_the_line_of_a_new_day_begins_anew(states: StateMachine, set_time: SetTime) -> None:
    set_time("2026-11-28T23:59:00")
    begin(request=OTHER_EVENT)
    set_time("2026-11-29T00:01:00")
    assert begin()
    assert [name.rsplit("-", 2)[1:] for name in states.executions] == [["20261128", "0"], ["20261129", "0"]]


def test_who_looked_before_midnight_has_to_look_again_after_it(states: StateMachine, set_time: SetTime) -> None:
    """Who came after it has a line of its own, and has seen nobody in that of yesterday."""
    set_time("2026-11-28T23:59:59")
    machine = Machine(REQUEST)
    machine.earlier()
    set_time("2026-11-29T00:00:31")
    begin(request=OTHER_EVENT)
    assert not machine.begin(wait_state(REQUEST.event({})))
    assert urls(machine) == [OTHER_EVENT.response_url]
    assert machine.begin(wait_state(REQUEST.event({})))


@pytest.mark.parametrize(
    ("looked", "seconds"), [("00:00:00", [30]), ("00:00:29", [1]), ("00:00:30", []), ("12:00", [])]
)
def test_who_comes_just_after_midnight_waits_for_those_who_were_about_to_get_into_the_line_of_yesterday(
    states: StateMachine, set_time: SetTime, slept: list[float], looked: str, seconds: list[float]
) -> None:
    set_time(f"2026-11-29T{looked}")
    Machine(REQUEST).earlier()
    assert slept == seconds


# -- getting in line ----------------------------------------------------------------------------------------


def test_a_wait_begins_with_its_state(states: StateMachine) -> None:
    Machine(REQUEST).begin({"Seconds": 2})
    (call,) = states.made("start_execution")
    assert (call["stateMachineArn"], json.loads(call["input"])) == (MACHINE, {"Seconds": 2})


def test_each_wait_has_the_next_number(states: StateMachine) -> None:
    for number in range(3):
        begin(request=Request.parse(event(ResponseURL=URL + str(number))))
    assert [name.rsplit("-", 1)[1] for name in states.executions] == ["0", "1", "2"]


def test_a_wait_that_is_over_keeps_its_number(states: StateMachine) -> None:
    begin()
    states.only.end(status="ABORTED")
    assert begin(request=OTHER_EVENT)


def test_of_two_events_that_race_for_a_number_one_gets_it(states: StateMachine) -> None:
    one, other = Machine(REQUEST), Machine(OTHER_EVENT)
    one.earlier(), other.earlier()
    assert one.begin(wait_state(REQUEST.event({})))
    assert not other.begin(wait_state(OTHER_EVENT.event({})))


def test_who_did_not_get_the_number_sees_who_did_and_gets_behind(states: StateMachine) -> None:
    one, other = Machine(REQUEST), Machine(OTHER_EVENT)
    one.earlier(), other.earlier()
    one.begin(wait_state(REQUEST.event({})))
    other.begin(wait_state(OTHER_EVENT.event({})))
    assert urls(other) == [REQUEST.response_url]
    assert other.begin(wait_state(OTHER_EVENT.event({})))


@pytest.mark.parametrize("code", ["StateMachineDoesNotExist", "ExecutionLimitExceeded", "InvalidName"])
def test_a_wait_that_cannot_be_begun_is_an_error(stepfunctions: StepFunctions, slept: list[float], code: str) -> None:
    stepfunctions(start_execution=client_error(code))
    with pytest.raises(ServiceError, match=code):
        Machine(REQUEST).begin({"Seconds": 2})
    assert slept == []


@pytest.mark.parametrize("text", ["x" * 250_001, "é" * 50_000])
def test_too_much_to_remember_is_an_error_before_anything_is_begun(states: StateMachine, text: str) -> None:
    with pytest.raises(InputTooLarge, match=r"^(25|30)\d{4} bytes to remember, Step Functions takes 250000$"):
        Machine(REQUEST).begin({"Event": text})
    assert states.calls == []


def test_what_fits_is_begun(states: StateMachine) -> None:
    assert Machine(REQUEST).begin({"Event": "x" * 249_000})


@given(st.text(max_size=2000), st.integers(0, 10_000))
def test_the_name_of_a_wait_is_one_that_step_functions_takes(physical_id: str, number: int) -> None:
    fake = StateMachine()
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(aws, "client", lambda service, region: fake)
        machine = Machine(REQUEST, physical_id)
        machine._next = number
        machine.begin({"Seconds": 2})
    (name,) = fake.executions
    assert len(name) <= 80
    assert set(name) <= set(string.ascii_letters + string.digits + "-_")


# -- stopping -----------------------------------------------------------------------------------------------


def test_a_wait_that_runs_is_stopped(states: StateMachine) -> None:
    begin()
    assert Machine(REQUEST).stop_all([states.only.arn])
    assert states.only.status == "ABORTED"


def test_all_are_stopped_even_if_the_first_one_ran(states: StateMachine) -> None:
    begin()
    begin(request=OTHER_EVENT)
    Machine(REQUEST).stop_all([execution_arn(name) for name in states.executions])
    assert states.stopped == list(states.executions)


@pytest.mark.parametrize("status", ["SUCCEEDED", "ABORTED", "FAILED", "TIMED_OUT"])
def test_a_wait_that_is_over_is_not_stopped(states: StateMachine, status: str) -> None:
    begin()
    states.only.end(status=status)
    assert not Machine(REQUEST).stop_all([states.only.arn])
    assert states.stopped == []


def test_a_wait_that_nobody_knows_any_more_was_not_running(states: StateMachine) -> None:
    assert not Machine(REQUEST).stop_all([execution_arn("long-ago")])


def test_a_wait_that_is_not_described_yet_is_stopped(states: StateMachine) -> None:
    """DescribeExecution is eventually consistent."""
    begin()
    states.answers["describe_execution"] = client_error("ExecutionDoesNotExist")
    assert Machine(REQUEST).stop_all([states.only.arn])
    assert states.only.status == "ABORTED"


def test_a_name_that_is_taken_and_not_described_yet_is_asked_for_again_after_a_while(
    states: StateMachine, slept: list[float]
) -> None:
    begin()
    machine = Machine(OTHER_EVENT)
    assert not machine.begin(wait_state(OTHER_EVENT.event({})))
    assert slept == [1]


def test_a_wait_that_ends_just_before_it_is_stopped_is_as_good(states: StateMachine) -> None:
    """Its event was answered, and CloudFormation sends the next one before the execution is over."""

    def too_late(**_: Any) -> dict[str, Any]:
        states.only.end()
        raise client_error("ValidationException", "Execution is not running")

    begin()
    states.answers["stop_execution"] = too_late
    assert not Machine(REQUEST).stop_all([states.only.arn])


def test_a_wait_that_cannot_be_stopped_is_an_error(states: StateMachine) -> None:
    begin()
    states.answers["stop_execution"] = client_error("ValidationException", "not now")
    with pytest.raises(ServiceError, match="StopExecution: ValidationException: not now"):
        Machine(REQUEST).stop_all([states.only.arn])


def test_a_wait_that_was_stopped_is_logged(states: StateMachine, capsys: pytest.CaptureFixture[str]) -> None:
    begin()
    Machine(REQUEST).stop_all([states.only.arn])
    fences = [line for line in lines(capsys.readouterr().out) if line["message"] == "fence"]
    assert [line["execution"] for line in fences] == list(states.executions)


# -- reading ------------------------------------------------------------------------------------------------


def test_a_wait_that_never_was_is_read_as_none(states: StateMachine) -> None:
    assert Machine(REQUEST).read(execution_arn("never-was")) is None


def test_a_wait_that_cannot_be_read_is_an_error(stepfunctions: StepFunctions) -> None:
    stepfunctions(describe_execution=client_error("InvalidArn"))
    with pytest.raises(ServiceError, match="InvalidArn"):
        Machine(REQUEST).read(execution_arn("any"))


# -- patience -----------------------------------------------------------------------------------------------

PASSES = {
    "throttled": client_error("ThrottlingException", "Rate exceeded"),
    "an internal error": client_error("InternalFailure", status=500),
    "a bad moment": client_error("ServiceUnavailable", status=503),
    "out of reach": ConnectTimeoutError(endpoint_url="https://states.eu-west-1.amazonaws.com"),
    "a lost answer": ReadTimeoutError(endpoint_url="https://states.eu-west-1.amazonaws.com"),
}
#: Before IAM's changes are known everywhere.
DENIED = client_error("AccessDeniedException", "is not authorized to perform: states:StartExecution")
CALLS: dict[str, Callable[[Machine], object]] = {
    "describe_execution": lambda machine: machine.earlier(),
    "start_execution": lambda machine: machine.begin({"Seconds": 2}),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("error", [*PASSES.values(), DENIED], ids=[*PASSES, "denied"])
def test_what_passes_is_waited_out(stepfunctions: StepFunctions, slept: list[float], call: str, error: Any) -> None:
    fake = stepfunctions()
    fake.answers[call] = [error, error, fake.answers[call]]
    CALLS[call](Machine(REQUEST))
    assert (len(fake.made(call)), len(slept)) == (3, 2)


@pytest.mark.parametrize("error", PASSES.values(), ids=PASSES)
def test_after_two_minutes_it_may_be_later(stepfunctions: StepFunctions, slept: list[float], error: Any) -> None:
    stepfunctions(describe_execution=error)
    with pytest.raises(Busy, match="DescribeExecution: "):
        Machine(REQUEST).earlier()
    assert 120 <= sum(slept) < 135


def test_an_access_denied_that_stays_is_an_error_after_two_minutes(
    stepfunctions: StepFunctions, slept: list[float]
) -> None:
    stepfunctions(describe_execution=DENIED)
    with pytest.raises(ServiceError, match="AccessDeniedException"):
        Machine(REQUEST).earlier()
    assert 120 <= sum(slept) < 135


def test_the_pauses_grow_to_a_quarter_of_a_minute_and_differ(stepfunctions: StepFunctions, slept: list[float]) -> None:
    stepfunctions(describe_execution=PASSES["throttled"])
    with pytest.raises(Busy):
        Machine(REQUEST).earlier()
    assert 0.5 <= slept[0] <= 1
    assert all(7.5 <= pause <= 15 for pause in slept[4:])
    assert len(set(slept)) == len(slept)


@pytest.mark.parametrize("code", ["InvalidArn", "ValidationException", "StateMachineDoesNotExist"])
def test_another_error_is_not_waited_out(stepfunctions: StepFunctions, slept: list[float], code: str) -> None:
    stepfunctions(describe_execution=client_error(code))
    with pytest.raises(ServiceError, match=code):
        Machine(REQUEST).earlier()
    assert slept == []


def test_a_wait_that_began_although_the_answer_was_lost_is_begun_once(states: StateMachine) -> None:
    """Step Functions takes the same input under the same name again, as long as it runs."""

    def lost(**parameters: Any) -> dict[str, Any]:
        states.start(**parameters)
        raise client_error("InternalFailure", status=500)

    states.answers["start_execution"] = [lost, states.start]
    assert begin()
    assert len(states.executions) == 1


def test_a_note_that_was_left_although_the_answer_was_lost_is_found_by_the_next_look(states: StateMachine) -> None:
    """It is over at once, so Step Functions does not take its name again."""

    def lost(**parameters: Any) -> dict[str, Any]:
        states.start(**parameters)
        raise client_error("InternalFailure", status=500)

    states.answers["start_execution"] = [lost, states.start]
    machine = Machine(REQUEST)
    machine.earlier()
    assert not machine.begin(note_state(REQUEST.event({})))
    assert [wait.is_of(REQUEST) for wait in machine.earlier()] == [True]
