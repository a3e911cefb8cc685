"""Operations that are called off: a creation by DeleteStack, an update by CancelUpdateStack.

AWS: begins no further resource; what is in progress ends at once with "Resource creation cancelled" or "Resource update
cancelled", and nobody waits for its answer any more: it is deleted by an invented id, or gets its update back. A stack
that is being updated cannot be deleted, and a second DeleteStack does nothing.
MiniStack: deletes beside the creation, which goes on and may end last; heeds CancelUpdateStack between two resources
only; deletes a stack in any state, and twice at once. A nested stack in progress is still completed first here.
"""

from __future__ import annotations

import asyncio
from typing import Any

from ministack.services import cloudformation
from ministack.services.cloudformation import changesets, handlers, stacks

from lookout_local.corrections import answers, exports
from lookout_local.corrections.custom_resources import CANCELLED, remember

_STACK = "AWS::CloudFormation::Stack"
_DELETING = "DELETE_IN_PROGRESS"
_provision_resource = stacks._provision_resource
_delete_stack_async = stacks._delete_stack_async
_delete_stack = handlers._delete_stack
_cancel_update_stack = handlers._cancel_update_stack
# The task that each stack is deployed in, by stack id.
_deployments: dict[str, asyncio.Task[Any] | None] = {}


def install() -> None:
    """Replace both requests, and what they have to know of: deployments, their resources, deletions."""
    for module in (stacks, handlers, changesets):
        module._deploy_stack_async = deploy
    for module in (stacks, handlers):
        module._delete_stack_async = delete
    stacks._provision_resource = provision_resource
    handlers._ACTION_HANDLERS.update(DeleteStack=delete_stack, CancelUpdateStack=cancel_update_stack)


def cancel_update_stack(params: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    """CancelUpdateStack: nobody waits any more for what is in progress."""
    response: tuple[int, dict[str, str], bytes] = _cancel_update_stack(params)
    if response[0] == 200:
        answers.cancel(_stack_of(params)["StackId"])
    return response


def delete_stack(params: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    """DeleteStack, refused in the middle of an update, and without effect while exports are in use."""
    stack = _stack_of(params)
    status = stack.get("StackStatus", "")
    if status.startswith("UPDATE_") and status.endswith("_IN_PROGRESS"):
        message = f"Stack [{stack['StackId']}] cannot be deleted while in status {status}"
        response: tuple[int, dict[str, str], bytes] = handlers._error("ValidationError", message)
    elif not stack.get("EnableTerminationProtection") and (reason := exports.obstacle(stack)):
        stacks._add_event(stack["StackId"], stack["StackName"], stack["StackName"], _STACK, status, reason)
        response = handlers._xml(200, "DeleteStackResponse", "")
    else:
        response = _delete_stack(params)
    return response


async def deploy(
    stack_name: str,
    stack_id: str,
    template: dict[str, Any],
    parameters: dict[str, Any],
    *arguments: Any,
    **options: Any,
) -> None:
    """Deploy a stack in a task that can be found."""
    stack = cloudformation._stacks[stack_name]
    creates = not options.get("is_update")
    if creates:  # a change set tells the stack only once it has succeeded
        stack.update(_template=template, _resolved_params=parameters)
    _deployments[stack_id] = asyncio.current_task()
    try:
        await exports.deploy(stack_name, stack_id, template, parameters, *arguments, **options)
    finally:
        del _deployments[stack_id]
        if creates and stack.get("_cancel_requested"):  # its rollback is over, and was waited for
            stack["StackStatus"] = _DELETING


def provision_resource(resource_type: str, logical_id: str, props: dict[str, Any], stack_name: str) -> Any:
    """Create a resource and put it on record, because its deployment may be gone before it hears of it."""
    made = _provision_resource(resource_type, logical_id, props, stack_name)
    remember("Create", stack_name, logical_id, resource_type, made[0], props)
    return made


async def delete(stack_name: str, stack_id: str, *arguments: Any, **options: Any) -> None:
    """Delete a stack, after its creation is called off, or its rollback is over."""
    stack, creation = cloudformation._stacks.get(stack_name), _deployments.get(stack_id)
    if stack is None or stack["StackStatus"] == _DELETING or (creation and stack.get("_cancel_requested")):
        return
    if creation:
        stack["_cancel_requested"] = True
        if stack["StackStatus"] == "CREATE_IN_PROGRESS":
            stack["StackStatus"] = _DELETING
            stacks._add_event(stack_id, stack_name, stack_name, _STACK, _DELETING, "User Initiated", stack_id)
            answers.cancel(stack_id)
            creation.cancel()
        await asyncio.wait([creation])
        del stack["_cancel_requested"]
        _tell_what_was_cancelled(stack_name, stack_id)
    await _delete_stack_async(stack_name, stack_id, *arguments, **options)


def _tell_what_was_cancelled(stack_name: str, stack_id: str) -> None:
    last = {event["LogicalResourceId"]: event for event in cloudformation._stack_events[stack_id]}
    for logical_id, event in last.items():
        if event["ResourceStatus"] == "CREATE_IN_PROGRESS":
            resource_type, reason = event["ResourceType"], CANCELLED["Create"]
            stacks._add_event(stack_id, stack_name, logical_id, resource_type, "CREATE_FAILED", reason)


def _stack_of(params: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = handlers._resolve_stack(handlers._p(params, "StackName")) or {}
    return found
