"""The pieces of which the provider's policies consist, for either service."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Aws
from aws_cdk import aws_iam as iam

_OWNER_TAG = "cdk-lookout:owner"
#: The place of the stack's name in a condition, and of every name that still tells what it owns: see `nesting`.
STACK, STACK_BY_ANY_NAME = "<stack>", "<stack by any name>"
#: Account, Region and stack, so that one stack can never touch what another one owns.
_OWNER, _OWNED = (f"{Aws.ACCOUNT_ID}/{Aws.REGION}/{name}/*" for name in (STACK, STACK_BY_ANY_NAME))
#: A lease begins with them, too. Account and Region are in the ARN already, and a role takes 10,240 characters.
_LEASE, _LEASED = (f"*/{name} *" for name in (STACK, STACK_BY_ANY_NAME))
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
            conditions={"StringLike": {f"aws:ResourceTag/{_OWNER_TAG}": _OWNED}},
        )

    def allow_under_lease(self, lease: str, *operations: str, on: list[str]) -> iam.PolicyStatement:
        """Those *operations*, and setting and removing the tag *lease*, which tells who owns what takes no tags.

        On nothing that another stack has under the lease, in no other stack's name, and no other tag. What nobody has,
        anybody may take; so the operations may come with the lease as well as after it.
        """
        key = f"cdk-lookout:{lease}"
        return iam.PolicyStatement(
            actions=self._actions((*operations, "TagResource", "UntagResource")),
            resources=on,
            conditions={
                "ForAllValues:StringEquals": {"aws:TagKeys": [key]},
                "StringLikeIfExists": {f"aws:RequestTag/{key}": _LEASE, f"aws:ResourceTag/{key}": _LEASED},
            },
        )

    def allow_notes(self, keys: str, *, on: list[str]) -> iam.PolicyStatement:
        """Tagging that touches nothing but tags whose keys match *keys*; a key tells who owns what takes no tags."""
        return iam.PolicyStatement(
            actions=self._actions(("TagResource", "UntagResource")),
            resources=on,
            conditions={
                "ForAllValues:StringLike": {"aws:TagKeys": [f"cdk-lookout:{keys}"]},
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
