"""Exports of stacks, and who imports them.

AWS: an export that another stack imports cannot be changed, removed or deleted, and a name is exported once in an
account and Region; an update that tries is rolled back, a deletion does not begin, with the reason in an event. Nested
stacks export and import as others do. An output that is gone takes its export along.
MiniStack: overwrites exports, keeps those of outputs that are gone, has none of nested stacks, and refuses the request
for a deletion. It counts imports of what a condition leaves out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ministack.services import cloudformation
from ministack.services.cloudformation import engine, handlers, provisioners, stacks

from lookout_local.corrections import retries, rollback

_STACK = "AWS::CloudFormation::Stack"
_NESTED = provisioners._RESOURCE_HANDLERS[_STACK]
_resolve_stack_outputs = stacks._resolve_stack_outputs
_create_nested = _NESTED["create"]
_update_nested = _NESTED["update"]
_delete_nested = _NESTED["delete"]


def install() -> None:
    """Replace what resolves outputs, rolls back, finds imports, and makes and deletes nested stacks."""
    stacks._resolve_stack_outputs = resolve_stack_outputs
    for module in (stacks, handlers):
        module._roll_back_operation = roll_back_operation
    handlers._imported_export_names = lambda stack, name: set(imports_of(stack))
    _NESTED.update(create=create_nested, update=update_nested, delete=delete_nested)


def resolve_stack_outputs(
    definitions: Mapping[str, Any],
    conditions: Mapping[str, bool],
    resources: Mapping[str, Any],
    parameters: Mapping[str, Any],
    mappings: Mapping[str, Any],
    stack_name: str,
    stack_id: str,
) -> tuple[list[dict[str, Any]], dict[str, dict[str, str]]]:
    """The outputs and exports of a stack; raises ValueError when the exports may not become what they would be."""
    outputs, exports = _resolve_stack_outputs(
        definitions, conditions, resources, parameters, mappings, stack_name, stack_id
    )
    names = [output["ExportName"] for output in outputs if "ExportName" in output]
    if reason := _refusal(names, exports, stack_name, stack_id):
        cloudformation._stacks[stack_name]["_refusal"] = reason
        raise ValueError(reason)
    return outputs, exports


async def roll_back_operation(
    stack_name: str, stack_id: str, stack: dict[str, Any], operation: dict[str, Any], reason_override: str = ""
) -> None:
    """Roll back, for the reason that an export has, if it was one."""
    refusal = stack.pop("_refusal", "")
    await rollback.roll_back_operation(stack_name, stack_id, stack, operation, reason_override or refusal)


async def deploy(
    stack_name: str, stack_id: str, template: dict[str, Any], parameters: dict[str, Any], *rest: Any, **options: Any
) -> None:
    """Deploy a stack, whose imports are in use meanwhile, and withdraw the exports that it does not have any more."""
    stack = cloudformation._stacks[stack_name]
    stack["_deploying"] = {"_template": template, "_resolved_params": parameters}
    try:
        await retries.deploy(stack_name, stack_id, template, parameters, *rest, **options)
    finally:
        del stack["_deploying"]
    _withdraw(stack)


def obstacle(stack: Mapping[str, Any]) -> str:
    """Why a stack cannot be deleted; '' when nobody imports what it exports."""
    for name in _exports_of(stack.get("StackId", "")):
        if users := _in_use(name, stack["StackName"]):
            return f"Export {name} cannot be deleted as it is in use by {users}"
    return ""


def imports_of(stack: Mapping[str, Any]) -> Iterator[str]:
    """The names of the exports that a stack imports, as it is and as its deployment under way makes it."""
    if stack.get("StackStatus") == "DELETE_COMPLETE":
        return
    if stack.get("_resources"):
        yield from _imports(stack, stack)
    if "_deploying" in stack:
        yield from _imports(stack["_deploying"], stack)


def create_nested(logical_id: str, props: dict[str, Any], stack_name: str) -> tuple[str, dict[str, Any]]:
    """Create a nested stack, and its exports."""
    stack_id, attributes = _create_nested(logical_id, props, stack_name)
    try:
        _publish(stack_id)
    except ValueError as error:
        _delete_nested(stack_id, props)
        raise ValueError(f"Embedded stack {stack_id} was not successfully created: {error}") from error
    return stack_id, attributes


def update_nested(
    physical_id: str, old_props: dict[str, Any], new_props: dict[str, Any], stack_name: str
) -> tuple[str, dict[str, Any]]:
    """Update a nested stack, and its exports."""
    stack_id, attributes = _update_nested(physical_id, old_props, new_props, stack_name)
    try:
        _publish(stack_id)
    except ValueError as error:
        raise ValueError(f"Embedded stack {stack_id} was not successfully updated: {error}") from error
    return stack_id, attributes


def delete_nested(physical_id: str, props: dict[str, Any]) -> None:
    """Delete a nested stack, unless its exports are in use."""
    child = cloudformation._stacks.get(provisioners._nested_stack_lookup_name(physical_id)) or {}
    if reason := obstacle(child):
        raise ValueError(reason)
    _delete_nested(physical_id, props)


def _refusal(names: list[str], exports: Mapping[str, Mapping[str, str]], stack_name: str, stack_id: str) -> str:
    """Why a stack may not have these exports, by the names of its outputs' in turn; '' when it may."""
    for name in names:
        owner = cloudformation._exports.get(name, {}).get("StackId", stack_id)
        if owner != stack_id or names.count(name) > 1:
            return f"Export with name {name} is already exported by stack {owner.split('/')[1]}"
    for name, export in _exports_of(stack_id).items():
        if export["Value"] != exports.get(name, {}).get("Value") and (users := _in_use(name, stack_name)):
            verb = "updated" if name in exports else "deleted"
            return f"Export {name} cannot be {verb} as it is in use by {users}"
    return ""


