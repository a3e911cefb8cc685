"""Label groups."""

from __future__ import annotations

from typing import Any

from tests.contract.cases.case import TAGS, Case, options
from tests.contract.world import World


def _groups(world: World) -> dict[str, Any]:
    names = [item["LabelGroupName"] for item in world.target.list_label_groups()["LabelGroupSummaries"]]
    return {name: world.target.describe_label_group(LabelGroupName=name)["FaultCodes"] for name in names}


LABEL_GROUP = Case(
    "Custom::LookoutEquipmentLabelGroup",
    desired=lambda w: {"FaultCodes": ["leak", "wear"], "Tags": TAGS, "Options": options()},
    changed=lambda w: {"FaultCodes": ["leak", "noise"], "Tags": TAGS, "Options": options()},
    # Nothing but its name cannot change in place.
    replaced=None,
    live=_groups,
    by_hand=lambda w: w.target.create_label_group(LabelGroupName="mine", FaultCodes=["leak"], ClientToken="by-hand"),
    calls=(
        "DescribeLabelGroup", "ListTagsForResource", "CreateLabelGroup", "UpdateLabelGroup", "TagResource",
        "UntagResource", "DeleteLabelGroup",
    ),
    counts={"create": (2, 3), "unchanged": (1, 2), "tags": (2, 5), "delete": (2, 4)},
)  # fmt: skip
