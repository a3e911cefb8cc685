"""Tags: on models, and on nothing else (service authorization reference)."""

from __future__ import annotations

import re

from lookout_server.protocol.errors import access_denied, validation
from lookout_server.service import Answer
from lookout_server.tags import TagList, as_dict
from lookout_server.vision.call import Operation, VisionCall
from lookout_server.vision.errors import not_found, quota_exceeded

_MODEL_ARN = re.compile(r"arn:aws[a-z-]*:lookoutvision:([a-z0-9-]+):([0-9]{12}):model/([^/]+/[1-9][0-9]*)")


def tag_resource(call: VisionCall) -> Answer:
    """TagResource: sets tags beside those that the model has."""
    tags = call.parameters["Tags"]
    arn, identity = _checked(call)
    call.invocation.authorize(arn, resource_tags=call.own.tags.of(arn), request_tags=tags)
    _exists(call, arn, identity)
    add_tags(call, arn, tags, identity)
    return {}


def untag_resource(call: VisionCall) -> Answer:
    """UntagResource: keys that the model does not have are ignored."""
    keys = call.parameters["TagKeys"]
    arn, identity = _checked(call)
    call.invocation.authorize(arn, resource_tags=call.own.tags.of(arn), tag_keys=keys)
    _exists(call, arn, identity)
    call.own.tags.remove(arn, keys)
    return {}


def list_tags_for_resource(call: VisionCall) -> Answer:
    """ListTagsForResource."""
    arn, identity = _checked(call)
    call.invocation.authorize(arn, resource_tags=call.own.tags.of(arn))
    _exists(call, arn, identity)
    return {"Tags": call.own.tags.listed(arn)}


def add_tags(call: VisionCall, arn: str, tags: TagList, identity: str) -> None:
    """Set tags on a model; raises ServiceQuotaExceededException when it would have too many."""
    count, quota = len(call.own.tags.of(arn).keys() | as_dict(tags).keys()), call.quotas.tags_per_model
    if count > quota:
        raise quota_exceeded("Tags per resource", "", count, quota, "MODEL", identity)
    call.own.tags.add(arn, tags, quota)


def _checked(call: VisionCall) -> tuple[str, str]:
    """ResourceArn, which must be that of a model of the caller's account, and the model's project and version."""
    arn = str(call.parameters["ResourceArn"])
    match = _MODEL_ARN.fullmatch(arn)
    if not match:
        raise validation(f"ResourceArn: got '{arn}', expected the ARN of a model, model/<project>/<version>")
    if match[2] != call.own.account:
        raise access_denied(f"The model {arn} belongs to another account")
    return arn, match[3]


def _exists(call: VisionCall, arn: str, identity: str) -> None:
    name, version = identity.split("/")
    project = call.own.projects.get(name)
    model = project.models.get(version) if project else None
    if model is None or model.arn != arn:
        raise not_found(f"The model {arn} does not exist", "MODEL", identity)


OPERATIONS: dict[str, Operation] = {
    "TagResource": tag_resource,
    "UntagResource": untag_resource,
    "ListTagsForResource": list_tags_for_resource,
}
