"""What is in an ARN of the services, `arn:...:<kind>/<name>[/<id>][/...]`, a token or not."""

from __future__ import annotations

import aws_cdk as cdk

from cdk_lookout.validation import invalid


def part(arn: str, index: int) -> str:
    """The part of *arn* between slashes with that number."""
    if cdk.Token.is_unresolved(arn):
        return cdk.Fn.select(index, cdk.Fn.split("/", arn))
    return arn.split("/")[index]


def name_in(where: cdk.Resource, kind: str, arn: str | None, name: str | None) -> str:
    """The name of what is referred to by *arn* or *name*; raises InvalidProperty unless they agree."""
    if arn is None:
        if name is None:
            raise invalid(f"{kind}_arn", where, None, f"{kind}_arn, {kind}_name or both")
        return name
    found = part(arn, 1)
    if name is not None and not cdk.Token.is_unresolved(found + name) and name != found:
        raise invalid(f"{kind}_name", where, name, f"the one in {kind}_arn, {found!r}")
    return name or found
