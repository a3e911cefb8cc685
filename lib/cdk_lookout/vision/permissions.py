"""The pieces of which the provider's policies for Lookout for Vision consist."""

from __future__ import annotations

from aws_cdk import aws_iam as iam

from cdk_lookout.provider import permissions
from cdk_lookout.provider.permissions import ServicePermissions
from cdk_lookout.provider.resource_type import LookoutService

SERVICE = LookoutService(
    title="Amazon Lookout for Vision",
    slug="vision",
    regions=(
        "us-east-1",
        "us-east-2",
        "us-west-2",
        "eu-west-1",
        "eu-central-1",
        "ap-northeast-1",
        "ap-northeast-2",
    ),
    ended="2025-10-31",
)

_OF_SERVICE = ServicePermissions("lookoutvision")
allow = _OF_SERVICE.allow
allow_if_born_ours = _OF_SERVICE.allow_if_born_ours
allow_if_ours = _OF_SERVICE.allow_if_ours
allow_under_lease = _OF_SERVICE.allow_under_lease


def projects() -> list[str]:
    """Every project: names are made at deployment or by the user, and projects take no tags."""
    return [_OF_SERVICE.arn("project/*")]


def models() -> list[str]:
    """Every version of every model."""
    return [_OF_SERVICE.arn("model/*/*")]


def lend_keys() -> list[iam.PolicyStatement]:
    """What the service asks of its caller about the key that it will work with."""
    return permissions.lend_keys(_OF_SERVICE.prefix)


__all__ = [
    "SERVICE",
    "allow",
    "allow_if_born_ours",
    "allow_if_ours",
    "allow_under_lease",
    "lend_keys",
    "models",
    "projects",
]
