"""The log of the calls that a Backend answered."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Call:
    """One call. `parameters` are as the service understood them (timestamps as datetimes), or as they came when it
    refused them; `error_code` is None when the caller got a success."""

    service: str
    account: str
    region: str
    operation: str
    parameters: Mapping[str, Any]
    error_code: str | None
    request_id: str


class CallLog:
    """All calls in the order in which they were answered."""

    def __init__(self) -> None:
        self._calls: list[Call] = []
        self._lock = threading.Lock()

    def all(self) -> list[Call]:
        """A copy of the log."""
        with self._lock:
            return list(self._calls)

    def clear(self) -> None:
        """Start over."""
        with self._lock:
            self._calls.clear()

    def add(self, call: Call) -> None:
        """Append one call."""
        with self._lock:
            self._calls.append(call)
