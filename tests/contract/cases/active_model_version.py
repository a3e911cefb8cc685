"""Which version of a model is active."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.contract.cases.case import Case, delete_plain_model, options
from tests.contract.world import World


def _active(world: World) -> dict[str, Any]:
    """An activation exists as long as it is not the one that was there before."""
    found = {}
    for item in world.target.list_models()["ModelSummaries"]:
        name, version = item["ModelName"], item.get("ActiveModelVersion")
        if name in ("plain-model", "other-model") and version != 1:
            found[f"{name}/active-model-version/1"] = version
    return found


def _activation(world: World, version: int) -> dict[str, Any]:
    summaries = world.target.list_model_versions(ModelName="plain-model")["ModelVersionSummaries"]
    numbers = [item["ModelVersion"] for item in summaries]
    for number in (2, 3):
        if number not in numbers:
            world.add_version("plain-model", number)
    return {"ModelName": "plain-model", "ModelVersion": version, "Options": options()}


def _other_activation(world: World) -> dict[str, Any]:
    if not world.target.list_models(ModelNameBeginsWith="other-model")["ModelSummaries"]:
        world.imported("other-dataset", "other-model")
        world.add_version("other-model", 2)
    return {"ModelName": "other-model", "ModelVersion": 2, "Options": options()}


ACTIVE_MODEL_VERSION = Case(
    "Custom::LookoutEquipmentActiveModelVersion",
    desired=lambda w: _activation(w, 2),
    changed=lambda w: _activation(w, 3),
    replaced=_other_activation,
    live=_active,
    remove_parent=delete_plain_model,
    calls=(
        "DescribeModel", "DescribeModelVersion", "ListTagsForResource", "TagResource", "UpdateActiveModelVersion",
        "UntagResource",
    ),
    counts={"create": (2, 9), "unchanged": (1, 2), "changed": (2, 9), "delete": (2, 5)},
)  # fmt: skip


def _gated(world: World, version: int) -> dict[str, Any]:
    """With a gate that every version of the world passes."""
    gate = [{"Member": "UnknownEvents", "AtMost": "1000"}]
    return {**_activation(world, version), "Options": {**options(), "Gate": gate}}


GATED_ACTIVE_MODEL_VERSION = replace(
    ACTIVE_MODEL_VERSION,
    name="GatedActiveModelVersion",
    desired=lambda w: _gated(w, 2),
    changed=lambda w: _gated(w, 3),
    counts={"create": (2, 12), "unchanged": (1, 3), "changed": (2, 13), "delete": (2, 6)},
)
