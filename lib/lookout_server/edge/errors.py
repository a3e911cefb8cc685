"""What the agent refuses, and with which status."""

from __future__ import annotations

from grpc import StatusCode


class AgentError(Exception):
    """The agent cannot be started as it was asked to."""


class Refused(Exception):
    """A call that cannot be answered; the message goes to the caller."""

    code: StatusCode


class InvalidArgument(Refused):
    code = StatusCode.INVALID_ARGUMENT


class NotFound(Refused):
    code = StatusCode.NOT_FOUND


class FailedPrecondition(Refused):
    code = StatusCode.FAILED_PRECONDITION


class ResourceExhausted(Refused):
    code = StatusCode.RESOURCE_EXHAUSTED
