"""Label groups (API reference; user guide, "Labeling your data")."""

from __future__ import annotations

import uuid

from lookout_server.equipment.call import EquipmentCall, Operation
from lookout_server.equipment.ids import guid
from lookout_server.equipment.label_state import LabelGroup
from lookout_server.protocol.errors import conflict, not_found, quota_exceeded
from lookout_server.service import Answer
from lookout_server.work.clearing import clear


def create_label_group(call: EquipmentCall) -> Answer:
    """CreateLabelGroup."""
    name = call.parameters["LabelGroupName"]
    existing = call.own.label_groups.get(name)
    arn = existing.arn if existing else call.own.arn("label-group", name, str(uuid.uuid4()))
    call.authorize_creation(arn)
    call.invocation.once(call.own.tokens)
    if existing:
        raise conflict(f"The label group {name} already exists")
    quota = call.settings.quotas.label_groups
    if len(call.own.label_groups) >= quota:
        raise quota_exceeded(
            f"Label groups (L-1CCF155B): the account has {len(call.own.label_groups)}, the quota is {quota}"
        )
    call.own.tags.add(arn, call.get("Tags") or [], call.settings.quotas.tags_per_resource)
    call.own.label_groups[name] = LabelGroup(
        number=call.own.next_number(),
        name=name,
        arn=arn,
        fault_codes=list(call.get("FaultCodes") or []),
        created_at=call.now,
        updated_at=call.now,
    )
    return {"LabelGroupName": name, "LabelGroupArn": arn}


def describe_label_group(call: EquipmentCall) -> Answer:
    """DescribeLabelGroup."""
    group = label_group(call)
    return {**_summary(group), "FaultCodes": group.fault_codes}


def list_label_groups(call: EquipmentCall) -> Answer:
    """ListLabelGroups, by the beginning of the name."""
    call.invocation.authorize(call.own.arn("label-group", "*", "*"))
    prefix = call.get("LabelGroupNameBeginsWith") or ""
    return call.page(
        call.own.label_groups, "LabelGroupSummaries", _summary, lambda group: group.name.startswith(prefix)
    )


def update_label_group(call: EquipmentCall) -> Answer:
    """UpdateLabelGroup: the fault codes given replace those that the group has."""
    group = label_group(call)
    codes = call.get("FaultCodes")
    if codes is not None:
        group.fault_codes = list(codes)
    group.updated_at = call.now
    return {}


def delete_label_group(call: EquipmentCall) -> Answer:
    """DeleteLabelGroup; labels that do not keep it from going go with it."""
    group = label_group(call)
    users = sorted(
        model.name
        for model in call.own.models.values()
        if (model.configuration.get("LabelsInputConfiguration") or {}).get("LabelGroupName") == group.name
    )
    # ConflictException is among the errors of DeleteLabelGroup; when it comes is not documented (Settings).
    if users and call.settings.label_group_deletion_blocked_by_models:
        raise conflict(f"The label group {group.name} is used by the model {users[0]}")
    if group.count and call.settings.label_group_deletion_blocked_by_labels:
        raise conflict(f"The label group {group.name} has labels ({group.count}): delete them before the group")
    del call.own.label_groups[group.name]
    clear(call.own, "label", f"{guid(group.arn)}/", call.now)
    call.own.forget(group.arn)
    return {}


def label_group(call: EquipmentCall, *, once: bool = False) -> LabelGroup:
    """The label group that LabelGroupName names, after the caller was authorized for it.

    With `once` an earlier answer to the client token comes before the question whether the group exists.
    """
    name = call.parameters["LabelGroupName"]
    group = call.own.label_groups.get(name)
    call.authorize_existing(call.arn_or_placeholder("label-group", name, group))
    if once:
        call.invocation.once(call.own.tokens)
    if group is None:
        raise not_found(f"The label group {name} does not exist")
    return group


def _summary(group: LabelGroup) -> Answer:
    return {
        "LabelGroupName": group.name,
        "LabelGroupArn": group.arn,
        "CreatedAt": group.created_at,
        "UpdatedAt": group.updated_at,
    }


OPERATIONS: dict[str, Operation] = {
    "CreateLabelGroup": create_label_group,
    "DescribeLabelGroup": describe_label_group,
    "ListLabelGroups": list_label_groups,
    "UpdateLabelGroup": update_label_group,
    "DeleteLabelGroup": delete_label_group,
}
