"""Nothing here waits, and nothing leaves the process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from lookout_provider import aws, handler, lifecycle
from lookout_provider.lifecycle import Progress
from lookout_provider.protocol import Answer, Request
from tests.provider.support import MACHINE, Advance, Sent, StateMachine, StepFunctions


@pytest.fixture(autouse=True)
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Every sleep that was asked for, none of which took place."""
    seconds: list[float] = []
    monkeypatch.setattr("time.sleep", seconds.append)
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
    yield
    aws._session.cache_clear()


@pytest.fixture
def stepfunctions(monkeypatch: pytest.MonkeyPatch) -> StepFunctions:
    """Puts a state machine in place of every client; no other service may be called."""

    def made(*running: str, **answers: Any) -> StateMachine:
        fake = StateMachine(*running, **answers)

        def client(service: str, region: str) -> StateMachine:
            assert service == "stepfunctions", f"called {service}"
            return fake

        monkeypatch.setattr(aws, "client", client)
        return fake

    return made


@pytest.fixture
def states(stepfunctions: StepFunctions) -> StateMachine:
    """Step Functions, with nothing running."""
    return stepfunctions()


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    """What the handler answers, instead of sending it."""
    found = Sent([])
    monkeypatch.setattr(handler, "send", lambda request, answer, where: found.answers.append(answer))
    return found


@pytest.fixture
def advance(monkeypatch: pytest.MonkeyPatch) -> Advance:
    def made(outcome: Any) -> list[Progress]:
        steps: list[Progress] = []

        def step(request: Request, progress: Progress) -> Answer | Progress:
            steps.append(progress)
            if isinstance(outcome, Exception):
                raise outcome
            found: Answer | Progress = outcome(request, progress) if callable(outcome) else outcome
            return found

        monkeypatch.setattr(lifecycle, "advance", step)
        return steps

    return made
