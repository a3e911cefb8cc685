"""Change sets that change no resource.

AWS: executes one that changes outputs or the values of parameters.
MiniStack: fails it, because no resource changes; so the CDK CLI finds nothing to deploy.
"""

from __future__ import annotations

from typing import Any

from ministack.services import cloudformation
from ministack.services.cloudformation import changesets, handlers

_EMPTY = "The submitted information didn't contain changes."
_create_change_set = changesets._create_change_set


def install() -> None:
    """Replace the request."""
    handlers._ACTION_HANDLERS["CreateChangeSet"] = create_change_set


def create_change_set(params: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    """CreateChangeSet: what changes outputs or parameters can be executed."""
    response: tuple[int, dict[str, str], bytes] = _create_change_set(params)
    name, stack_name = (handlers._p(params, key) for key in ("ChangeSetName", "StackName"))
    change_set = changesets._find_change_set(name, stack_name)[1] or {}
    if change_set.get("StatusReason", "").startswith(_EMPTY) and _changes(change_set):
        change_set.update(Status="CREATE_COMPLETE", ExecutionStatus="AVAILABLE", StatusReason="")
    return response


def _changes(change_set: dict[str, Any]) -> bool:
    """Whether a change set changes outputs or parameters of its stack."""
    stack = cloudformation._stacks[change_set["StackName"]]
    before, after = stack.get("_template") or {}, change_set["_template"]
    values = [
        {key: parameter.get("Value") for key, parameter in parameters.items()}
        for parameters in (stack.get("_resolved_params") or {}, change_set["_resolved_params"])
    ]
    return bool(before.get("Outputs") != after.get("Outputs") or values[0] != values[1])
