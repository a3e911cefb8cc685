"""Tags: on datasets, models, versions, inference schedulers and label groups (service authorization reference)."""

from __future__ import annotations

import re
from typing import Any

from lookout_server.entities.session import Collection
from lookout_server.equipment.call import EquipmentCall, Operation
from lookout_server.protocol.errors import access_denied, not_found, validation
from lookout_server.service import Answer

_ARN = re.compile(r"arn:aws[a-z-]*:lookoutequipment:[a-z0-9-]*:([0-9]{12}):[a-z-]+/.+")


def tag_resource(call: EquipmentCall) -> Answer:
    """TagResource: sets tags beside those that the resource has; at most 50 in all (API text)."""
    tags = call.parameters["Tags"]
    arn = _checked(call)
    call.invocation.authorize(arn, resource_tags=call.own.tags.of(arn), request_tags=tags)
    _exists(call, arn)
    call.own.tags.add(arn, tags, call.settings.quotas.tags_per_resource)
    return {}


def untag_resource(call: EquipmentCall) -> Answer:
    """UntagResource: keys that the resource does not have are ignored."""
    keys = call.parameters["TagKeys"]
    arn = _checked(call)
    call.invocation.authorize(arn, resource_tags=call.own.tags.of(arn), tag_keys=keys)
    _exists(call, arn)
    call.own.tags.remove(arn, keys)
    return {}


def list_tags_for_resource(call: EquipmentCall) -> Answer:
    """ListTagsForResource."""
    arn = _checked(call)
    call.authorize_existing(arn)
    _exists(call, arn)
    return {"Tags": call.own.tags.listed(arn)}


def _checked(call: EquipmentCall) -> str:
    """ResourceArn, which must be an ARN of this service and of the caller's account."""
    arn = str(call.parameters["ResourceArn"])
    match = _ARN.fullmatch(arn)
    if not match:
        raise validation(f"ResourceArn: got '{arn}', expected the ARN of a Lookout for Equipment resource")
    if match.group(1) != call.own.account:
        raise access_denied(f"The resource {arn} belongs to another account")
    return arn


def _exists(call: EquipmentCall, arn: str) -> None:
    """Raise a ResourceNotFoundException unless there is such a resource in the Region."""
    kind, name = arn.split(":", 5)[5].split("/")[:2]
    others: dict[str, Collection[str, Any]] = {
        "label-group": call.own.label_groups,
        "inference-scheduler": call.own.inference_schedulers,
    }
    if kind in others:
        other = others[kind].get(name)
        found = other is not None and other.arn == arn
    else:
        target = call.find(arn)
        found = target.inventory is call.own and target.resource is not None
    if not found:
        raise not_found(f"The resource {arn} does not exist")


OPERATIONS: dict[str, Operation] = {
    "TagResource": tag_resource,
    "UntagResource": untag_resource,
    "ListTagsForResource": list_tags_for_resource,
}
