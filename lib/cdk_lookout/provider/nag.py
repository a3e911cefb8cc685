"""Acknowledgements for cdk-nag: what its rules find in the provider, and why it is so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import IConstruct


def acknowledge(construct: IConstruct, reason: str, *rules: str) -> None:
    """Say of *construct* why it is as *rules* would not have it."""
    cdk.Validations.of(construct).acknowledge(*(cdk.Acknowledgment(id=rule, reason=reason) for rule in rules))


def acknowledge_provider(function: IConstruct, machine: IConstruct, role: IConstruct) -> None:
    """What the rules find in the provider besides its policies."""
    acknowledge(
        function,
        "the runtime is the one that the function's code is tested with, and AWS patches it",
        "AwsSolutions-L1",
    )
    acknowledge(
        machine,
        "the events hold CloudFormation's presigned answer URL, which must not be logged; the function logs each poll",
        "AwsSolutions-SF1",
    )
    acknowledge(machine, "tracing is a setting of the provider", "AwsSolutions-SF2")
    acknowledge(role, "network interfaces and traces have no narrower resource", "AwsSolutions-IAM5[Resource::*]")


def acknowledge_wildcards(construct: IConstruct, document: iam.PolicyDocument, reason: str) -> None:
    """Acknowledge every wildcard in *document*, one by one, as the rule about wildcards wants it."""
    statements = cdk.Stack.of(construct).resolve(document)["Statement"]
    found = sorted(set(_wildcards(statements)))
    if found:
        acknowledge(construct, reason, *(f"AwsSolutions-IAM5[{finding}]" for finding in found))


def _wildcards(statements: Iterable[dict[str, Any]]) -> Iterator[str]:
    for statement in statements:
        for kind in ("Action", "Resource"):
            values = statement.get(kind, [])
            for value in values if isinstance(values, list) else [values]:
                if "*" in (text := _flat(value)):
                    yield f"{kind}::{text}"


def _flat(value: Any) -> str:
    """*value* as cdk-nag spells it: intrinsic functions as `<Name>`."""
    match value:
        case {"Ref": name}:
            return f"<{name}>"
        case {"Fn::GetAtt": [*path]}:
            return f"<{'.'.join(path)}>"
        case {"Fn::Join": [delimiter, [*parts]]}:
            return str(delimiter).join(_flat(part) for part in parts)
        case {"Fn::Sub": str(template)}:
            return template.replace("${", "<").replace("}", ">")
    return str(value)
