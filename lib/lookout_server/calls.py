"""The log of the calls that a Backend answered."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from lookout_server.protocol.http import HttpRequest
from lookout_server.settings import Settings

T = TypeVar("T")
#: What the names of operations begin with that only look.
_LOOKS = ("List", "Describe", "Detect")
#: Characters of what a caller gives as the name of an operation; those that exist are shorter.
_LONGEST_NAME = 200


@dataclass(frozen=True)
class Call:
    """One call. `parameters` are as the service understood them (timestamps as datetimes), or as they came when it
    refused them, and shortened as `Limits` says; `error_code` is None when the caller got a success."""

    service: str
    account: str
    region: str
    operation: str
    parameters: Mapping[str, Any]
    error_code: str | None
    request_id: str


@dataclass(frozen=True)
class Said:
    """A call, as the audit log is told of it. `code` is None for a success."""

    request: HttpRequest
    operation: str
    request_id: str
    principal: str
    code: str | None
    time: datetime


def changes(operation: str) -> bool:
    """Whether an operation may change something."""
    return bool(operation) and not operation.startswith(_LOOKS)


def describes(operation: str) -> bool:
    """Whether an operation tells of one thing what is in its documents."""
    return operation.startswith("Describe")


class CallLog:
    """The latest calls in the order in which they were answered, as many as the settings' limits say."""

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings or Settings()
        self._calls: deque[Call] = deque()
        self._forgotten = 0
        self._lock = threading.Lock()

    @property
    def forgotten(self) -> int:
        """How many calls since the start or the last clear the log does not have any more."""
        with self._lock:
            return self._forgotten

    def all(self) -> list[Call]:
        """A copy of the log."""
        with self._lock:
            return list(self._calls)

    def clear(self) -> None:
        """Start over."""
        with self._lock:
            self._calls.clear()
            self._forgotten = 0

    def add(self, call: Call) -> None:
        """Append one call."""
        limits = self._settings.limits
        kept = _Shortener(limits.characters_per_call_in_log).shorten(call.parameters)
        with self._lock:
            self._calls.append(replace(call, operation=call.operation[:_LONGEST_NAME], parameters=kept))
            while len(self._calls) > limits.calls_in_log:
                self._calls.popleft()
                self._forgotten += 1


class _Shortener:
    """Copies values until it has copied so much; of what comes then it says how much there was, or nothing."""

    def __init__(self, room: int) -> None:
        self._room = room

    def shorten(self, value: Any) -> Any:
        """A copy of a value of parameters; of blobs only the size, each time."""
        self._room -= 1  # so that there is an end to empty values as well
        if isinstance(value, bytes):
            return f"({len(value)} bytes)"
        if isinstance(value, str):
            kept = value[: max(0, self._room)]
            self._room -= len(kept)
            return kept if len(kept) == len(value) else f"{kept}... ({len(value)} characters)"
        if isinstance(value, Mapping):
            return {self.shorten(name): self.shorten(item) for name, item in self._fitting(value.items())}
        if isinstance(value, list | tuple):
            return [self.shorten(item) for item in self._fitting(value)]
        return value

    def _fitting(self, items: Iterable[T]) -> Iterator[T]:
        for item in items:
            if self._room <= 0:
                return
            yield item
