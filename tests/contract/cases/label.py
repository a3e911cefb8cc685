"""Single labels."""

from __future__ import annotations

from typing import Any

from lookout_files.label_rows import Row
from lookout_provider.protocol import digest
from tests.contract.cases.case import Case, options
from tests.contract.world import World

OWNER = "222222222222/us-east-1/plant/Pumps1A2B3C4D"
_SEEN = ("StartTime", "EndTime", "Rating", "FaultCode", "Equipment", "Notes")


def group(world: World, name: str = "plain-group") -> str:
    """A label group that somebody made by hand."""
    if not world.target.list_label_groups(LabelGroupNameBeginsWith=name)["LabelGroupSummaries"]:
        world.target.create_label_group(LabelGroupName=name, FaultCodes=["leak", "wear"], ClientToken=name)
    return name


def groups(world: World) -> dict[str, str]:
    """The names of all label groups, with their ARNs."""
    found = world.target.list_label_groups()["LabelGroupSummaries"]
    return {item["LabelGroupName"]: item["LabelGroupArn"] for item in found}


def tag_keys(world: World, arn: str) -> list[str]:
    return [tag["Key"] for tag in world.target.list_tags_for_resource(ResourceArn=arn)["Tags"]]


def labels(world: World, name: str) -> list[dict[str, Any]]:
    """Every label of a group, with its notes."""
    found: list[dict[str, Any]] = []
    page: dict[str, Any] = {"NextToken": None}
    while "NextToken" in page:
        more = {"NextToken": page["NextToken"]} if page["NextToken"] else {}
        page = world.target.list_labels(LabelGroupName=name, MaxResults=500, **more)
        found += page["LabelSummaries"]
    return [world.target.describe_label(LabelGroupName=name, LabelId=item["LabelId"]) for item in found]


def delete_groups(world: World) -> None:
    world.backend.settings.label_group_deletion_blocked_by_labels = False
    for name in groups(world):
        world.target.delete_label_group(LabelGroupName=name)


def _labels(world: World) -> dict[str, Any]:
    """What each mark and each tag stands for; a tag without a label is not nothing either."""
    found: dict[str, Any] = {}
    for name, arn in groups(world).items():
        for key in tag_keys(world, arn):
            found[f"{name}/{key.removeprefix('cdk-lookout:')}"] = []
        for label in labels(world, name):
            digits = label["Notes"].rpartition("[cdk-lookout:")[2].rstrip("]")
            found.setdefault(f"{name}/label/{digits}", []).append({item: label.get(item) for item in _SEEN})
    return found


def _label(name: str, **more: str) -> dict[str, Any]:
    return {
        "LabelGroupName": name,
        "StartTime": "2024-01-05T08:00:00Z",
        "EndTime": "2024-01-05T12:00:00+02:00",
        "Rating": "ANOMALY",
        "Options": options(),
        **more,
    }


def _left_behind(world: World) -> None:
    """The next label was noted and made; then the invocation died."""
    name, digits = "plain-group", digest(OWNER)[:12]
    key = f"cdk-lookout:label/{digits}"
    arn = groups(world)[name]
    [note] = [tag["Value"] for tag in world.target.list_tags_for_resource(ResourceArn=arn)["Tags"] if tag["Key"] == key]
    row = Row("2024-01-06T08:00:00+00:00", "2024-01-06T12:00:00+00:00", "NEUTRAL")
    world.target.create_label(
        LabelGroupName=name,
        StartTime=row.start,
        EndTime=row.end,
        Rating=row.rating,
        Notes=f"[cdk-lookout:{digits}]",
        ClientToken="left-behind",
    )
    making = row.key[:8]
    world.target.tag_resource(ResourceArn=arn, Tags=[{"Key": key, "Value": f"{note} making={making}"}])


LABEL = Case(
    "Custom::LookoutEquipmentLabel",
    desired=lambda w: _label(group(w), FaultCode="leak", Equipment="pump 1", Notes="a seal broke"),
    changed=lambda w: _label(group(w), Rating="NO_ANOMALY"),
    replaced=lambda w: _label(group(w, "other-group"), FaultCode="wear"),
    live=_labels,
    remove_parent=delete_groups,
    left_behind=_left_behind,
    calls=(
        "DescribeLabelGroup", "ListTagsForResource", "TagResource", "CreateLabel", "DescribeLabel", "DeleteLabel",
        "UntagResource",
    ),
    counts={"create": (2, 10), "unchanged": (1, 3), "changed": (2, 13), "delete": (2, 5)},
)  # fmt: skip
