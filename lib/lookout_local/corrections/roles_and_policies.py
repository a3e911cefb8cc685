"""Roles, users and managed policies of stacks.

AWS: a role has the permissions boundary of its template, which every update and every rollback makes so. What names a
policy, a role, a user or a group that does not exist fails, and so do a policy that is none and a name that is taken.
MiniStack: drops the boundary, attaches what does not exist, skips what it is to be attached to, and takes over a role
of the same name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.core.iam_evaluator import validate_policy_document
from ministack.services import iam
from ministack.services.cloudformation import provisioners

Properties = dict[str, Any]
Made = tuple[str, dict[str, Any]]

_ROLE, _USER, _MANAGED = (
    provisioners._RESOURCE_HANDLERS[f"AWS::IAM::{name}"] for name in ("Role", "User", "ManagedPolicy")
)
_create_role = _ROLE["create"]
_update_role = _ROLE["update"]


def install() -> None:
    """Replace what creates and updates them."""
    _ROLE.update(create=create_role, update=update_role)
    provisioners._iam_role_create = create_role  # which a replacement calls
    _USER.update(_USERS)
    _MANAGED.update(_MANAGED_POLICIES)


def create_role(logical_id: str, props: Properties, stack_name: str) -> Made:
    """Create a role with its boundary; raises ValueError when something in the properties cannot be."""
    name = props.get("RoleName")
    if name and name in iam._roles:
        raise ValueError(f"Role with name {name} already exists.")
    check_policies(props)
    made: Made = _create_role(logical_id, props, stack_name)
    _bound(made[0], props)
    return made


def update_role(
    physical_id: str, old_props: Properties, new_props: Properties, stack_name: str, logical_id: str | None = None
) -> Made:
    """Update a role, and its boundary."""
    check_policies(new_props)
    made: Made = _update_role(physical_id, old_props, new_props, stack_name, logical_id)
    if old_props.get("PermissionsBoundary") != new_props.get("PermissionsBoundary"):
        _bound(made[0], new_props)
    return made


def check_policies(props: Properties) -> None:
    """Raise ValueError for policies that do not exist or are none, before anything is changed."""
    for arn in props.get("ManagedPolicyArns") or []:
        if not iam._policy_exists(arn):
            raise ValueError(f"Policy {arn} does not exist or is not attachable.")
    if (boundary := props.get("PermissionsBoundary")) and not iam._policy_exists(boundary):
        raise ValueError(f"Scope ARN: {boundary} does not exist or is not attachable.")
    for policy in props.get("Policies") or []:
        if problem := validate_policy_document(policy.get("PolicyDocument", {})):
            raise ValueError(problem)


def _check_attachments(props: Properties) -> None:
    provisioners._iam_policy_require_entities(props)
    provisioners._iam_policy_require_valid_document(props)


def _bound(name: str, props: Properties) -> None:
    iam._roles[name]["PermissionsBoundary"] = props.get("PermissionsBoundary")


def _checked(handlers: dict[str, Any], check: Callable[[Properties], None]) -> dict[str, Callable[..., Made]]:
    """Handlers that check the properties first."""
    original = dict(handlers)

    def create(logical_id: str, props: Properties, *rest: Any) -> Made:
        check(props)
        made: Made = original["create"](logical_id, props, *rest)
        return made

    def update(physical_id: str, old_props: Properties, new_props: Properties, *rest: Any) -> Made:
        check(new_props)
        made: Made = original["update"](physical_id, old_props, new_props, *rest)
        return made

    return {"create": create, "update": update}


_USERS = _checked(_USER, check_policies)
_MANAGED_POLICIES = _checked(_MANAGED, _check_attachments)
