"""A look for the newest version of a model."""

from __future__ import annotations

from typing import Any

from tests.contract.cases.case import Case, delete_plain_model, options
from tests.contract.world import World

_ANY_QUALITY = ["QUALITY_THRESHOLD_MET", "CANNOT_DETERMINE_QUALITY", "POOR_QUALITY_DETECTED"]


def _latest(**more: Any) -> dict[str, Any]:
    gate = [{"Member": "ModelQuality", "OneOf": _ANY_QUALITY}]
    return {"ModelName": "plain-model", "Options": {**options(Trigger="monday"), "Gate": gate}, **more}


def _versions(world: World) -> dict[str, Any]:
    """What it looks at, and leaves as it is."""
    found = world.target.list_model_versions(ModelName="plain-model")["ModelVersionSummaries"]
    return {f"plain-model/model-version/{item['ModelVersion']}": item["Status"] for item in found}


LATEST_MODEL_VERSION = Case(
    "Custom::LookoutEquipmentLatestModelVersion",
    desired=lambda w: _latest(),
    replaced=lambda w: _latest(SourceType="IMPORT", CreatedAtStartTime="2020-01-01T00:00:00Z", MaxModelVersion=7),
    live=_versions,
    remove_parent=delete_plain_model,
    calls=("ListModelVersions", "DescribeModelVersion"),
    counts={"create": (1, 2), "unchanged": (1, 1), "changed": (1, 1), "delete": (1, 0)},
)
