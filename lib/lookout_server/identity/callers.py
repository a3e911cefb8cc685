"""Who calls: the question that is asked of every request before any service sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from lookout_server.http.arrival import Arrival


class NotAuthenticated(Exception):
    """A request of nobody who is known, or of somebody who calls too often; `code` is that of AWS."""

    def __init__(self, code: str, message: str, status: int = 403) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


@dataclass(frozen=True)
class Caller:
    """Who signed a request, and for what."""

    #: 12 digits.
    account: str
    access_key: str
    region: str
    #: The name that the service signs with.
    service: str


class Callers(Protocol):
    """Knows the callers. Both methods may block."""

    def caller(self, arrival: Arrival, body: bytes) -> Caller:
        """Who signed the request; raises NotAuthenticated."""

    def knows(self, arrival: Arrival) -> bool:
        """Whether the head of a request is signed by somebody, before its body is there."""
