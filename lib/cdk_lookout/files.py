"""Files in buckets: those that the provider reads itself, and those that a service reads and writes for it.

The policies name no bucket. A statement for each would grow with the constructs, beyond what a role takes, and would be
gone when an update takes another bucket and has to be rolled back to the one from before.
"""

from __future__ import annotations

from typing import Any, cast

import aws_cdk as cdk
from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from cdk_lookout.provider import permissions
from cdk_lookout.provider.provider import LookoutProvider

_NAMES = "ManagedFilesPolicy"
_BUCKETS = f"arn:{Aws.PARTITION}:s3:::*"
OF_ACCOUNT: dict[str, Any] = {"StringEquals": {"aws:ResourceAccount": Aws.ACCOUNT_ID}}
#: On AWS every request has the key, and those that the provider makes itself say no. A server at an endpoint of one's
#: own that asks what its caller may do is no service of AWS, and has nothing to say to it.
THROUGH_A_SERVICE: dict[str, Any] = {"BoolIfExists": {"aws:ViaAWSService": "true"}}


def named(pattern: str) -> str:
    """The objects whose names match *pattern*, in any bucket."""
    return f"{_BUCKETS}/{pattern}"


def read_by_name(suffix: str, conditions: dict[str, Any] | None = None) -> iam.PolicyStatement:
    """Read what is called *suffix* at its end."""
    return iam.PolicyStatement(
        actions=["s3:GetObject", "s3:GetObjectVersion"], resources=[named(f"*{suffix}")], conditions=conditions
    )


def list_folders() -> iam.PolicyStatement:
    """See the names of what is in a folder, and not of all that is in a bucket."""
    return iam.PolicyStatement(
        actions=["s3:ListBucket"], resources=[_BUCKETS], conditions={**OF_ACCOUNT, "StringLike": {"s3:prefix": "?*/"}}
    )


def through_a_service(*actions: str) -> iam.PolicyStatement:
    """What a service does with files of the account for its caller, and nobody does directly.

    It asks where their bucket is, too.
    """
    return iam.PolicyStatement(
        actions=["s3:GetBucketLocation", *(f"s3:{action}" for action in actions)],
        resources=[_BUCKETS],
        conditions={**OF_ACCOUNT, **THROUGH_A_SERVICE},
    )


def use_bucket_keys(*actions: str) -> iam.PolicyStatement:
    """Let S3 do *actions*, without `kms:`, with the keys of buckets, for files that may be read or written."""
    return permissions.use_keys("s3", *actions)


def after_bucket(construct: cdk.Resource, bucket: s3.IBucket) -> None:
    """Make *construct* after *bucket* itself, and not after what else the app has made for it, like notifications."""
    if (resource := bucket.node.default_child) is not None:
        construct.node.add_dependency(resource)


def grant_read(construct: cdk.Resource, bucket: s3.IBucket, key: str, version: str | None, *, suffix: str) -> None:
    """Let the provider read the object *key* before *construct* is made.

    What is called *suffix* at its end it may read anyway, by `read_by_name`; any other name stands in a policy of its
    own. A bucket of another account has to allow it itself.
    """
    if key.endswith(suffix):
        return
    policy = _policy_of_names(LookoutProvider.of(construct))
    actions = ["s3:GetObject", *(["s3:GetObjectVersion"] if version is not None else [])]
    policy.add_statements(iam.PolicyStatement(actions=actions, resources=[bucket.arn_for_objects(key)]))
    construct.node.add_dependency(policy)


def _policy_of_names(provider: LookoutProvider) -> iam.ManagedPolicy:
    found = provider.node.try_find_child(_NAMES)
    if found is None:
        found = iam.ManagedPolicy(
            provider,
            _NAMES,
            description="Files that cdk-lookout reads, by their names",
            roles=[provider.role],
            document=iam.PolicyDocument(minimize=True),
        )
    return cast(iam.ManagedPolicy, found)
