"""Faults on request: what goes wrong at a service, brought about by a test."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Literal

from lookout_server.checked import check_all
from lookout_server.protocol.errors import ServiceError, access_denied, conflict, internal

Kind = Literal["throttle", "server_error", "lost_answer", "access_denied", "conflict", "slow", "fail"]


@dataclass(frozen=True)
class Fault:
    """One thing that can go wrong."""

    kind: Kind
    seconds: float = 0.0
    reason: str = ""

    def __post_init__(self) -> None:
        check_all(self)

    @classmethod
    def throttle(cls) -> Fault:
        """ThrottlingException; nothing happens."""
        return cls("throttle")

    @classmethod
    def server_error(cls) -> Fault:
        """InternalServerException with status 500; nothing happens."""
        return cls("server_error")

    @classmethod
    def lost_answer(cls) -> Fault:
        """The operation is carried out, and answered with InternalServerException and status 500."""
        return cls("lost_answer")

    @classmethod
    def access_denied(cls) -> Fault:
        """AccessDeniedException; nothing happens."""
        return cls("access_denied")

    @classmethod
    def conflict(cls) -> Fault:
        """ConflictException; nothing happens."""
        return cls("conflict")

    @classmethod
    def slow(cls, seconds: float) -> Fault:
        """The answer comes this many seconds of real time later."""
        return cls("slow", seconds=seconds)

    @classmethod
    def fail(cls, reason: str) -> Fault:
        """The long operation that the call starts ends as FAILED, with this FailedReason."""
        if not 1 <= len(reason) <= 5_000:
            raise ValueError(f"reason of Fault.fail: got {len(reason)} characters, expected 1 to 5000")
        return cls("fail", reason=reason)

    def happen(self) -> None:
        """Let happen what it does before the operation."""
        if self.kind == "slow":
            time.sleep(self.seconds)
        elif self.kind == "throttle":
            raise ServiceError("ThrottlingException", "Rate exceeded")
        elif self.kind == "server_error":
            raise internal("An internal error occurred")
        elif self.kind == "access_denied":
            raise access_denied("You are not authorized to perform this operation")
        elif self.kind == "conflict":
            raise conflict("The resource is currently in use for another operation")


@dataclass(frozen=True)
class PlannedFault:
    """A fault that waits for the next `times` calls of an API operation."""

    operation: str
    fault: Fault
    times: int = 1

    def __post_init__(self) -> None:
        if not isinstance(self.fault, Fault):
            raise ValueError(f"fault of {self.operation}: got {self.fault!r}, expected a Fault")
        if isinstance(self.times, bool) or not isinstance(self.times, int) or self.times < 1:
            raise ValueError(f"times of a fault: got {self.times!r}, expected 1 or more")


class Faults:
    """The faults that wait for their call, in the order in which they were added.

    `operations` are those that there are; with none, any name is taken.
    """

    def __init__(self, operations: Collection[str] = ()) -> None:
        self._operations = operations
        self._planned: list[PlannedFault] = []
        self._lock = threading.Lock()

    def add(self, operation: str, fault: Fault, times: int = 1) -> None:
        """Let the next `times` calls of an API operation meet a fault.

        A call that the service refuses before it does anything (malformed input) uses up no fault; one that starts no
        long operation uses up no `Fault.fail`. Raises ValueError for an operation that no service has.
        """
        planned = PlannedFault(operation, fault, times)
        if self._operations and operation not in self._operations:
            [close] = get_close_matches(str(operation), self._operations, n=1, cutoff=0)
            raise ValueError(f"operation of a fault: got {operation!r}, expected one of the API, such as {close}")
        with self._lock:
            self._planned.append(planned)

    def all(self) -> list[PlannedFault]:
        """Those that did not happen yet, in order."""
        with self._lock:
            return list(self._planned)

    def clear(self) -> None:
        """Forget all faults that did not happen yet."""
        with self._lock:
            self._planned.clear()

    def take(self, operation: str) -> Fault | None:
        """The fault that this call meets at the door, if any; it is used up."""
        return self._take(operation, failures=False)

    def take_failure(self, operation: str) -> str | None:
        """The reason why the long operation that starts now will fail, if it shall; it is used up."""
        fault = self._take(operation, failures=True)
        return fault.reason if fault else None

    def _take(self, operation: str, *, failures: bool) -> Fault | None:
        with self._lock:
            for place, planned in enumerate(self._planned):
                if planned.operation == operation and (planned.fault.kind == "fail") == failures:
                    left = planned.times - 1
                    self._planned[place : place + 1] = [replace(planned, times=left)] if left else []
                    return planned.fault
        return None
