"""The pieces of which the provider's policies for Lookout for Equipment consist."""

from __future__ import annotations

from aws_cdk import Aws
from aws_cdk import aws_iam as iam

from cdk_lookout.resource_type import LookoutService

PRINCIPAL = "lookoutequipment.amazonaws.com"

SERVICE = LookoutService(
    title="Amazon Lookout for Equipment",
    slug="equipment",
    regions=("us-east-1", "eu-west-1", "ap-northeast-2"),
    ended="2026-10-07",
)

_OWNER_TAG = "cdk-lookout:owner"
#: Account, Region and stack, so that one stack can never touch what another one owns.
_OWNER = f"{Aws.ACCOUNT_ID}/{Aws.REGION}/{Aws.STACK_NAME}/*"


def arns(*kinds: str, account: str = Aws.ACCOUNT_ID) -> list[str]:
    """Everything of those *kinds*: each ARN ends with an identifier that the service assigns."""
    return [f"arn:{Aws.PARTITION}:lookoutequipment:{Aws.REGION}:{account}:{kind}/*/*" for kind in kinds]


def allow(*operations: str, on: list[str]) -> iam.PolicyStatement:
    """Those *operations*, without a condition."""
    return iam.PolicyStatement(actions=_actions(operations), resources=on)


def allow_if_born_ours(*operations: str, on: list[str]) -> iam.PolicyStatement:
    """Those *operations*, as long as what they make carries the stack's owner tag."""
    return iam.PolicyStatement(
        actions=_actions(operations),
        resources=on,
        conditions={"StringLike": {f"aws:RequestTag/{_OWNER_TAG}": _OWNER}},
    )


def allow_if_ours(*operations: str, on: list[str]) -> iam.PolicyStatement:
    """Those *operations*, on what carries the stack's owner tag."""
    return iam.PolicyStatement(
        actions=_actions(operations),
        resources=on,
        conditions={"StringLike": {f"aws:ResourceTag/{_OWNER_TAG}": _OWNER}},
    )


def allow_lease(lease: str, *, on: list[str]) -> iam.PolicyStatement:
    """Tagging that touches nothing but the tag *lease*: it tells who owns what takes no tags itself."""
    return iam.PolicyStatement(
        actions=_actions(("TagResource", "UntagResource")),
        resources=on,
        conditions={
            "ForAllValues:StringEquals": {"aws:TagKeys": [f"cdk-lookout:{lease}"]},
            "Null": {"aws:TagKeys": "false"},
        },
    )


def pass_role() -> iam.PolicyStatement:
    """Hand any role of the account to the service, and to no other one."""
    return iam.PolicyStatement(
        actions=["iam:PassRole"],
        resources=[f"arn:{Aws.PARTITION}:iam::{Aws.ACCOUNT_ID}:role/*"],
        conditions={"StringEquals": {"iam:PassedToService": PRINCIPAL}},
    )


def use_keys() -> list[iam.PolicyStatement]:
    """What the service asks of its caller about the keys of source and target; the key's own policy decides, too."""
    keys = [f"arn:{Aws.PARTITION}:kms:{Aws.REGION}:*:key/*"]
    via = {"kms:ViaService": f"lookoutequipment.{Aws.REGION}.amazonaws.com"}
    return [
        iam.PolicyStatement(actions=["kms:DescribeKey"], resources=keys),
        iam.PolicyStatement(
            actions=["kms:CreateGrant"], resources=keys, conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}}
        ),
        iam.PolicyStatement(
            actions=["kms:Encrypt", "kms:Decrypt"],
            resources=keys,
            conditions={"StringEquals": via},
        ),
    ]


def _actions(operations: tuple[str, ...]) -> list[str]:
    return [f"lookoutequipment:{operation}" for operation in operations]
