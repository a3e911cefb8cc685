"""Roles that users pass to services: whether a service may assume one, and what the role then allows."""

from __future__ import annotations

import json
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.iam_actions import identity_denial_message
from ministack.services import iam


def name_of(role_arn: str) -> str:
    """The name at the end of a role's ARN."""
    return role_arn.rsplit("/", 1)[-1]


def obstacle(role_arn: str, service: str, *, source_arn: str, region: str) -> str | None:
    """Why a service (its principal, as `lambda.amazonaws.com`) cannot assume a role; None when it can.

    `source_arn` is the resource on whose behalf it acts: `aws:SourceArn`, and with its account `aws:SourceAccount`.
    """
    parts = role_arn.split(":", 5)
    if len(parts) != 6 or not parts[5].startswith("role/"):
        return f"{role_arn} is not the ARN of a role"
    role = iam._roles.get_scoped(parts[4], None, name_of(role_arn))
    if role is None:
        return f"the role {role_arn} does not exist"
    context = _context("sts:AssumeRole", role_arn, service, "Service", parts[4], region)
    context.service_context = {"aws:sourcearn": source_arn, "aws:sourceaccount": source_arn.split(":")[4]}
    if not _trusts(role.get("AssumeRolePolicyDocument"), service, context):
        return f"the role {role_arn} cannot be assumed by {service}: see its trust policy"
    return None


def denial(role_arn: str, session: str, action: str, resource_arn: str, region: str) -> str | None:
    """Why a session of a role may not do something, in the words of IAM; None when it may."""
    partition, account, name = role_arn.split(":")[1], role_arn.split(":")[4], name_of(role_arn)
    principal = f"arn:{partition}:sts::{account}:assumed-role/{name}/{session}"
    limits = iam_evaluator._permissions_boundary(iam._roles, name, account)
    context = _context(action, resource_arn, principal, "AssumedRole", account, region)
    result = iam_evaluator.evaluate(context, iam_evaluator._gather_role_policies(name, account), *limits)
    if result.decision == "Allow":
        return None
    return str(identity_denial_message(action, principal, resource_arn, result.decision == "Deny"))


def _context(action: str, resource_arn: str, principal: str, kind: str, account: str, region: str) -> Any:
    return iam_evaluator.EvalContext(
        principal_arn=principal,
        principal_type=kind,
        principal_account=account,
        action=action,
        resource_arn=resource_arn,
        region=region,
    )


def _trusts(policy: Any, service: str, context: Any) -> bool:
    document = json.loads(policy) if isinstance(policy, str) else policy or {}
    effects = set()
    for statement in _listed(document.get("Statement")):
        principal = statement.get("Principal", {})
        named = _listed(principal.get("Service") if isinstance(principal, dict) else principal)
        if (
            any(name in (service, "*") for name in named)
            and iam_evaluator._action_matches(
                context.action, _listed(statement.get("Action")), _listed(statement.get("NotAction"))
            )
            and iam_evaluator._conditions_met(statement.get("Condition", {}), context)
        ):
            effects.add(statement.get("Effect"))
    return effects == {"Allow"}


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
