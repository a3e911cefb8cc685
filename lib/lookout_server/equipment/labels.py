"""Labels in label groups (API reference; user guide, "Labeling your data"). A label is never changed."""

from __future__ import annotations

import uuid

from lookout_server.equipment.call import EquipmentCall, Operation
from lookout_server.equipment.label_groups import label_group
from lookout_server.equipment.label_state import Label, LabelGroup
from lookout_server.protocol.errors import not_found, quota_exceeded, validation
from lookout_server.service import Answer


def create_label(call: EquipmentCall) -> Answer:
    """CreateLabel: a time span, how it is rated, and one of the group's fault codes."""
    group = label_group(call, once=True)
    start, end, code = call.parameters["StartTime"], call.parameters["EndTime"], call.get("FaultCode")
    if start >= end:
        raise validation(f"StartTime: got {start.isoformat()}, expected a time before EndTime {end.isoformat()}")
    # API reference, CreateLabel: the fault code must be defined in the label group.
    if code is not None and code not in group.fault_codes:
        known = ", ".join(group.fault_codes) or "none"
        raise validation(f"FaultCode: got '{code}', expected one of the label group {group.name} [{known}]")
    quota = call.settings.quotas.labels_per_group
    if group.count >= quota:
        raise quota_exceeded(f"Labels (L-1AF8D174): the group has {group.count}, the quota is {quota}")
    number = call.own.next_number()
    label = Label(
        number=number,
        id=f"{number:016x}{uuid.uuid4().hex[:16]}",
        start=start,
        end=end,
        rating=call.parameters["Rating"],
        created_at=call.now,
        fault_code=code,
        notes=call.get("Notes"),
        equipment=call.get("Equipment"),
    )
    group.labels[label.id] = label
    group.count += 1
    return {"LabelId": label.id}


def describe_label(call: EquipmentCall) -> Answer:
    """DescribeLabel."""
    group = label_group(call)
    label = _label(call, group)
    return {**_summary(group, label), "Notes": label.notes}


def list_labels(call: EquipmentCall) -> Answer:
    """ListLabels: those that end at IntervalStartTime or later and start before IntervalEndTime, by fault code and
    equipment. The list of a group that does not exist is empty."""
    name = call.parameters["LabelGroupName"]
    group = call.own.label_groups.get(name)
    call.authorize_existing(call.arn_or_placeholder("label-group", name, group))
    if group is None:
        return {"LabelSummaries": []}
    after, before = call.get("IntervalStartTime"), call.get("IntervalEndTime")

    def wanted(label: Label) -> bool:
        return (
            (after is None or label.end >= after)
            and (before is None or label.start < before)
            and call.get("FaultCode") in (None, label.fault_code)
            and call.get("Equipment") in (None, label.equipment)
        )

    return call.page(group.labels, "LabelSummaries", lambda label: _summary(group, label), wanted)


def delete_label(call: EquipmentCall) -> Answer:
    """DeleteLabel; models that were trained with the label keep what they learned."""
    group = label_group(call)
    del group.labels[_label(call, group).id]
    group.count -= 1
    return {}


def _label(call: EquipmentCall, group: LabelGroup) -> Label:
    label = group.labels.get(call.parameters["LabelId"])
    if label is None:
        raise not_found(f"The label {call.parameters['LabelId']} does not exist in the label group {group.name}")
    return label


def _summary(group: LabelGroup, label: Label) -> Answer:
    return {
        "LabelGroupName": group.name,
        "LabelGroupArn": group.arn,
        "LabelId": label.id,
        "StartTime": label.start,
        "EndTime": label.end,
        "Rating": label.rating,
        "FaultCode": label.fault_code,
        "Equipment": label.equipment,
        "CreatedAt": label.created_at,
    }


OPERATIONS: dict[str, Operation] = {
    "CreateLabel": create_label,
    "DescribeLabel": describe_label,
    "ListLabels": list_labels,
    "DeleteLabel": delete_label,
}
