"""The pieces of which the provider's policies for Lookout for Vision consist."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from cdk_lookout import nag
from cdk_lookout.permissions import ServicePermissions, lend_keys
from cdk_lookout.provider import LookoutProvider
from cdk_lookout.resource_type import LookoutService

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
allow_lease = _OF_SERVICE.allow_lease
#: What the service does with the caller's own rights, and nobody does directly.
THROUGH_THE_SERVICE = {"ForAnyValue:StringEquals": {"aws:CalledVia": "lookoutvision.amazonaws.com"}}


def projects() -> list[str]:
    """Every project: names are made at deployment or by the user, and projects take no tags."""
    return [_OF_SERVICE.arn("project/*")]


def models() -> list[str]:
    """Every version of every model."""
    return [_OF_SERVICE.arn("model/*/*")]


def grant_through_service(construct: cdk.Resource, bucket: s3.IBucket, *actions: str, keys: str = "*") -> None:
    """Let the service do *actions* on objects of *bucket* for the provider, before *construct* is made.

    The service has no role: it works with the rights of its caller. It asks where the bucket is, too.

    :param keys: the objects, which may end with an asterisk.
    """
    grant(construct, bucket, ["s3:GetBucketLocation"], bucket.bucket_arn, THROUGH_THE_SERVICE)
    grant(construct, bucket, list(actions), bucket.arn_for_objects(keys), THROUGH_THE_SERVICE)


def grant(
    construct: cdk.Resource,
    bucket: s3.IBucket,
    actions: list[str],
    arn: str,
    conditions: dict[str, dict[str, Any]] | None = None,
) -> None:
    """Let the provider do *actions* on *arn*, which is *bucket* or in it, before *construct* is made."""
    role = LookoutProvider.of(construct).role
    iam.Grant.add_to_principal_or_resource(
        grantee=role, actions=actions, resource_arns=[arn], resource=bucket, conditions=conditions
    ).apply_before(construct)
    granted = iam.PolicyDocument(statements=[iam.PolicyStatement(actions=actions, resources=[arn])])
    if (policy := role.node.try_find_child("DefaultPolicy")) is not None:
        nag.acknowledge_wildcards(policy, granted, "the objects that a construct names by bucket and prefix")


__all__ = [
    "SERVICE",
    "THROUGH_THE_SERVICE",
    "allow",
    "allow_if_born_ours",
    "allow_if_ours",
    "allow_lease",
    "grant",
    "grant_through_service",
    "lend_keys",
    "models",
    "projects",
]
