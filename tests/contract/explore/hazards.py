"""What goes wrong while a schedule is played: invocations that die around a call, and calls that fail or hang."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError

#: Draws a number below its argument; 0 is the simplest choice, to which a failing schedule is reduced.
Choose = Callable[[int], int]

#: A death comes at one of so many calls of an invocation, and what is slow is one of so many that change something.
_CALLS, _CHANGES = 14, 4
_LOOKS = ("describe_", "list_", "get_")
#: The function's timeout.
_FUNCTION_SECONDS = 300


class Died(BaseException):
    """The invocation has ended here: out of memory, or its machine is gone. No handler of errors sees it."""


class Fate(enum.Enum):
    """What happens to an invocation."""

    NOTHING = enum.auto()
    DIES_BEFORE = enum.auto()
    DIES_AFTER = enum.auto()
    #: A call takes effect, and its answer does not come before the function's time is over.
    RUNS_OUT = enum.auto()
    #: A call takes effect, and its answer comes too late for the client, maybe when it is tried again as well.
    LOST = enum.auto()
    #: Step Functions refuses some calls, because the whole account shares its rate.
    THROTTLED = enum.auto()
    #: A call takes long, while others go on.
    HANGS_BEFORE = enum.auto()
    HANGS_AFTER = enum.auto()


_DEATHS = (Fate.DIES_BEFORE, Fate.DIES_AFTER)
_HANGS = (Fate.HANGS_BEFORE, Fate.HANGS_AFTER)
_SLOW = (*_HANGS, Fate.RUNS_OUT, Fate.LOST)
#: Mostly nothing.
_FATES = (*[Fate.NOTHING] * 20, *_DEATHS, *_DEATHS, *_HANGS, *list(Fate)[3:])


@dataclass
class Invocation:
    """What happens to one invocation, and how far it is from that."""

    fate: Fate = Fate.NOTHING
    calls_left: int = 0
    times: int = 1


class Hazards:
    """Decides before each invocation what happens to it, and where."""

    def __init__(self, choose: Choose, hang: Callable[[], None], wait: Callable[[float], None]) -> None:
        self._choose, self._hang, self._wait = choose, hang, wait
        #: While set, every invocation dies.
        self.doomed = False
        self.now = Invocation()

    def next_invocation(self, *, polls: bool = False) -> None:
        """Choose what happens to the next invocation; only one that *polls* hangs."""
        fate = _DEATHS[self._choose(2)] if self.doomed else _FATES[self._choose(len(_FATES))]
        if fate is Fate.NOTHING or (fate in _HANGS and not polls):
            self.now = Invocation()
        elif fate is Fate.THROTTLED:
            self.now = Invocation(fate, 0, 1 + self._choose(3))
        else:
            calls = self._choose(_CHANGES if fate in _SLOW else _CALLS)
            self.now = Invocation(fate, calls, 1 + self._choose(4) if fate is Fate.LOST else 1)

    def over(self) -> None:
        """Nothing happens to what is called from now on."""
        self.now = Invocation()

    def around(self, service: str, operation: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """*call*, to which something may happen."""

        def made(*arguments: Any, **parameters: Any) -> Any:
            fate = self._strikes(service, operation)
            if fate is Fate.DIES_BEFORE:
                raise Died
            if fate is Fate.THROTTLED:
                raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "rate exceeded"}}, "Any")
            if fate is Fate.HANGS_BEFORE:
                self._hang()
            answer = call(*arguments, **parameters)
            if fate is Fate.HANGS_AFTER:
                self._hang()
            if fate is Fate.RUNS_OUT:
                self._wait(_FUNCTION_SECONDS)
            if fate in (Fate.DIES_AFTER, Fate.RUNS_OUT):
                raise Died
            if fate is Fate.LOST:
                raise TimeoutError if service == "cloudformation" else ReadTimeoutError(endpoint_url=service)
            return answer

        return made

    def _strikes(self, service: str, operation: str) -> Fate:
        """What happens to this call."""
        if self.now.fate is Fate.THROTTLED and service != "stepfunctions":
            return Fate.NOTHING
        if self.now.fate in _SLOW and operation.startswith(_LOOKS):
            return Fate.NOTHING
        self.now.calls_left -= 1
        return self.now.fate if -self.now.times <= self.now.calls_left < 0 else Fate.NOTHING


class Endangered:
    """A client whose calls are dangerous."""

    def __init__(self, service: str, client: Any, hazards: Hazards) -> None:
        self._service, self._client, self._hazards = service, client, hazards

    def __getattr__(self, operation: str) -> Any:
        return self._hazards.around(self._service, operation, getattr(self._client, operation))
