"""Models: imported."""

from __future__ import annotations

from typing import Any

from tests.contract.cases.case import LABELS, Case, imported_version
from tests.contract.world import TARGET_KEY, World


def _models(world: World) -> dict[str, Any]:
    found = world.target.list_models()["ModelSummaries"]
    return {item["ModelName"]: item.get("ActiveModelVersion") for item in found if item["ModelName"] != "plain-model"}


def _imported(world: World, number: int, **more: Any) -> dict[str, Any]:
    properties = imported_version(world, number, **more)
    if "ModelName" not in more:
        del properties["ModelName"]
    return properties


IMPORTED_MODEL = Case(
    "Custom::LookoutEquipmentModel",
    work="ImportModelVersion",
    waits=True,
    desired=lambda w: _imported(w, 1),
    changed=lambda w: _imported(w, 1, **LABELS),
    replaced=lambda w: _imported(w, 2, ServerSideKmsKeyId=TARGET_KEY),
    live=_models,
    calls=(
        "DescribeModelVersion", "DescribeModel", "ListTagsForResource", "ImportModelVersion", "UpdateModel",
        "TagResource", "UntagResource", "DeleteModel",
    ),
    counts={"create": (2, 4), "unchanged": (1, 3), "tags": (1, 4), "delete": (1, 5)},
)  # fmt: skip
