"""What a wait may leave behind, and what allows its polls to change something."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from lookout_provider.machine import Busy, Machine, Stopped, Wait, Warrant, unheard
from lookout_provider.protocol import Answer, Request
from lookout_shared.aws import ServiceError
from tests.provider.support import (
    URL,
    StateMachine,
    StepFunctions,
    client_error,
    event,
    execution_arn,
    note_state,
    wait_state,
)
from tests.sleep import instead_of_sleep

REQUEST = Request.parse(event())


def wait(made_by: str, answer: Answer | None = None, *, running: bool = False, note: bool = False) -> Wait:
    """A wait for an event of that type, about `old` unless that is a Create."""
    about = event(made_by, PhysicalResourceId=None if made_by == "Create" else "old", ResponseURL=URL + "earlier")
    state = note_state(about, answer) if note and answer else wait_state(about)
    return Wait(execution_arn("earlier"), running, state, answer.record if answer else {})


def next_event(sent: str) -> Request:
    """What CloudFormation sends next, about the id that it knows."""
    return Request.parse(event(sent, PhysicalResourceId="invented" if sent == "Delete" else "old"))


def made(physical_id: str) -> Answer:
    return Answer("SUCCESS", physical_id)


FAILED = Answer("FAILED", "new", "no room")


@pytest.mark.parametrize(
    ("earlier", "sent", "leaves"),
    [
        # Its event was not heard of, as far as anybody can tell.
        (wait("Create", running=True), "Delete", True),
        (wait("Create"), "Delete", True),
        (wait("Create", FAILED), "Delete", True),
        (wait("Update", running=True), "Update", True),
        (wait("Update"), "Update", True),
        (wait("Update", FAILED), "Update", True),
        # It was done, but its Delete comes under an invented id: it was cancelled in the same moment.
        (wait("Create", made("pumps")), "Delete", True),
        # It led to another thing, but CloudFormation still knows the old one: it was cancelled in the same moment.
        (wait("Update", made("new")), "Update", True),
        # It was done, and heard of.
        # It was heard of, however it looks: the old thing goes.
        (wait("Update", running=True), "Delete", False),
        (wait("Update"), "Delete", False),
        (wait("Update", FAILED), "Delete", False),
        (wait("Update", made("new")), "Delete", False),
        (wait("Update", made("old")), "Update", False),
        (wait("Update", made("old")), "Delete", False),
        # A Delete makes nothing.
        (wait("Delete"), "Delete", False),
        (wait("Delete", running=True), "Create", False),
        (wait("Delete", FAILED), "Delete", False),
        # Nothing had to be changed for it.
        (wait("Update", made("old"), note=True), "Update", False),
        (wait("Create", FAILED, note=True), "Delete", False),
    ],
)
def test_a_wait_leaves_what_cloudformation_has_not_heard_of(earlier: Wait, sent: str, leaves: bool) -> None:
    assert earlier.leaves(next_event(sent)) is leaves


@pytest.mark.parametrize(
    ("earlier", "sent", "settles"),
    [
        (wait("Update", made("old")), "Update", True),
        (wait("Update", made("new")), "Delete", True),
        (wait("Update", made("old"), note=True), "Update", True),
        (wait("Delete", made("old")), "Create", True),
        (wait("Create", made("pumps")), "Create", True),
        # It left something.
        (wait("Update", made("new")), "Update", False),
        (wait("Create", made("pumps")), "Delete", False),
        # It made nothing, but did not get round to what was in front of it either.
        (wait("Delete", FAILED), "Delete", False),
        (wait("Delete"), "Delete", False),
        (wait("Update", FAILED), "Delete", False),
        (wait("Update", FAILED, note=True), "Update", False),
        # It is still at it.
        (wait("Update", made("old"), running=True), "Update", False),
    ],
)
def test_what_is_in_front_of_a_wait_is_settled_when_that_ended_well_and_was_heard_of(
    earlier: Wait, sent: str, settles: bool
) -> None:
    assert earlier.settles(next_event(sent)) is settles


def test_each_wait_is_judged_by_the_event_that_came_next() -> None:
    """A rollback that failed, and then the deletion of the stack: what the Update had made is taken along."""
    update = wait("Update")
    rollback = replace(
        wait("Update", Answer("FAILED", "old", "no room")),
        arn=execution_arn("rollback"),
        state=wait_state(event("Update", PhysicalResourceId="old"), Behind=[update.arn]),
    )
    assert unheard([rollback, update], next_event("Delete")) == ([update.request], [rollback.request])


def test_of_those_that_know_of_a_wait_the_one_that_came_next_judges_it() -> None:
    update = wait("Update")
    rollback = replace(
        wait("Update"),
        arn=execution_arn("rollback"),
        state=wait_state(event("Update", PhysicalResourceId="old"), Behind=[update.arn]),
    )
    deletion = replace(
        wait("Delete"),
        arn=execution_arn("deletion"),
        state=wait_state(event("Delete", PhysicalResourceId="old"), Behind=[rollback.arn, update.arn]),
    )
    assert unheard([deletion, rollback, update], next_event("Delete"))[0] == [update.request]


def test_a_wait_is_about_the_event_that_is_answered_where_it_is_answered() -> None:
    assert wait("Create").is_of(Request.parse(event("Delete", ResponseURL=URL + "earlier")))


def test_a_wait_is_not_about_an_event_of_the_same_request() -> None:
    """A deployment that is tried again may use a RequestId again."""
    assert not wait("Create").is_of(REQUEST)


@pytest.mark.parametrize(("note", "changes"), [(False, True), (True, False)])
def test_a_wait_changes_something_unless_it_was_over_at_once(note: bool, changes: bool) -> None:
    assert wait("Create", FAILED, note=note).changes is changes


# -- the warrant --------------------------------------------------------------------------------------------


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def warrant(states: StateMachine) -> Warrant:
    """That of a poll whose wait runs."""
    machine = Machine(REQUEST)
    machine.begin(wait_state(event()))
    return Warrant(machine, states.only.arn)


def test_a_poll_may_change_something_while_its_own_wait_runs(states: StateMachine, warrant: Warrant) -> None:
    warrant.check()
    assert states.made("describe_execution") == [{"executionArn": states.only.arn}]


@pytest.mark.parametrize("status", ["ABORTED", "SUCCEEDED", "FAILED", "TIMED_OUT"])
def test_a_poll_whose_wait_does_not_run_may_change_nothing(states: StateMachine, warrant: Warrant, status: str) -> None:
    states.only.end(status=status)
    with pytest.raises(Stopped):
        warrant.check()


def test_an_answer_is_good_for_five_seconds(states: StateMachine, warrant: Warrant, clock: list[float]) -> None:
    for _ in range(3):
        warrant.check()
    clock[0] += 5
    warrant.check()
    assert len(states.made("describe_execution")) == 1


def test_after_that_it_is_asked_again(states: StateMachine, warrant: Warrant, clock: list[float]) -> None:
    warrant.check()
    states.only.end(status="ABORTED")
    clock[0] += 5.1
    with pytest.raises(Stopped):
        warrant.check()


def test_a_wait_that_is_stopped_is_so_for_good(states: StateMachine, warrant: Warrant) -> None:
    states.only.end(status="ABORTED")
    for _ in range(2):
        with pytest.raises(Stopped):
            warrant.check()


def test_a_poll_whose_wait_nobody_knows_may_change_nothing(states: StateMachine) -> None:
    with pytest.raises(Busy, match="never-was is not described yet"):
        Warrant(Machine(REQUEST), execution_arn("never-was")).check()


def test_a_poll_goes_on_once_its_wait_is_described(
    states: StateMachine, warrant: Warrant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DescribeExecution is eventually consistent, and the first poll comes at once."""
    states.answers["describe_execution"] = client_error("ExecutionDoesNotExist")
    instead_of_sleep(monkeypatch, lambda seconds: states.answers.update(describe_execution=states.describe))
    warrant.check()


def test_a_poll_whose_wait_cannot_be_asked_for_may_change_nothing(stepfunctions: StepFunctions) -> None:
    stepfunctions(describe_execution=client_error("InvalidArn"))
    with pytest.raises(ServiceError, match="InvalidArn"):
        Warrant(Machine(REQUEST), execution_arn("any")).check()
