"""Roles that a request hands over to a service.

AWS: who names a role for a function, a state machine, a stack or a rule to act with needs iam:PassRole on that role;
otherwise whoever may make one of these could do all that any role may.
MiniStack: takes any role from everybody.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from ministack.core import iam_actions
from ministack.core.iam_actions import identity_denial_message
from ministack.core.iam_evaluator import AuthError

from lookout_local.corrections import callers, metric_namespaces
from lookout_local.corrections.replacing import replace

_ROLE = re.compile(r"arn:[^:]+:iam::[0-9]{12}:role/.+")
# What a role is called in requests: Role, RoleArn, TaskRoleArn, RoleARN.
_NAME = re.compile(r"[a-z]*role(arn)?", re.IGNORECASE)
# Members that hold what is a caller's own: environments and tags.
_OWN = ("Variables", "Tags", "tags")
# These are asked about roles, and are given none.
_ASKED = ("iam", "sts")
_PRINCIPALS = {"ecs": "ecs-tasks"}
# Under which the roles travel from where a request is read to where IAM decides.
_CONTEXT = "lookout-local:PassedRoles"


def install() -> None:
    """Read the roles out of requests, and ask IAM about them; goes on with what other corrections have put there."""
    iam_actions.request_tag_context = request_context
    replace(callers.enforce, enforce)


def named(content: Any) -> Iterator[str]:
    """The roles that the members of a document name."""
    if isinstance(content, list):
        for part in content:
            yield from named(part)
    elif isinstance(content, dict):
        for name, value in content.items():
            if isinstance(value, str) and _NAME.fullmatch(name) and _ROLE.fullmatch(value):
                yield value
            elif name not in _OWN:
                yield from named(value)


def principal_of(service: str) -> str:
    """The principal of a service, which it is given a role as."""
    return f"{_PRINCIPALS.get(service, service)}.amazonaws.com"


def request_context(service: str, iam_action: str, body: bytes, params: dict[str, Any]) -> dict[str, Any]:
    """What IAM is told about a request: its tags, and the roles that it hands over."""
    context: dict[str, Any] = metric_namespaces.request_context(service, iam_action, body, params)
    roles = [] if service in _ASKED else sorted({*named(_content(body)), *named(_single(params))})
    return {**context, _CONTEXT: roles} if roles else context


def enforce(
    access_key_id: str,
    iam_action: str,
    service: str,
    region: str,
    resource_arn: str = "*",
    service_context: dict[str, Any] | None = None,
) -> Any:
    """Why a request is denied; None when it is allowed."""
    context = dict(service_context or {})
    roles = context.pop(_CONTEXT, ())
    denied = callers.enforce(access_key_id, iam_action, service, region, resource_arn, context)
    for role in roles:
        if denied is None:
            passed = {"iam:PassedToService": principal_of(service)}
            denied = _in_its_words(callers.enforce(access_key_id, "iam:PassRole", "iam", region, role, passed), role)
    return denied


def _in_its_words(denied: Any, role: str) -> Any:
    """A denial that tells of the role; what is denied would be taken for the request's own action otherwise."""
    if denied is None or isinstance(denied, AuthError):
        return denied
    message = identity_denial_message("iam:PassRole", denied.principal_arn, role, denied.decision == "Deny")
    return AuthError("AccessDenied", message)


def _content(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return {}


def _single(params: dict[str, Any]) -> list[dict[str, str]]:
    """The parameters of a query or a form, each by the last part of its name."""
    return [{name.rpartition(".")[2]: value} for name, values in params.items() for value in values]
