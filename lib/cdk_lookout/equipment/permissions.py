"""The pieces of which the provider's policies for Lookout for Equipment consist."""

from __future__ import annotations

from aws_cdk import Aws
from aws_cdk import aws_iam as iam

from cdk_lookout.provider import permissions
from cdk_lookout.provider.permissions import ServicePermissions
from cdk_lookout.provider.resource_type import LookoutService

PRINCIPAL = "lookoutequipment.amazonaws.com"

SERVICE = LookoutService(
    title="Amazon Lookout for Equipment",
    slug="equipment",
    regions=("us-east-1", "eu-west-1", "ap-northeast-2"),
    ended="2026-10-07",
)

_OF_SERVICE = ServicePermissions("lookoutequipment")
allow = _OF_SERVICE.allow
allow_if_born_ours = _OF_SERVICE.allow_if_born_ours
allow_if_ours = _OF_SERVICE.allow_if_ours
allow_notes = _OF_SERVICE.allow_notes
allow_under_lease = _OF_SERVICE.allow_under_lease


def arns(*kinds: str, account: str = Aws.ACCOUNT_ID) -> list[str]:
    """Everything of those *kinds*: each ARN ends with an identifier that the service assigns."""
    return [_OF_SERVICE.arn(f"{kind}/*/*", account) for kind in kinds]


def pass_role() -> iam.PolicyStatement:
    """Hand any role of the account to the service, and to no other one."""
    return iam.PolicyStatement(
        actions=["iam:PassRole"],
        resources=[f"arn:{Aws.PARTITION}:iam::{Aws.ACCOUNT_ID}:role/*"],
        conditions={"StringEquals": {"iam:PassedToService": PRINCIPAL}},
    )


def lend_keys() -> list[iam.PolicyStatement]:
    """What the service asks of its caller about the key that it will work with."""
    return permissions.lend_keys(_OF_SERVICE.prefix)


def use_keys() -> list[iam.PolicyStatement]:
    """What the service asks of its caller about the keys of source and target."""
    return [*lend_keys(), permissions.use_keys(_OF_SERVICE.prefix, "Encrypt", "Decrypt")]


__all__ = [
    "PRINCIPAL",
    "SERVICE",
    "allow",
    "allow_if_born_ours",
    "allow_if_ours",
    "allow_notes",
    "allow_under_lease",
    "arns",
    "lend_keys",
    "pass_role",
    "use_keys",
]
