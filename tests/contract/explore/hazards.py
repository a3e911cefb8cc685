"""What goes wrong while a schedule is played: invocations that die around a call, and calls that fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

#: Draws a number below its argument; 0 is the simplest choice, to which a failing schedule is reduced.
Choose = Callable[[int], int]

#: A death comes at one of so many calls of an invocation.
_CALLS = 14


class Died(BaseException):
    """The invocation has ended here: out of memory, or its machine is gone. No handler of errors sees it."""


class Hazards:
    """Decides before each invocation whether it dies, and where; and which of its calls Step Functions throttles."""

    def __init__(self, choose: Choose) -> None:
        self._choose = choose
        #: While set, every invocation dies.
        self.doomed = False
        self._left: int | None = None
        self._after = False
        self._throttled = 0

    def next_invocation(self) -> None:
        """Choose what happens to the next invocation: mostly nothing."""
        dies = self.doomed or self._choose(7) == 6
        self._left = self._choose(_CALLS) if dies else None
        self._after = bool(dies and self._choose(2))
        self._throttled = self._choose(4) if self._choose(12) == 11 else 0

    def over(self) -> None:
        """Nothing happens to what is called from now on."""
        self._left, self._throttled = None, 0

    def around(self, service: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """*call*, around which an invocation may die."""

        def made(*arguments: Any, **parameters: Any) -> Any:
            if service == "stepfunctions" and self._throttled:
                self._throttled -= 1
                raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "rate exceeded"}}, "Any")
            dies = self._left == 0
            if self._left is not None:
                self._left -= 1
            if dies and not self._after:
                raise Died
            answer = call(*arguments, **parameters)
            if dies:
                raise Died
            return answer

        return made


class Endangered:
    """A client whose calls are dangerous."""

    def __init__(self, service: str, client: Any, hazards: Hazards) -> None:
        self._service, self._client, self._hazards = service, client, hazards

    def __getattr__(self, operation: str) -> Any:
        return self._hazards.around(self._service, getattr(self._client, operation))
