"""What becomes of the resources of a nested stack when that is updated or deleted.

AWS: an update leaves what has not changed as it is, with its attributes; a deletion leaves what is to be retained.
MiniStack: forgets the attributes of what has not changed, and deletes everything.
"""

from __future__ import annotations

from typing import Any

from ministack.services import cloudformation
from ministack.services.cloudformation import provisioners, stacks

from lookout_local.corrections import exports

_TYPE = "AWS::CloudFormation::Stack"
_update_resource = provisioners._update_resource


def install() -> None:
    """Replace the update that nested stacks use, and their deletion."""
    provisioners._update_resource = update_resource
    provisioners._RESOURCE_HANDLERS[_TYPE]["delete"] = delete


def update_resource(
    resource_type: str,
    physical_id: str,
    old_props: dict[str, Any],
    new_props: dict[str, Any],
    stack_name: str,
    logical_id: str,
    attributes: dict[str, Any] | None = None,
) -> Any:
    """Update a resource: its physical id and its attributes."""
    if attributes is None:
        attributes = _resources(stack_name).get(logical_id, {}).get("Attributes")
    return _update_resource(resource_type, physical_id, old_props, new_props, stack_name, logical_id, attributes)


def delete(physical_id: str, props: dict[str, Any]) -> None:
    """Delete a nested stack with all that it does not retain."""
    name = provisioners._nested_stack_lookup_name(physical_id)
    stack = cloudformation._stacks.get(name) or {}
    refused = bool(exports.obstacle(stack))
    for logical_id, resource in list(_resources(name).items()):
        if not refused and _retained(stack, logical_id):
            del stack["_resources"][logical_id]
            kind, known_as = resource["ResourceType"], resource["PhysicalResourceId"]
            stacks._add_event(stack["StackId"], name, logical_id, kind, "DELETE_SKIPPED", physical_id=known_as)
    exports.delete_nested(physical_id, props)


def _resources(stack_name: str) -> dict[str, Any]:
    found: dict[str, Any] = (cloudformation._stacks.get(stack_name) or {}).get("_resources", {})
    return found


def _retained(stack: dict[str, Any], logical_id: str) -> bool:
    """Whether a resource stays: with RetainExceptOnCreate not when the operation is rolled back that made the stack."""
    definition = stack.get("_template", {}).get("Resources", {}).get(logical_id)
    policy = stacks._resource_policy(
        definition,
        "DeletionPolicy",
        stack["_resources"],
        stack.get("_resolved_params", {}),
        stack.get("_conditions", {}),
        stack.get("_template", {}).get("Mappings", {}),
        stack["StackName"],
        stack["StackId"],
    )
    if policy == "RetainExceptOnCreate" and str(stack["StackStatus"]).startswith("CREATE_"):
        above = cloudformation._stacks.get(stack.get("_parent_stack_name")) or {}
        return "ROLLBACK" not in above.get("StackStatus", "")
    return policy in provisioners._RETAINING_POLICIES
