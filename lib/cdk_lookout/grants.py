"""How permissions are given to whoever the app names."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from aws_cdk import aws_iam as iam

from cdk_lookout.validation import check_kind


class Grants:
    """What others can be allowed to do with a resource."""

    #: The prefix of the service's actions.
    _service: str

    def __init__(self, resource: object, arns: Callable[[], Sequence[str]]) -> None:
        """For *resource*, whose ARNs are asked for when something is granted."""
        self._resource = resource
        self._arns = arns

    def actions(self, grantee: iam.IGrantable, *operations: str) -> iam.Grant:
        """Let *grantee* do *operations* of the service's API, such as `DescribeModel`, with the resource.

        Raises InvalidProperty for what is no principal, and when the ARN has to be known and is not.
        """
        return self._on(self._arns(), grantee, *operations)

    def _on(self, arns: Sequence[str], grantee: iam.IGrantable, *operations: str) -> iam.Grant:
        check_grantee(self._resource, grantee)
        actions = [f"{self._service}:{operation}" for operation in operations]
        return iam.Grant.add_to_principal(grantee=grantee, actions=actions, resource_arns=list(arns))


def check_grantee(where: object, grantee: iam.IGrantable) -> None:
    """Raise InvalidProperty for what is no principal, but, for instance, the number of an account."""
    expected = 'a role, a function or another principal, for instance iam.AccountPrincipal("123456789012")'
    check_kind("grantee", where, grantee, "grant_principal", expected)
