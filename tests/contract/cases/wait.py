"""A link of a relay, waiting for a model that is imported."""

from __future__ import annotations

from typing import Any

from lookout_provider.resources import type_of
from tests.contract.cases.case import Case, options
from tests.contract.world import World, until


def _waiting(world: World, target: str) -> dict[str, Any]:
    if not world.target.list_models(ModelNameBeginsWith=target)["ModelSummaries"]:
        world.target.import_model_version(
            SourceModelVersionArn=world.version(1),
            ModelName=target,
            DatasetName="plain-dataset",
            InferenceDataImportStrategy="NO_IMPORT",
            ClientToken=target,
        )
    more = {"TargetType": "Custom::LookoutEquipmentModel", "Target": target, "WaitSeconds": "3300", "Last": "true"}
    return {"Options": options(**more)}


def _delete_target(world: World) -> None:
    until(lambda: world.status(world.target, "awaited", 1) == "SUCCESS")
    world.target.delete_model(ModelName="awaited")


WAIT = Case(
    "Custom::LookoutWait",
    policy="LookoutEquipmentModel",
    waits=True,
    desired=lambda w: _waiting(w, "awaited"),
    changed=lambda w: _waiting(w, "another"),
    replaced=None,
    live=lambda w: {},
    remove_parent=_delete_target,
    answered=(*type_of("Custom::LookoutEquipmentModel").attributes, "PhysicalId"),
    calls=("DescribeModelVersion", "DescribeModel"),
    counts={"create": (1, 2), "unchanged": (1, 2), "changed": (1, 2), "delete": (1, 2)},
)
