"""Nothing here waits, and nothing leaves the process."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any

import pytest

from lookout_provider import handler, lifecycle, machine
from lookout_provider.progress import Progress
from lookout_provider.protocol import Answer, Request
from lookout_shared import aws
from tests.provider.support import MACHINE, Advance, FakeClient, Sent, SetTime, StateMachine, StepFunctions, Steps, Use
from tests.sleep import instead_of_sleep


@pytest.fixture(autouse=True)
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Every sleep that was asked for, none of which took place."""
    seconds: list[float] = []
    instead_of_sleep(monkeypatch, seconds.append)
    return seconds


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in os.environ:
        if name.startswith(("AWS_", "LOOKOUT_", "LOG_LEVEL")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("STATE_MACHINE_ARN", MACHINE)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    aws.client.cache_clear()
    aws._session.cache_clear()
    aws._key_of.cache_clear()
    yield
    aws._session.cache_clear()


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Use:
    """Make the one client there is answer so."""

    def made(**answers: Any) -> FakeClient:
        fake = FakeClient(**answers)
        monkeypatch.setattr(aws, "client", lambda service, region: fake)
        return fake

    return made


@pytest.fixture
def stepfunctions(monkeypatch: pytest.MonkeyPatch) -> StepFunctions:
    """Puts a state machine in place of every client; no other service may be called."""

    def made(**answers: Any) -> StateMachine:
        fake = StateMachine(**answers)

        def client(service: str, region: str) -> StateMachine:
            assert service == "stepfunctions", f"called {service}"
            return fake

        monkeypatch.setattr(aws, "client", client)
        return fake

    return made


@pytest.fixture
def states(stepfunctions: StepFunctions) -> StateMachine:
    """Step Functions, where nothing has begun yet."""
    return stepfunctions()


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    """What the handler answers, instead of sending it."""
    found = Sent([])
    monkeypatch.setattr(handler, "send", lambda request, answer, where: found.answers.append(answer))
    return found


@pytest.fixture
def advance(monkeypatch: pytest.MonkeyPatch) -> Advance:
    def made(outcome: Any) -> Steps:
        steps = Steps([], [])

        def step(
            request: Request, progress: Progress, unheard: Sequence[Request] = (), heard: Sequence[Request] = ()
        ) -> Answer | Progress:
            steps.progress.append(progress)
            steps.unheard.append(list(unheard))
            if isinstance(outcome, Exception):
                raise outcome
            found: Answer | Progress = outcome(request, progress) if callable(outcome) else outcome
            return found

        monkeypatch.setattr(lifecycle, "advance", step)
        return steps

    return made


@pytest.fixture
def set_time(monkeypatch: pytest.MonkeyPatch) -> SetTime:
    """Make it that time, in UTC, for the names of waits."""

    def made(text: str) -> None:
        class Clock(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> Clock:
                return cls.fromisoformat(text).replace(tzinfo=UTC)

        monkeypatch.setattr(machine, "datetime", Clock)

    return made


@pytest.fixture(autouse=True)
def _it_is_noon(set_time: SetTime) -> None:
    """For two hours after midnight, the line of yesterday is looked into as well: what is asked would be more."""
    set_time("2024-01-01T12:00:00")
