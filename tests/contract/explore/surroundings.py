"""What the provider has around it in a schedule: the time, Step Functions as documented, and other invocations."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from lookout_server.clock import ManualClock
from tests.contract.explore.hazards import Choose
from tests.contract.player import Execution, StateMachine, refusal


class Time:
    """The modules `time` and `datetime` of one schedule; whoever sleeps lets the others go on."""

    def __init__(self, clock: ManualClock, choose: Choose, sleep: Callable[[float], None]) -> None:
        self._clock, self._began, self.sleep = clock, clock.now(), sleep
        #: Some schedules are played around midnight.
        self._start = datetime(2024, 1, 1, 12, tzinfo=UTC)
        if choose(8) == 7:
            self._start += timedelta(hours=12, seconds=-choose(120))

    def now(self, zone: tzinfo) -> datetime:
        return (self._start + (self._clock.now() - self._began)).astimezone(zone)

    def time(self) -> float:
        return self.now(UTC).timestamp()

    def monotonic(self) -> float:
        return self.time()


class LateStateMachine(StateMachine):
    """Step Functions, whose DescribeExecution may tell for some seconds what was before the last change."""

    def __init__(self, clock: ManualClock, choose: Choose) -> None:
        super().__init__()
        self._clock, self._choose = clock, choose
        #: By name: what is told, and until when.
        self._before: dict[str, tuple[Execution | None, datetime]] = {}

    def start_execution(self, *, name: str, input: str, **_: Any) -> dict[str, Any]:  # noqa: A002
        new = name not in self.executions
        answer = super().start_execution(name=name, input=input)
        if new:
            self._tell(name, None)
        return answer

    def stop_execution(self, *, executionArn: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        execution = self._execution(executionArn)
        if execution.status == "RUNNING":
            self._tell(execution.name, replace(execution))
            super().stop_execution(executionArn=executionArn)
        return {}

    def end(self, execution: Execution, output: str) -> None:
        """It has come to its end, unless it was stopped."""
        if execution.status == "RUNNING":
            self._tell(execution.name, replace(execution))
            execution.status, execution.output = "SUCCEEDED", output

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:  # noqa: N803
        name = executionArn.rsplit(":", 1)[1]
        told, until = self._before.get(name, (None, self._clock.now()))
        if self._clock.now() >= until:
            return super().describe_execution(executionArn=executionArn)
        if told is None:
            raise refusal("ExecutionDoesNotExist", "DescribeExecution")
        return {"status": told.status, "input": told.input}

    def _tell(self, name: str, before: Execution | None) -> None:
        seconds = 1 + self._choose(2) if self._choose(8) == 7 else 0
        self._before[name] = before, self._clock.now() + timedelta(seconds=seconds)


class Turns:
    """An invocation that may hang in a call while others go on: a thread, of which all but one stand still."""

    def __init__(self, run: Callable[[], Any]) -> None:
        self._run = run
        self._go, self._stands = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._work)
        self._thread.start()
        self.over = False
        self.result: Any = None
        self.error: BaseException | None = None

    def go_on(self) -> None:
        """Let it run until it hangs, or is over."""
        self._go.release()
        self._stands.acquire()
        if self.over:
            self._thread.join()

    def hang(self) -> None:
        """Stand still, as its own call."""
        self._stands.release()
        self._go.acquire()

    def _work(self) -> None:
        self._go.acquire()
        try:
            self.result = self._run()
        except BaseException as error:
            self.error = error
        self.over = True
        self._stands.release()
