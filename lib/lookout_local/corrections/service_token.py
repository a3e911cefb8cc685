"""The ServiceToken of a custom resource cannot be changed.

AWS: an update that changes it fails with "Modifying service token is not allowed.", before any event is sent.
MiniStack: sends the Update to the new function.
"""

from __future__ import annotations

from typing import Any

from ministack.services.cloudformation import provisioners, stacks

from lookout_local.corrections.types import is_custom

MESSAGE = "Modifying service token is not allowed."
_refusal = provisioners._custom_named_replacement_error


def install() -> None:
    """Add the refusal to the one that MiniStack has for resources with explicit names: both send nothing back."""
    provisioners._custom_named_replacement_error = refusal
    stacks._custom_named_replacement_error = refusal


def refusal(
    resource_type: str, old_props: dict[str, Any], new_props: dict[str, Any], physical_id: str | None = None
) -> str | None:
    """Why an update of a resource is refused; None when it is not."""
    if is_custom(resource_type) and old_props.get("ServiceToken") != new_props.get("ServiceToken"):
        return MESSAGE
    reason: str | None = _refusal(resource_type, old_props, new_props, physical_id)
    return reason
