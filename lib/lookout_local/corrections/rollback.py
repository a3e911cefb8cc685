"""What the rollback of a stack sends to a custom resource that failed.

AWS: a failed Create is followed by a Delete with the id of the FAILED answer. A failed Update is followed by an Update
with old and new properties swapped and the id of the FAILED answer; when that answers with another id, the failed one
is deleted. What could not be deleted stays in the stack.
MiniStack: sends nothing after a failed Create, and the id from before the failed Update afterwards; forgets what could
not be deleted in the rollback of a create.
"""

from __future__ import annotations

from typing import Any

from ministack.services.cloudformation import handlers, stacks

from lookout_local.corrections import deletions
from lookout_local.corrections.types import is_custom

_roll_back_operation = stacks._roll_back_operation
_revert_update = stacks._revert_update


def install() -> None:
    """Replace the rollback in every module that holds a reference to it, and the step that sends an update back."""
    stacks._roll_back_operation = roll_back_operation
    handlers._roll_back_operation = roll_back_operation
    stacks._revert_update = revert_update


async def roll_back_operation(
    stack_name: str,
    stack_id: str,
    stack: dict[str, Any],
    operation: dict[str, Any],
    reason_override: str = "",
) -> None:
    """Roll back as MiniStack does, with what failed among the things to undo."""
    if stack.pop("_cancel_requested", False):  # while a resource was in progress
        operation["cancelled"] = True
        stacks.CLIENT_REQUEST_TOKEN.set(stack.pop("_cancel_token", ""))
    failed_id = operation.get("failed_logical_id") or ""
    resources = stack.setdefault("_resources", {})
    failed_create = resources.get(failed_id, {})
    if failed_create.get("ResourceStatus") == "CREATE_FAILED" and is_custom(failed_create["ResourceType"]):
        operation["created"].append(failed_id)
    failed_update = stack.pop("_failed_custom_updates", {}).get(failed_id)
    update = operation.get("failed_update")
    if failed_update and update and update[3] is not None and failed_update["PhysicalResourceId"] != update[2]:
        update[2] = failed_update["PhysicalResourceId"]
        resources[failed_id] = failed_update
        # Its id differs from the one before the update, which makes it a thing to delete once all is reverted.
        operation["created"].append(failed_id)
    await _roll_back_operation(stack_name, stack_id, stack, operation, reason_override)
    if not operation.get("is_update"):
        for logical_id, record in stack.get("_rollback_failed", {}).items():
            resources.setdefault(logical_id, {**record, "ResourceStatus": "DELETE_FAILED"})


async def revert_update(
    stack_id: str,
    stack_name: str,
    logical_id: str,
    resource_type: str,
    physical_id: str,
    applied_props: dict[str, Any],
    previous_props: dict[str, Any],
    attrs: dict[str, Any] | None,
    record: dict[str, Any] | None = None,
) -> None:
    """Send an update back. A custom resource that answers with the id of its failed update has moved there for good."""
    moved = is_custom(resource_type) and record is not None and record["PhysicalResourceId"] != physical_id
    if moved and record is not None:
        record["PhysicalResourceId"] = physical_id  # MiniStack writes another answer's id over it
    await _revert_update(
        stack_id, stack_name, logical_id, resource_type, physical_id, applied_props, previous_props, attrs, record
    )
    if moved and record is not None and record["PhysicalResourceId"] == physical_id:
        deletions.spare(stack_name, logical_id, physical_id)
