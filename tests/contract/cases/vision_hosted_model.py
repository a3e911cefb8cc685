"""Hosted models of Lookout for Vision."""

from __future__ import annotations

from typing import Any

from tests.contract.cases.case import Case, options
from tests.contract.cases.vision_model import HOSTED, PROJECT, remove_versions, trained_by_hand, versions
from tests.contract.world import World


def hosted(world: World, version: int = 1, units: int = 1, **more: Any) -> dict[str, Any]:
    """The properties that host a version that was trained by hand."""
    trained_by_hand(world, version)
    members = {"ProjectName": PROJECT, "ModelVersion": str(version), "MinInferenceUnits": units}
    return {**members, "Options": options(), **more}


def hosting(world: World) -> dict[str, Any]:
    """The inference units of every version that is hosted, starts or stops."""
    found = {}
    for physical_id, status in versions(world).items():
        if status in HOSTED:
            key = {"ProjectName": PROJECT, "ModelVersion": physical_id.rpartition("/")[2]}
            described = world.vision.describe_model(**key)["ModelDescription"]
            found[f"{physical_id}/hosting"] = described.get("MinInferenceUnits"), described.get("MaxInferenceUnits")
    return found


VISION_HOSTED_MODEL = Case(
    "Custom::LookoutVisionHostedModel",
    desired=hosted,
    changed=lambda w: hosted(w, units=2, MaxInferenceUnits=3),
    replaced=lambda w: hosted(w, version=2),
    live=hosting,
    remove_parent=remove_versions,
    work="StartModel",
    waits=True,
    calls=("DescribeModel", "ListTagsForResource", "TagResource", "StartModel", "StopModel", "UntagResource"),
    counts={"create": (2, 8), "unchanged": (1, 2), "changed": (3, 10), "delete": (3, 6)},
)
