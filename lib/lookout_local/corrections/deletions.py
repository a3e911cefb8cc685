"""Deletions: those that fail, and those in the cleanup of an update.

AWS: what a resource depends on stays while the resource cannot be deleted, so a function outlives its custom resources.
An update deletes what is no longer needed in the state UPDATE_COMPLETE_CLEANUP_IN_PROGRESS, with events; there and
after its rollback a deletion is tried three times before it is given up.
MiniStack: goes on with what the resource depends on, cleans up without state and events, and tries once.
"""

from __future__ import annotations

from typing import Any

from ministack.services import cloudformation
from ministack.services.cloudformation import stacks

from lookout_local.corrections.types import is_custom

ATTEMPTS = 3
_STACK = "AWS::CloudFormation::Stack"
_CLEANUP = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"
_CLEANING_UP = (_CLEANUP, "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
_delete_resource = stacks._delete_resource
_spared: set[tuple[str | None, str | None, str]] = set()


def install() -> None:
    """Replace the deletion that stack operations use."""
    stacks._delete_resource = delete_resource


def spare(stack_name: str, logical_id: str, physical_id: str) -> None:
    """Let the next deletion of this resource do nothing: its rollback has found it in use again."""
    _spared.add((stack_name, logical_id, physical_id))


def delete_resource(
    resource_type: str,
    physical_id: str,
    props: dict[str, Any],
    stack_name: str | None = None,
    logical_id: str | None = None,
) -> None:
    """Delete a resource; raises what the last attempt raised."""
    identity = (stack_name, logical_id, physical_id)
    if identity in _spared:
        _spared.remove(identity)
        return
    stack = cloudformation._stacks.get(stack_name) or {}
    undeleted = stack.setdefault("_undeleted", {})
    # The rollback of a create takes a resource off the record, deleted or not; `rollback` puts it back afterwards.
    present = undeleted if stack.get("StackStatus") == "ROLLBACK_IN_PROGRESS" else stack.get("_resources", {})
    needed_by = [other for other, needs in undeleted.items() if logical_id in needs and other in present]
    if needed_by:
        raise RuntimeError(f"{', '.join(needed_by)} could not be deleted and depends on it")
    if stack.get("StackStatus") == "UPDATE_IN_PROGRESS":  # in which MiniStack deletes only to clean up
        stack["StackStatus"] = _CLEANUP
        _tell(stack, stack_name, _STACK, _CLEANUP, stack["StackId"])
    cleaning = stack.get("StackStatus") == _CLEANUP
    if cleaning:
        _tell(stack, logical_id, resource_type, "DELETE_IN_PROGRESS", physical_id)
    patient = is_custom(resource_type) and stack.get("StackStatus") in _CLEANING_UP
    for left in reversed(range(ATTEMPTS if patient else 1)):
        try:
            _delete_resource(resource_type, physical_id, props, stack_name, logical_id)
        except Exception:
            if not left:
                undeleted[logical_id] = _dependencies(stack, logical_id)
                raise
        else:
            undeleted.pop(logical_id, None)
            if cleaning:
                _tell(stack, logical_id, resource_type, "DELETE_COMPLETE", physical_id)
            return


def _tell(stack: dict[str, Any], logical_id: str | None, resource_type: str, status: str, physical_id: str) -> None:
    stacks._add_event(stack["StackId"], stack["StackName"], logical_id, resource_type, status, "", physical_id)


def _dependencies(stack: dict[str, Any], logical_id: str | None) -> set[str]:
    """The logical ids of all resources that a resource needs, directly or not."""
    definitions = (stack.get("_template") or {}).get("Resources", {})
    needed: set[str] = stacks._with_dependencies([logical_id], definitions, set(definitions))
    return needed - {logical_id}
