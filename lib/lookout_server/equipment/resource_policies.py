"""Resource policies on datasets, models and model versions (user guide, "Importing resources")."""

from __future__ import annotations

import uuid

from lookout_server.equipment.call import EquipmentCall, Operation
from lookout_server.equipment.state import Dataset, ResourcePolicy
from lookout_server.identity import policies
from lookout_server.protocol.errors import access_denied, conflict, not_found, validation
from lookout_server.service import Answer


def put_resource_policy(call: EquipmentCall) -> Answer:
    """PutResourcePolicy: the revision id, when given, must be that of the policy that is replaced."""
    arn = call.parameters["ResourceArn"]
    call.authorize_existing(arn)
    call.invocation.once(call.own.tokens)
    # Two actions only can be granted, each on its own kind of resource.
    action = "ImportDataset" if isinstance(_resource(call), Dataset) else "ImportModelVersion"
    text = call.parameters["ResourcePolicy"]
    policies.parse(text, resource=arn, actions=[f"lookoutequipment:{action}"])
    existing = call.own.policies.get(arn)
    _check_revision(call, arn, existing)
    policy = ResourcePolicy(
        text=text,
        revision=uuid.uuid4().hex,
        created_at=existing.created_at if existing else call.now,
        updated_at=call.now,
    )
    call.own.policies[arn] = policy
    return {"ResourceArn": arn, "PolicyRevisionId": policy.revision}


def describe_resource_policy(call: EquipmentCall) -> Answer:
    """DescribeResourcePolicy."""
    arn = call.parameters["ResourceArn"]
    call.authorize_existing(arn)
    policy = _policy(call)
    return {
        "PolicyRevisionId": policy.revision,
        "ResourcePolicy": policy.text,
        "CreationTime": policy.created_at,
        "LastModifiedTime": policy.updated_at,
    }


def delete_resource_policy(call: EquipmentCall) -> Answer:
    """DeleteResourcePolicy."""
    arn = call.parameters["ResourceArn"]
    call.authorize_existing(arn)
    _policy(call)
    del call.own.policies[arn]
    return {}


def _resource(call: EquipmentCall) -> object:
    """What the policy is on. Only the account that owns it may put, see or delete a policy (user guide)."""
    arn = call.parameters["ResourceArn"]
    if arn.split(":", 5)[5].split("/")[0] not in ("dataset", "model"):
        raise validation(f"ResourceArn: got '{arn}', expected the ARN of a dataset, model or model version")
    target = call.find(arn)
    if target.inventory.account != call.own.account:
        raise access_denied(f"The resource {arn} belongs to another account")
    if target.inventory is not call.own or target.resource is None:
        raise not_found(f"The resource {arn} does not exist")
    return target.resource


def _policy(call: EquipmentCall) -> ResourcePolicy:
    _resource(call)
    arn = call.parameters["ResourceArn"]
    policy = call.own.policies.get(arn)
    if policy is None:
        raise not_found(f"The resource {arn} has no resource policy")
    return policy


def _check_revision(call: EquipmentCall, arn: str, existing: ResourcePolicy | None) -> None:
    """The revision id as an optimistic lock: not documented beyond its being there, and a ConflictException."""
    given = call.get("PolicyRevisionId")
    if given is not None:
        if existing is None or existing.revision != given:
            found = existing.revision if existing else "no policy"
            raise conflict(f"The policy of {arn} was changed: got revision {given}, expected {found}")
    elif existing and call.settings.put_policy_without_revision == "conflict":
        raise conflict(f"The resource {arn} has a policy: expected its PolicyRevisionId to replace it")


OPERATIONS: dict[str, Operation] = {
    "PutResourcePolicy": put_resource_policy,
    "DescribeResourcePolicy": describe_resource_policy,
    "DeleteResourcePolicy": delete_resource_policy,
}
