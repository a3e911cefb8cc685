"""Writes docs/operations.md out of the code: which construct drives an operation of the API, and which grant allows it.

`make docs` runs it; a test fails when the page is not what it would write.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("CDK_VALIDATION", "false")

import aws_cdk as cdk
from aws_cdk import assertions
from aws_cdk import aws_iam as iam

from cdk_lookout import LookoutProvider, equipment, vision
from docs.everything import Everything
from docs.generate_iam import type_of
from lookout_server.equipment import Equipment
from lookout_server.service import Service
from lookout_server.settings import Settings
from lookout_server.vision import Vision
from lookout_server.vision.inspection import Here

#: Operation of a service -> names of constructs or grants.
Names = dict[str, list[str]]
PAGE = Path(__file__).with_name("operations.md")

_INTRODUCTION = """\
# Operations

Which construct drives each operation of the two APIs, read off the provider's policies; which grant lets others call
it; and whether the local cloud answers it. This page is generated: `make docs` writes it, and a test fails when it is
out of date.
"""


def page() -> str:
    """The whole page."""
    drivers, grants = _drivers(), _grants()
    sections = [
        _section(title, service, drivers, grants)
        for title, service in (("Lookout for Equipment", Equipment()), ("Lookout for Vision", Vision(Here(Settings()))))
    ]
    return "\n".join([_INTRODUCTION, *sections])


def _section(title: str, service: Service, drivers: Names, grants: Names) -> str:
    operations = {operation: f"{service.name}:{operation}" for operation in sorted(service.model.operations)}
    rows = [
        f"| {operation} | {_cell(drivers.get(action, []))} | {_cell(grants.get(action, []))} |"
        for operation, action in operations.items()
    ]
    driven = sum(action in drivers for action in operations.values())
    granted = sum(action in grants and action not in drivers for action in operations.values())
    answered = sum(service.handler(operation) is not None for operation in operations)
    summary = (
        f"Of {len(operations)} operations, {driven} are driven by a construct, {granted} more are granted by one, and\n"
        f"{len(operations) - driven - granted} are for other tools only. The local cloud answers {answered} of them.\n"
    )
    table = ["| operation | driven by | granted by |", "| --- | --- | --- |", *rows]
    return "\n".join([f"## {title}\n", summary, *table]) + "\n"


def _cell(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _drivers() -> Names:
    """Operation -> the constructs on whose behalf it is called."""
    stack = cdk.Stack(cdk.App(), "Plant")
    Everything(stack)
    documents = {
        _construct(type_of(child.node.id)): child.document
        for child in LookoutProvider.of(stack).node.children
        if isinstance(child, iam.Policy | iam.ManagedPolicy)
    }
    found = _operations({name: stack.resolve(document)["Statement"] for name, document in documents.items()})
    for operation in _operations({"Monitoring": _monitoring()}):
        found.setdefault(operation, []).append("Monitoring")
    return found


def _construct(resource_type: str) -> str:
    """What the construct of a type is called."""
    name = resource_type.removeprefix("LookoutVision")
    return name if name == resource_type else f"vision.{name}"


def _monitoring() -> list[Mapping[str, Any]]:
    """What the function that watches may do."""
    stack = cdk.Stack(cdk.App(), "Plant")
    every = Everything(stack)
    equipment.Monitoring(
        stack, "Monitoring", schedulers=[every.scheduler], models=[every.model], datasets=[every.dataset]
    )
    found = assertions.Template.from_stack(stack).find_resources("AWS::IAM::Role")
    policies = [
        policy
        for logical_id, role in found.items()
        if logical_id.startswith("Monitoring")
        for policy in role["Properties"].get("Policies", [])
    ]
    return [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]


def _grants() -> Names:
    """Operation -> the methods that let somebody call it."""
    stack = cdk.Stack(cdk.App(), "Plant")
    every = Everything(stack)
    statements: dict[str, list[Mapping[str, Any]]] = {}
    for name, construct in (
        ("Dataset", every.dataset),
        ("Model", every.model),
        ("ModelVersion", every.version),
        ("LabelGroup", every.group),
        ("InferenceScheduler", every.scheduler),
        ("equipment", equipment),
        ("vision.Project", every.project),
        ("vision.Model", every.vision_model),
        ("vision", vision),
    ):
        for method in sorted(member for member in dir(construct) if member.startswith("grant_")):
            role = iam.Role(stack, f"{name}-{method}".replace(".", "-"), assumed_by=iam.AccountRootPrincipal())
            getattr(construct, method)(role)
            policy = role.node.find_child("DefaultPolicy")
            assert isinstance(policy, iam.Policy)
            statements[f"{name}.{method}"] = stack.resolve(policy.document)["Statement"]
    return _operations(statements)


def _operations(statements: Mapping[str, Sequence[Mapping[str, Any]]]) -> Names:
    """Operation of the services -> the names whose *statements* allow it."""
    found: dict[str, list[str]] = {}
    for name, allowed in statements.items():
        for operation in dict.fromkeys(operation for statement in allowed for operation in _actions(statement)):
            found.setdefault(operation, []).append(name)
    return found


def _actions(statement: Mapping[str, Any]) -> Iterator[str]:
    actions = statement["Action"]
    for action in [actions] if isinstance(actions, str) else actions:
        if action.startswith(("lookoutequipment:", "lookoutvision:")):
            yield action


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
