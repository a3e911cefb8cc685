"""Versions that are imported into a model."""

from __future__ import annotations

from typing import Any

from tests.contract.cases.case import LABELS, Case, delete_plain_model, imported_version, plain_model_exists
from tests.contract.world import TARGET_KEY, World


def _versions(world: World) -> dict[str, Any]:
    if not plain_model_exists(world):
        return {}
    found = world.target.list_model_versions(ModelName="plain-model")["ModelVersionSummaries"]
    return {
        f"plain-model/model-version/{item['ModelVersion']}": item["Status"]
        for item in found
        if item["ModelVersion"] > 1
    }


MODEL_VERSION = Case(
    "Custom::LookoutEquipmentModelVersion",
    work="ImportModelVersion",
    waits=True,
    desired=lambda w: imported_version(w, 2),
    replaced=lambda w: imported_version(w, 3, ServerSideKmsKeyId=TARGET_KEY, **LABELS),
    live=_versions,
    remove_parent=delete_plain_model,
    calls=(
        "DescribeModel", "ListModelVersions", "DescribeModelVersion", "ListTagsForResource", "ImportModelVersion",
        "TagResource", "UntagResource",
    ),
    counts={"create": (3, 6), "unchanged": (1, 2), "tags": (2, 5), "delete": (1, 0)},
)  # fmt: skip
