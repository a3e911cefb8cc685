"""How permissions are given to whoever the app names."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_iam as iam

from cdk_lookout.validation import check_kind


def grant(where: object, grantee: iam.IGrantable, resource_arns: Sequence[str], actions: Sequence[str]) -> iam.Grant:
    """Let *grantee* do *actions* with what the ARNs name. Raises InvalidProperty for what is no principal."""
    check_grantee(where, grantee)
    return iam.Grant.add_to_principal(grantee=grantee, actions=list(actions), resource_arns=list(resource_arns))


def check_grantee(where: object, grantee: iam.IGrantable) -> None:
    """Raise InvalidProperty for what is no principal, but, for instance, the number of an account."""
    expected = 'a role, a function or another principal, for instance iam.AccountPrincipal("123456789012")'
    check_kind("grantee", where, grantee, "grant_principal", expected)
