"""The events of a stack.

AWS: an update has events for what changes only; what it adds is CREATE_IN_PROGRESS and so on. The event of a custom
resource that failed names the physical id that the resource goes on with.
MiniStack: has UPDATE_IN_PROGRESS and UPDATE_COMPLETE for every resource of the template, and no id in the event of a
failure.
"""

from __future__ import annotations

from typing import Any

from ministack.services import cloudformation
from ministack.services.cloudformation import stacks

from lookout_local.corrections.types import is_custom

_add_event = stacks._add_event
# What an update under way touches: (stack id, logical id) -> its record before, None when it is new.
_touched: dict[tuple[str, str], dict[str, Any] | None] = {}


def install() -> None:
    """Replace the function that records an event in the deployment of stacks."""
    stacks._add_event = add_event


def add_event(
    stack_id: str,
    stack_name: str,
    logical_id: str,
    resource_type: str,
    status: str,
    reason: str = "",
    physical_id: str = "",
    detailed_status: str = "",
) -> None:
    """Record an event as AWS would."""
    stack: dict[str, Any] = cloudformation._stacks.get(stack_name) or {}
    if logical_id == stack_name and status == _state(stack_id, stack_name) == "DELETE_IN_PROGRESS":
        return  # told when the creation was called off
    if is_custom(resource_type) and status in ("CREATE_FAILED", "UPDATE_FAILED") and not physical_id:
        physical_id = _failed_id(stack, logical_id)
    step = status.removeprefix("UPDATE_")
    if logical_id != stack_name and stack.get("StackStatus") == "UPDATE_IN_PROGRESS" and step != status:
        resources = stack.get("_resources", {})
        place = (stack_id, logical_id)
        before = _touched.setdefault(place, resources.get(logical_id))
        if before is None:
            status = f"CREATE_{step}"
        if step != "IN_PROGRESS":
            del _touched[place]
        if step == "COMPLETE" and before is not None and _same(before, resources.get(logical_id, {})):
            _withdraw(stack_id, logical_id)
            return
    _add_event(stack_id, stack_name, logical_id, resource_type, status, reason, physical_id, detailed_status)


def _state(stack_id: str, stack_name: str) -> str:
    """The state of a stack by its events."""
    events = cloudformation._stack_events.get(stack_id, [])
    states = (event["ResourceStatus"] for event in reversed(events) if event["LogicalResourceId"] == stack_name)
    return str(next(states, ""))


def _failed_id(stack: dict[str, Any], logical_id: str) -> str:
    for records in (stack.get("_failed_custom_updates", {}), stack.get("_resources", {})):
        if logical_id in records:
            return str(records[logical_id].get("PhysicalResourceId", ""))
    return ""


def _same(before: dict[str, Any], after: dict[str, Any]) -> bool:
    return all(before.get(key) == after.get(key) for key in ("PhysicalResourceId", "ResourceType", "Properties"))


def _withdraw(stack_id: str, logical_id: str) -> None:
    """Take back the last event, in which the update of a resource began."""
    events = cloudformation._stack_events[stack_id]
    if events and (events[-1]["LogicalResourceId"], events[-1]["ResourceStatus"]) == (logical_id, "UPDATE_IN_PROGRESS"):
        events.pop()
