"""Many labels out of a file."""

from __future__ import annotations

from typing import Any

from lookout_provider.protocol import digest
from tests.contract.cases.case import Case, options
from tests.contract.cases.label import delete_groups, group, groups, labels, tag_keys
from tests.contract.world import World, versioned

BUCKET = "label-files"
MARK = f"[cdk-lookout:{digest('label-set', '222222222222/us-east-1/plant')[:12]}]"
_FIRST = """\
start,end,rating,fault_code,equipment,notes
2024-01-01T00:00:00Z,2024-01-01T06:00:00Z,ANOMALY,leak,pump 1,a seal broke
2024-01-02T00:00:00Z,2024-01-02T06:00:00Z,NO_ANOMALY,,,
2024-01-03T00:00:00Z,2024-01-03T06:00:00Z,NEUTRAL,wear,,
"""
_SECOND = _FIRST.replace("01-02T", "01-12T").replace("a seal broke", "the upper seal broke")


def file(world: World, content: str, key: str = "labels.csv", version: str | None = None) -> dict[str, Any]:
    """The property `Source` of a file with that *content*, or of a version of it."""
    # An asset's key changes with its content.
    key = f"{digest(content)[:8]}-{key}"
    world.storage.write("", BUCKET, versioned(key, version), content.encode())
    return {"Bucket": BUCKET, "Key": key, **({"VersionId": version} if version else {})}


def label_set(
    world: World, content: str, name: str = "plain-group", version: str | None = None, **more: str
) -> dict[str, Any]:
    source = {"Source": file(world, content, version=version)}
    return {"LabelGroupName": group(world, name), "Options": {**options(**more), **source}}


def _sets(world: World) -> dict[str, Any]:
    """What each lease and each label stands for."""
    found: dict[str, Any] = {}
    for name, arn in groups(world).items():
        for key in tag_keys(world, arn):
            found[f"{name}/{key.removeprefix('cdk-lookout:')}"] = []
        for label in labels(world, name):
            what = f"{name}/label-set" if label["Notes"].endswith(MARK) else f"{name}/{label['LabelId']}"
            seen = [str(label.get(member)) for member in ("StartTime", "Rating", "FaultCode", "Equipment", "Notes")]
            found.setdefault(what, []).append(seen)
    return {what: sorted(seen) for what, seen in found.items()}


def _left_behind(world: World) -> None:
    """The file was to become another one, which had been begun with."""
    name = "plain-group"
    arn = groups(world)[name]
    tags = world.target.list_tags_for_resource(ResourceArn=arn)["Tags"]
    [lease] = [tag["Value"] for tag in tags if tag["Key"] == "cdk-lookout:label-set"]
    stack, holders = lease.partition(" ")[0], lease.rpartition(" holders=")[2]
    world.target.create_label(
        LabelGroupName=name,
        StartTime="2024-01-06T08:00:00Z",
        EndTime="2024-01-06T12:00:00Z",
        Rating="NEUTRAL",
        Notes=MARK,
        ClientToken="left-behind",
    )
    begun = f"{stack} is=0123456701234567 after=0 holders={holders}"
    world.target.tag_resource(ResourceArn=arn, Tags=[{"Key": "cdk-lookout:label-set", "Value": begun}])


LABEL_SET = Case(
    "Custom::LookoutEquipmentLabelSet",
    desired=lambda w: label_set(w, _FIRST),
    changed=lambda w: label_set(w, _SECOND, version="2"),
    replaced=lambda w: label_set(w, _FIRST, "other-group"),
    live=_sets,
    buckets=(BUCKET,),
    remove_parent=delete_groups,
    left_behind=_left_behind,
    calls=(
        "DescribeLabelGroup", "ListTagsForResource", "TagResource", "ListLabels", "CreateLabel", "DescribeLabel",
        "DeleteLabel", "UntagResource",
    ),
    counts={"create": (2, 13), "unchanged": (1, 3), "changed": (2, 17), "delete": (2, 10)},
)  # fmt: skip
