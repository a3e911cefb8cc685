"""Fn::GetAtt of an attribute that a custom resource did not return.

AWS: fails with "CustomResource attribute error: Vendor response doesn't contain <key> key in object <id> in S3 bucket".
MiniStack: fails with the words that AWS uses for its own resource types.
"""

from __future__ import annotations

from typing import Any

from ministack.core.responses import get_region
from ministack.services.cloudformation import engine

from lookout_local.corrections.types import is_custom

_message = engine._unknown_attribute_message


def install() -> None:
    """Replace the message."""
    engine._unknown_attribute_message = message


def message(resource: dict[str, Any], logical_id: str, attribute: str) -> str:
    """Why an attribute cannot be read."""
    if not is_custom(resource.get("ResourceType", "")):
        return str(_message(resource, logical_id, attribute))
    return (
        f"CustomResource attribute error: Vendor response doesn't contain {attribute} key in object "
        f"{resource.get('PhysicalResourceId', logical_id)} in S3 bucket "
        f"cloudformation-custom-resource-storage-{get_region().replace('-', '')}"
    )
