"""Buckets of stacks.

AWS: a bucket has the tags of its template and of its stack, and one that is not empty cannot be deleted. What empties
it, such as CDK's `auto_delete_objects`, looks for a tag first. The error for a bucket that does not exist names it.
MiniStack: ignores the tags, deletes a bucket with all that is in it, and names none that is missing.
"""

from __future__ import annotations

import re
from typing import Any

from ministack.services import s3
from ministack.services.cloudformation import provisioners

_TYPE = "AWS::S3::Bucket"
_HANDLERS = provisioners._RESOURCE_HANDLERS[_TYPE]
_create = _HANDLERS["create"]
_update = _HANDLERS["update"]


def install() -> None:
    """Replace what creates, updates, deletes and misses a bucket, and let the tags of stacks reach it."""
    s3._no_such_bucket = no_such_bucket
    provisioners._STACK_TAG_PROPERTY[_TYPE] = ("Tags", "list")
    _HANDLERS.update(create=create, update=update, delete=delete)


def create(logical_id: str, props: dict[str, Any], stack_name: str) -> tuple[str, dict[str, Any]]:
    """Create a bucket with its tags."""
    name, attributes = _create(logical_id, props, stack_name)
    _tag(name, props)
    return name, attributes


def update(
    physical_id: str, old_props: dict[str, Any], new_props: dict[str, Any], stack_name: str
) -> tuple[str, dict[str, Any]]:
    """Update a bucket, and its tags where the template or the stack changes them."""
    name, attributes = _update(physical_id, old_props, new_props, stack_name)
    if name != physical_id or old_props.get("Tags") != new_props.get("Tags"):
        _tag(name, new_props)
    return name, attributes


def delete(physical_id: str, props: dict[str, Any]) -> None:
    """Delete a bucket as the API does it; raises ValueError when it is not empty."""
    status, _, body = s3._delete_bucket(physical_id)
    if status >= 400 and status != 404:
        found = re.search(rb"<Message>(.*?)</Message>", body)
        message = found[1].decode() if found else "the bucket cannot be deleted"
        raise ValueError(f"{message} (Service: S3, Status Code: {status})")


def no_such_bucket(name: str) -> Any:
    """The answer to who asks for a bucket that does not exist."""
    missing = {"BucketName": name}
    return s3._error("NoSuchBucket", "The specified bucket does not exist", 404, f"/{name}", extra=missing)


def _tag(name: str, props: dict[str, Any]) -> None:
    tags = {tag["Key"]: tag["Value"] for tag in props.get("Tags") or []}
    if tags:
        s3._bucket_tags[name] = tags
    else:
        s3._bucket_tags.pop(name, None)
