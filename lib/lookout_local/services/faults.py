"""Faults on request: what goes wrong at a service, brought about by a test."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Literal

from lookout_local.services.checked import check_all

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


@dataclass
class _Planned:
    operation: str
    fault: Fault
    times: int


class Faults:
    """The faults that wait for their call, in the order in which they were added."""

    def __init__(self) -> None:
        self._planned: list[_Planned] = []
        self._lock = threading.Lock()

    def add(self, operation: str, fault: Fault, times: int = 1) -> None:
        """Let the next `times` calls of an API operation meet a fault.

        A call that the service refuses before it does anything (malformed input) uses up no fault; one that starts no
        long operation uses up no `Fault.fail`.
        """
        if not isinstance(fault, Fault):
            raise ValueError(f"fault of {operation}: got {fault!r}, expected a Fault")
        if isinstance(times, bool) or not isinstance(times, int) or times < 1:
            raise ValueError(f"times of a fault: got {times!r}, expected 1 or more")
        with self._lock:
            self._planned.append(_Planned(operation, fault, times))

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
            for planned in self._planned:
                if planned.operation == operation and (planned.fault.kind == "fail") == failures:
                    planned.times -= 1
                    if planned.times == 0:
                        self._planned.remove(planned)
                    return planned.fault
        return None
