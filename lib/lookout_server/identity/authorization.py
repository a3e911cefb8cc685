"""Who may do what: the question that every operation asks before it looks at anything else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from lookout_server.protocol.http import HttpRequest

Context = Mapping[str, str | list[str]]


class Authorizer(Protocol):
    """Knows the callers and their identity policies."""

    def authorize(self, request: HttpRequest, action: str, resources: Sequence[str], context: Context) -> None:
        """Return when the caller may take the action on all the resources; raise AccessDenied otherwise.

        `action` is an IAM action such as `lookoutequipment:CreateDataset`, `context` holds the condition keys that the
        service sets (`aws:RequestTag/<key>`, `aws:ResourceTag/<key>`, `aws:TagKeys`, `iam:PassedToService`, ...).
        """
        ...

    def principal_arn(self, request: HttpRequest) -> str:
        """The ARN of the caller: account root, user, role or assumed role session."""
        ...


class AllowEverything:
    """The default: every caller is the root of its account and may do everything in it."""

    def authorize(self, request: HttpRequest, action: str, resources: Sequence[str], context: Context) -> None:
        """Allow."""

    def principal_arn(self, request: HttpRequest) -> str:
        """The root of the caller's account."""
        return f"arn:{partition_of(request.region)}:iam::{request.account}:root"


def partition_of(region: str) -> str:
    """The partition of a Region: aws, aws-cn or aws-us-gov."""
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"
