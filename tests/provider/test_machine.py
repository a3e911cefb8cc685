"""The state machine that waits, and the fence that stops an older wait."""

from __future__ import annotations

import json
import string
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookout_provider import aws
from lookout_provider.aws import ServiceError
from lookout_provider.machine import InputTooLarge, Machine
from lookout_provider.protocol import Request
from tests.provider.support import MACHINE, URL, StateMachine, StepFunctions, client_error, event, execution_arn, lines

REQUEST = Request.parse(event())
#: Names of executions: this event's own, an earlier event's of the same resource, another resource's.
OWN = REQUEST.execution_name
EARLIER = Request.parse(event(ResponseURL=URL + "earlier")).execution_name
FOREIGN = Request.parse(event(LogicalResourceId="Other")).execution_name

DENIED = client_error("AccessDeniedException", "is not authorized to perform: states:ListExecutions")

ENDED = client_error("ValidationException", "Execution is not running")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Sleeping moves this clock, and takes no time."""
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    return now


# -- the fence ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("running", "stopped"),
    [
        ([], []),
        ([EARLIER], [EARLIER]),
        ([FOREIGN], []),
        ([OWN], []),
        ([FOREIGN, EARLIER, OWN], [EARLIER]),
        (["made-by-hand", EARLIER], [EARLIER]),
    ],
)
def test_the_fence_stops_only_earlier_waits_of_its_own_resource(
    stepfunctions: StepFunctions, running: list[str], stopped: list[str]
) -> None:
    fake = stepfunctions(*running)
    Machine(REQUEST).fence()
    assert fake.stopped == stopped


@pytest.mark.parametrize(
    ("running", "duplicate"),
    [([], False), ([EARLIER], False), ([FOREIGN], False), ([OWN], True), ([OWN, EARLIER], True)],
)
def test_the_fence_tells_a_duplicate(stepfunctions: StepFunctions, running: list[str], duplicate: bool) -> None:
    stepfunctions(*running)
    assert Machine(REQUEST).fence() is duplicate


@given(st.sets(st.text(string.ascii_letters + string.digits, min_size=1, max_size=40), max_size=8))
def test_the_fence_never_stops_the_wait_of_another_resource(logical_ids: set[str]) -> None:
    names = [Request.parse(event(LogicalResourceId=name)).execution_name for name in logical_ids - {REQUEST.logical_id}]
    fake = StateMachine(*names)
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(aws, "client", lambda service, region: fake)
        Machine(REQUEST).fence()
    assert fake.stopped == []


@pytest.mark.parametrize(
    ("phase", "left"),
    [
        ("settle", "bottles/train"),
        # It was not certain to have been made.
        ("converge", None),
    ],
)
def test_a_delete_learns_what_the_wait_was_about_that_it_stops(
    stepfunctions: StepFunctions, phase: str, left: str | None
) -> None:
    state = {"Phase": phase, "PhysicalId": "bottles/train"}
    stepfunctions(EARLIER, describe_execution={"status": "RUNNING", "input": json.dumps(state)})
    machine = Machine(Request.parse(event("Delete")))
    machine.fence()
    assert machine.left_behind == left


def test_the_fence_stops_several_earlier_waits(stepfunctions: StepFunctions) -> None:
    earlier = [Request.parse(event(ResponseURL=URL + str(n))).execution_name for n in range(3)]
    fake = stepfunctions(*earlier)
    Machine(REQUEST).fence()
    assert fake.stopped == earlier


@pytest.mark.parametrize("status", ["SUCCEEDED", "ABORTED", "FAILED"])
def test_a_wait_that_ends_just_before_it_is_stopped_is_as_good(stepfunctions: StepFunctions, status: str) -> None:
    """Its event was answered, and CloudFormation sends the next one before the execution is over."""
    stepfunctions(EARLIER, stop_execution=ENDED, describe_execution={"status": status})
    assert Machine(REQUEST).fence() is False


def test_a_wait_that_cannot_be_stopped_is_an_error(stepfunctions: StepFunctions) -> None:
    stepfunctions(EARLIER, stop_execution=ENDED, describe_execution={"status": "RUNNING"})
    with pytest.raises(ServiceError, match="StopExecution"):
        Machine(REQUEST).fence()


def test_the_fence_looks_at_every_page(stepfunctions: StepFunctions) -> None:
    pages = [
        {"executions": [{"name": FOREIGN, "executionArn": execution_arn(FOREIGN)}], "nextToken": "more"},
        {"executions": [{"name": EARLIER, "executionArn": execution_arn(EARLIER)}]},
    ]
    fake = stepfunctions(list_executions=pages)
    Machine(REQUEST).fence()
    assert fake.stopped == [EARLIER]


def test_the_fence_looks_at_running_executions_of_the_stacks_machine(stepfunctions: StepFunctions) -> None:
    fake = stepfunctions()
    Machine(REQUEST).fence()
    assert fake.made("list_executions") == [{"stateMachineArn": MACHINE, "statusFilter": "RUNNING"}]


def test_a_wait_that_was_stopped_is_logged(stepfunctions: StepFunctions, capsys: pytest.CaptureFixture[str]) -> None:
    stepfunctions(EARLIER)
    Machine(REQUEST).fence()
    assert [line["execution"] for line in lines(capsys.readouterr().out) if line["message"] == "fence"] == [EARLIER]


def test_the_access_denied_of_a_new_role_is_waited_out(stepfunctions: StepFunctions, clock: list[float]) -> None:
    fake = stepfunctions(list_executions=[DENIED, DENIED, {"executions": []}])
    Machine(REQUEST).fence()
    assert len(fake.made("list_executions")) == 3


def test_an_access_denied_that_stays_is_an_error_after_two_minutes(
    stepfunctions: StepFunctions, clock: list[float]
) -> None:
    stepfunctions(list_executions=DENIED)
    with pytest.raises(ServiceError, match="AccessDeniedException"):
        Machine(REQUEST).fence()
    assert 120 <= clock[0] - 1000 <= 130


@pytest.mark.parametrize("code", ["StateMachineDoesNotExist", "InvalidArn", "ValidationException"])
def test_another_error_is_not_waited_out(stepfunctions: StepFunctions, slept: list[float], code: str) -> None:
    stepfunctions(list_executions=client_error(code))
    with pytest.raises(ServiceError, match=code):
        Machine(REQUEST).fence()
    assert slept == []


# -- starting -----------------------------------------------------------------------------------------------


def test_a_wait_is_started_under_the_events_own_name(stepfunctions: StepFunctions) -> None:
    fake = stepfunctions()
    Machine(REQUEST).start({"Seconds": 2})
    (call,) = fake.made("start_execution")
    assert (call["stateMachineArn"], call["name"], json.loads(call["input"])) == (MACHINE, OWN, {"Seconds": 2})


def test_a_wait_that_was_started_before_is_as_good(stepfunctions: StepFunctions) -> None:
    stepfunctions(start_execution=client_error("ExecutionAlreadyExists"))
    Machine(REQUEST).start({"Seconds": 2})


@pytest.mark.parametrize("code", ["StateMachineDoesNotExist", "ExecutionLimitExceeded", "AccessDeniedException"])
def test_a_wait_that_could_not_be_started_is_an_error(stepfunctions: StepFunctions, code: str) -> None:
    stepfunctions(start_execution=client_error(code))
    with pytest.raises(ServiceError, match=code):
        Machine(REQUEST).start({"Seconds": 2})


@pytest.mark.parametrize("text", ["x" * 250_001, "é" * 50_000])
def test_too_much_to_remember_is_an_error_before_anything_is_started(stepfunctions: StepFunctions, text: str) -> None:
    fake = stepfunctions()
    with pytest.raises(InputTooLarge, match=r"^25\d{4}|^30\d{4}"):
        Machine(REQUEST).start({"Event": text})
    assert fake.calls == []


def test_what_fits_is_started(stepfunctions: StepFunctions) -> None:
    fake = stepfunctions()
    Machine(REQUEST).start({"Event": "x" * 249_000})
    assert len(fake.started) == 1


# -- polling ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "wanted"),
    [("RUNNING", True), ("ABORTED", False), ("SUCCEEDED", False), ("FAILED", False), ("TIMED_OUT", False)],
)
def test_a_poll_is_wanted_while_its_execution_runs(stepfunctions: StepFunctions, status: str, wanted: bool) -> None:
    stepfunctions(describe_execution={"status": status})
    assert Machine(REQUEST).wanted(execution_arn(OWN)) is wanted


def test_a_poll_asks_for_its_own_execution(stepfunctions: StepFunctions) -> None:
    fake = stepfunctions(describe_execution={"status": "RUNNING"})
    Machine(REQUEST).wanted(execution_arn(OWN))
    assert fake.made("describe_execution") == [{"executionArn": execution_arn(OWN)}]


def test_a_poll_whose_execution_cannot_be_asked_for_is_an_error(stepfunctions: StepFunctions) -> None:
    stepfunctions(describe_execution=client_error("ExecutionDoesNotExist"))
    with pytest.raises(ServiceError):
        Machine(REQUEST).wanted(execution_arn(OWN))
