"""The watchdog answers before the function is stopped: once, and instead of the invocation itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lookout_provider import handler, lifecycle
from lookout_provider.lifecycle import Phase, Progress
from lookout_provider.protocol import Answer, Request
from tests.provider.support import DONE, Context, Sent, StateMachine, client_error, event

pytestmark = pytest.mark.usefixtures("sent", "states")


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


def _advance(monkeypatch: pytest.MonkeyPatch, outcome: Any, *, out_of_time: bool = True) -> None:
    """Make the step last until the watchdog has barked, and then give *outcome* all the same."""

    def step(request: Request, progress: Progress) -> Answer | Progress:
        progress.physical_id = "just-made"
        if out_of_time:
            Timer.made.bark()
        if isinstance(outcome, Exception):
            raise outcome
        if isinstance(outcome, Phase):
            progress.phase = outcome
            return progress
        found: Answer = outcome
        return found

    monkeypatch.setattr(lifecycle, "advance", step)


def test_it_barks_fifteen_seconds_before_the_function_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    _advance(monkeypatch, DONE, out_of_time=False)
    handler.handle(event(), Context(300_000))
    assert (Timer.made.seconds, Timer.made.started) == (285, True)


@pytest.mark.parametrize("milliseconds", [0, 1, 15_000])
def test_it_barks_at_once_when_there_is_no_time(milliseconds: int, monkeypatch: pytest.MonkeyPatch) -> None:
    _advance(monkeypatch, DONE, out_of_time=False)
    handler.handle(event(), Context(milliseconds))
    assert Timer.made.seconds == 0


def test_it_does_not_keep_the_function_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    _advance(monkeypatch, DONE, out_of_time=False)
    handler.handle(event(), Context())
    assert Timer.made.daemon


@pytest.mark.parametrize("outcome", [DONE, Phase.SETTLE, ValueError("late")], ids=["done", "waiting", "failed"])
def test_it_is_called_off_when_the_invocation_ends(outcome: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    _advance(monkeypatch, outcome, out_of_time=False)
    handler.handle(event(), Context())
    assert Timer.made.cancelled


@pytest.mark.parametrize("outcome", [DONE, Phase.SETTLE, ValueError("late")], ids=["done", "waiting", "failed"])
def test_it_answers_failed_once_and_nobody_after_it(outcome: Any, sent: Sent, monkeypatch: pytest.MonkeyPatch) -> None:
    _advance(monkeypatch, outcome)
    handler.handle(event(), Context())
    assert sent.answers == [Answer("FAILED", "just-made", "the provider's function ran out of time")]


@pytest.mark.parametrize("outcome", [DONE, Phase.SETTLE, ValueError("late")], ids=["done", "waiting", "failed"])
def test_it_does_not_answer_after_the_invocation_has(outcome: Any, sent: Sent, monkeypatch: pytest.MonkeyPatch) -> None:
    _advance(monkeypatch, outcome, out_of_time=False)
    handler.handle(event(), Context())
    before = list(sent.answers)
    Timer.made.bark()
    assert sent.answers == before


@pytest.mark.parametrize("phase", list(Phase))
def test_nothing_waits_on_once_it_has_answered(
    phase: Phase, states: StateMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    _advance(monkeypatch, phase)
    handler.handle(event(), Context())
    assert states.started == []


def test_a_wait_that_cannot_be_started_is_still_answered(
    states: StateMachine, sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    states.answers["start_execution"] = client_error("StateMachineDoesNotExist")
    _advance(monkeypatch, Phase.SETTLE, out_of_time=False)
    handler.handle(event(), Context())
    assert [answer.physical_id for answer in sent.answers] == ["just-made"]


@pytest.mark.parametrize("request_type", ["Update", "Delete"])
def test_before_anything_is_known_it_answers_with_the_id_there_was(
    request_type: str, states: StateMachine, sent: Sent
) -> None:
    states.answers["list_executions"] = lambda **_: Timer.made.bark() or {"executions": []}
    handler.handle(event(request_type, ResourceProperties={"Unheard": "of"}), Context())
    assert [(answer.status, answer.physical_id) for answer in sent.answers] == [("FAILED", "factory-Pumps-0badcafe")]


def test_before_anything_is_made_it_answers_with_an_id_that_stands_for_nothing(
    states: StateMachine, sent: Sent
) -> None:
    states.answers["list_executions"] = lambda **_: Timer.made.bark() or {"executions": []}
    handler.handle(event(ResourceProperties={"Unheard": "of"}), Context())
    assert [answer.physical_id for answer in sent.answers] == ["refused:Pumps1A2B3C4D"]
