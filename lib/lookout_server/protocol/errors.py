"""The errors that callers of a service see, and those of the parts it leans on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ServiceError(Exception):
    """An error answer: the code of an exception, its message and other members.

    Its HTTP status is that of the service model; `status` is for a code that the model does not have.
    """

    def __init__(self, code: str, message: str, status: int = 400, members: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.members = dict(members or {})
        #: Whether asking was a look at what is under way, which counts although it was refused.
        self.looked = False


class AccessDenied(Exception):
    """Raised by an Authorizer; the caller gets an AccessDeniedException with this message."""


class StorageError(Exception):
    """Raised by a Storage: no such bucket or object, access denied, or a role that cannot be assumed."""


class Unreachable(StorageError):
    """The same when nothing can be told of what is there: where it is does not answer, or broke off. It may pass."""


class WrongAnswer(Exception):
    """A service made an answer that its own model does not allow."""


def validation(message: str) -> ServiceError:
    """The request breaks a rule of the service."""
    return ServiceError("ValidationException", message)


def conflict(message: str) -> ServiceError:
    """The request does not fit the present state of the resource."""
    return ServiceError("ConflictException", message)


def state_conflict(message: str) -> ServiceError:
    """The same because of something that is under way; asking counts as a look at it."""
    error = conflict(message)
    error.looked = True
    return error


def not_found(message: str) -> ServiceError:
    """The resource does not exist."""
    return ServiceError("ResourceNotFoundException", message)


def access_denied(message: str) -> ServiceError:
    """The caller may not do this."""
    return ServiceError("AccessDeniedException", message)


def quota_exceeded(message: str) -> ServiceError:
    """A quota of the account is used up."""
    return ServiceError("ServiceQuotaExceededException", message)


def internal(message: str) -> ServiceError:
    """The service itself failed."""
    return ServiceError("InternalServerException", message)
