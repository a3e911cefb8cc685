"""The pieces of which the provider's policies consist, for either service."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Aws
from aws_cdk import aws_iam as iam

_OWNER_TAG = "cdk-lookout:owner"
#: Account, Region and stack, so that one stack can never touch what another one owns.
_OWNER = f"{Aws.ACCOUNT_ID}/{Aws.REGION}/{Aws.STACK_NAME}/*"
_KEYS = [f"arn:{Aws.PARTITION}:kms:{Aws.REGION}:*:key/*"]


@dataclass(frozen=True)
class ServicePermissions:
    """Statements about the operations of one service."""

    #: The service's name in actions and ARNs.
    prefix: str

    def arn(self, resource: str, account: str = Aws.ACCOUNT_ID) -> str:
        """The ARN of *resource*, in the stack's Region."""
        return f"arn:{Aws.PARTITION}:{self.prefix}:{Aws.REGION}:{account}:{resource}"

    def allow(self, *operations: str, on: list[str]) -> iam.PolicyStatement:
        """Those *operations*, without a condition."""
        return iam.PolicyStatement(actions=self._actions(operations), resources=on)

    def allow_if_born_ours(self, *operations: str, on: list[str]) -> iam.PolicyStatement:
        """Those *operations*, as long as what they make carries the stack's owner tag."""
        return iam.PolicyStatement(
            actions=self._actions(operations),
            resources=on,
            conditions={"StringLike": {f"aws:RequestTag/{_OWNER_TAG}": _OWNER}},
        )

    def allow_if_ours(self, *operations: str, on: list[str]) -> iam.PolicyStatement:
        """Those *operations*, on what carries the stack's owner tag."""
        return iam.PolicyStatement(
            actions=self._actions(operations),
            resources=on,
            conditions={"StringLike": {f"aws:ResourceTag/{_OWNER_TAG}": _OWNER}},
        )

    def allow_lease(self, lease: str, *, on: list[str]) -> iam.PolicyStatement:
        """Tagging that touches nothing but the tag *lease*, a pattern perhaps: it tells who owns what takes no tags."""
        operator = "StringLike" if "*" in lease else "StringEquals"
        return iam.PolicyStatement(
            actions=self._actions(("TagResource", "UntagResource")),
            resources=on,
            conditions={
                f"ForAllValues:{operator}": {"aws:TagKeys": [f"cdk-lookout:{lease}"]},
                "Null": {"aws:TagKeys": "false"},
            },
        )

    def _actions(self, operations: tuple[str, ...]) -> list[str]:
        return [f"{self.prefix}:{operation}" for operation in operations]


def lend_keys(prefix: str) -> list[iam.PolicyStatement]:
    """What the service *prefix* asks of its caller about the key that it will work with; the key's policy decides, too.

    A service at an endpoint of one's own is none of AWS's, and has no name that KMS knows it by: where a request has
    one, it has to be the service's. No request that the provider makes itself is for an AWS resource.
    """
    return [
        iam.PolicyStatement(actions=["kms:DescribeKey"], resources=_KEYS),
        iam.PolicyStatement(
            actions=["kms:CreateGrant"],
            resources=_KEYS,
            conditions={
                "Bool": {"kms:GrantIsForAWSResource": "true"},
                "StringEqualsIfExists": {"kms:ViaService": _in_region(prefix)},
            },
        ),
    ]


def use_keys(prefix: str, *actions: str) -> iam.PolicyStatement:
    """Let the service *prefix* do *actions*, without `kms:`, with keys for its caller; their policies decide, too."""
    return iam.PolicyStatement(
        actions=[f"kms:{action}" for action in actions],
        resources=_KEYS,
        conditions={"StringEquals": {"kms:ViaService": _in_region(prefix)}},
    )


def _in_region(prefix: str) -> str:
    return f"{prefix}.{Aws.REGION}.amazonaws.com"
