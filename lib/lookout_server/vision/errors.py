"""The errors of Lookout for Vision, which say what they are about in members of their own."""

from __future__ import annotations

from typing import Literal

from lookout_server.protocol.errors import ServiceError

Kind = Literal["PROJECT", "DATASET", "MODEL", "MODEL_PACKAGE_JOB"]
SERVICE_CODE = "lookoutvision"


class Invalid(Exception):
    """Data that a long operation cannot work with; the message becomes the StatusMessage of what failed."""


def conflict(message: str, kind: Kind, identity: str) -> ServiceError:
    """The request does not fit the present state of the resource."""
    return ServiceError("ConflictException", message, members={"ResourceId": identity, "ResourceType": kind})


def not_found(message: str, kind: Kind, identity: str) -> ServiceError:
    """The resource does not exist."""
    return ServiceError("ResourceNotFoundException", message, members={"ResourceId": identity, "ResourceType": kind})


def quota_exceeded(what: str, code: str, has: int, quota: int, kind: Kind, identity: str) -> ServiceError:
    """A quota is used up; `code` is its code in Service Quotas, '' when it has none."""
    members = {"QuotaCode": code, "ServiceCode": SERVICE_CODE, "ResourceId": identity, "ResourceType": kind}
    message = f"{what}{f' ({code})' if code else ''}: there would be {has}, the quota is {quota}"
    return ServiceError("ServiceQuotaExceededException", message, members=members)


def throttled(message: str, code: str) -> ServiceError:
    """Too many calls in a short time."""
    members = {"QuotaCode": code, "ServiceCode": SERVICE_CODE, "RetryAfterSeconds": 1}
    return ServiceError("ThrottlingException", message, members=members)
