"""The watchdog answers before the function is stopped: once, and instead of the invocation itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lookout_provider import handler
from lookout_provider.machine import Busy
from lookout_provider.progress import Progress
from lookout_provider.protocol import Answer, Request
from lookout_shared.aws import WouldChange
from tests.provider.support import DONE, Advance, Context, Sent, StateMachine, client_error, event

pytestmark = pytest.mark.usefixtures("sent", "states")

OLD = "factory-Pumps-0badcafe"
OUTCOMES = {"done": DONE, "waiting": WouldChange(), "failed": ValueError("late")}


class Timer:
    """A timer that goes off when the test says so."""

    made: Timer

    def __init__(self, seconds: float, bark: Callable[[], None]) -> None:
        self.seconds, self.bark = seconds, bark
        self.daemon = self.started = self.cancelled = False
        Timer.made = self

    def start(self) -> None:
        self.started = True

    def cancel(self) -> None:
        self.cancelled = True


@pytest.fixture(autouse=True)
def _timer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("threading.Timer", Timer)


def _too_slow(outcome: Any) -> Callable[[Request, Progress], Answer]:
    """A look that lasts until the watchdog has barked, and then gives *outcome* all the same."""

    def step(request: Request, progress: Progress) -> Answer:
        Timer.made.bark()
        if isinstance(outcome, Exception):
            raise outcome
        found: Answer = outcome
        return found

    return step


# -- when it barks ------------------------------------------------------------------------------------------


def test_it_barks_fifteen_seconds_before_the_function_is_stopped(advance: Advance) -> None:
    advance(DONE)
    handler.handle(event("Update"), Context(300_000))
    assert (Timer.made.seconds, Timer.made.started) == (285, True)


@pytest.mark.parametrize("milliseconds", [0, 1, 15_000])
def test_it_barks_at_once_when_there_is_no_time(milliseconds: int, advance: Advance) -> None:
    advance(DONE)
    handler.handle(event("Update"), Context(milliseconds))
    assert Timer.made.seconds == 0


def test_it_does_not_keep_the_function_alive(advance: Advance) -> None:
    advance(DONE)
    handler.handle(event("Update"), Context())
    assert Timer.made.daemon


# -- before the wait has begun ------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", OUTCOMES.values(), ids=OUTCOMES)
def test_it_answers_failed_once_and_nobody_after_it(outcome: Any, sent: Sent, advance: Advance) -> None:
    advance(_too_slow(outcome))
    handler.handle(event("Update"), Context())
    assert sent.answers == [Answer("FAILED", OLD, "the provider's function ran out of time")]


@pytest.mark.parametrize("outcome", OUTCOMES.values(), ids=OUTCOMES)
def test_nothing_begins_once_it_has_answered(outcome: Any, states: StateMachine, advance: Advance) -> None:
    advance(_too_slow(outcome))
    handler.handle(event("Update"), Context())
    assert states.made("start_execution") == []


@pytest.mark.parametrize(
    ("request_type", "physical_id"), [("Create", "unknown:Pumps1A2B3C4D"), ("Update", OLD), ("Delete", OLD)]
)
def test_while_the_line_is_read_it_answers_with_the_id_there_was(
    states: StateMachine, advance: Advance, sent: Sent, request_type: str, physical_id: str
) -> None:
    def slow(**parameters: Any) -> dict[str, Any]:
        Timer.made.bark()
        return states.describe(**parameters)

    states.answers["describe_execution"] = slow
    advance(WouldChange())
    handler.handle(event(request_type), Context())
    assert [(answer.status, answer.physical_id) for answer in sent.answers] == [("FAILED", physical_id)]
    assert states.made("start_execution") == []


# -- when it is called off ----------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", OUTCOMES.values(), ids=OUTCOMES)
def test_it_is_called_off_when_the_invocation_ends(outcome: Any, advance: Advance) -> None:
    advance(outcome)
    handler.handle(event("Update"), Context())
    assert Timer.made.cancelled


def test_it_is_called_off_when_the_invocation_fails(states: StateMachine) -> None:
    states.answers["describe_execution"] = client_error("ThrottlingException")
    with pytest.raises(Busy):
        handler.handle(event("Update"), Context())
    assert Timer.made.cancelled


@pytest.mark.parametrize("outcome", OUTCOMES.values(), ids=OUTCOMES)
def test_it_does_not_answer_after_the_invocation_has(outcome: Any, sent: Sent, advance: Advance) -> None:
    advance(outcome)
    handler.handle(event("Update"), Context())
    before = list(sent.answers)
    Timer.made.bark()
    assert sent.answers == before


@pytest.mark.parametrize("request_type", ["Create", "Update", "Delete"])
def test_it_does_not_answer_while_the_wait_begins(
    states: StateMachine, advance: Advance, sent: Sent, request_type: str
) -> None:
    """The wait may have begun already, and then it answers; if not, Lambda brings the event again."""

    def slow(**parameters: Any) -> dict[str, Any]:
        Timer.made.bark()
        return states.start(**parameters)

    states.answers["start_execution"] = slow
    advance(WouldChange())
    handler.handle(event(request_type), Context())
    assert (sent.answers, len(states.executions)) == ([], 1)


def test_a_wait_that_cannot_be_begun_is_still_answered(states: StateMachine, sent: Sent) -> None:
    states.answers["start_execution"] = client_error("StateMachineDoesNotExist")
    handler.handle(event(), Context())
    assert [answer.physical_id for answer in sent.answers] == ["refused:Pumps1A2B3C4D"]


# -- for what is left of a delivery -------------------------------------------------------------------------


def test_it_watches_over_what_is_left_of_a_delivery_too(states: StateMachine, sent: Sent) -> None:
    def slow(**parameters: Any) -> dict[str, Any]:
        Timer.made.bark()
        return states.describe(**parameters)

    states.answers["describe_execution"] = slow
    handler.handle({"requestPayload": event()}, Context())
    assert [answer.reason for answer in sent.answers] == ["the provider's function ran out of time"]