def _publish(stack_id: str) -> None:
    """Give a nested stack the exports of its template."""
    stack = cloudformation._stacks[provisioners._nested_stack_lookup_name(stack_id)]
    template = stack["_template"]
    try:
        stack["Outputs"], exports = resolve_stack_outputs(
            template.get("Outputs", {}),
            stack["_conditions"],
            stack["_resources"],
            stack["_resolved_params"],
            template.get("Mappings", {}),
            stack["StackName"],
            stack_id,
        )
    except ValueError as error:
        status = f"{stack['StackStatus'].split('_')[0]}_FAILED"
        stack["StackStatus"] = status
        stacks._add_event(stack_id, stack["StackName"], stack["StackName"], _STACK, status, str(error), stack_id)
        raise
    cloudformation._exports.update(exports)
    _withdraw(stack)


def _withdraw(stack: Mapping[str, Any]) -> None:
    """Forget the exports that a stack does not have among its outputs."""
    names = {output.get("ExportName") for output in stack.get("Outputs", [])}
    for name in _exports_of(stack["StackId"]).keys() - names:
        cloudformation._exports.pop(name, None)


def _exports_of(stack_id: str) -> dict[str, dict[str, str]]:
    return {name: export for name, export in cloudformation._exports.items() if export["StackId"] == stack_id}


def _in_use(name: str, exporter: str) -> str:
    """The stacks that import an export, in words; '' when none does."""
    users = sorted(
        other for other, stack in cloudformation._stacks.items() if other != exporter and name in imports_of(stack)
    )
    return " and ".join(filter(None, [", ".join(users[:-1]), *users[-1:]]))


def _imports(definition: Mapping[str, Any], stack: Mapping[str, Any]) -> Iterator[str]:
    """The names that a template imports in what its conditions leave in."""
    template, parameters = definition.get("_template") or {}, definition.get("_resolved_params") or {}
    conditions = engine._evaluate_conditions(template, parameters)

    def resolved(name: Any) -> str:
        mappings, resources = template.get("Mappings", {}), stack.get("_resources", {})
        return str(
            engine._resolve_refs(
                name, resources, parameters, conditions, mappings, stack["StackName"], stack["StackId"]
            )
        )

    def walk(node: Any) -> Iterator[str]:
        if isinstance(node, dict) and len(node) == 1 and "Fn::ImportValue" in node:
            yield resolved(node["Fn::ImportValue"])
        elif isinstance(node, dict) and len(node) == 1 and "Fn::If" in node:
            condition, *branches = node["Fn::If"]
            yield from walk(branches[0 if conditions.get(condition, True) else 1])
        elif isinstance(node, dict | list):
            for part in node.values() if isinstance(node, dict) else node:
                yield from walk(part)

    for section in ("Resources", "Outputs"):
        for part in template.get(section, {}).values():
            if conditions.get(part.get("Condition"), True):
                yield from walk(part)
