"""The resource types. A class here holds only what is particular to its type; the lifecycle is written once."""

from __future__ import annotations

import importlib

from lookout_provider.protocol import Request
from lookout_provider.resources.base import Resource

#: The resource type's name in the template -> the module and class that manage it, imported when first met.
TYPES = {
    "Custom::LookoutEquipmentDataset": "dataset:Dataset",
    "Custom::LookoutEquipmentModel": "model:Model",
    "Custom::LookoutEquipmentModelVersion": "model_version:ModelVersion",
    "Custom::LookoutEquipmentActiveModelVersion": "active_model_version:ActiveModelVersion",
    "Custom::LookoutEquipmentResourcePolicy": "resource_policy:ResourcePolicy",
}


def resource_for(request: Request) -> Resource:
    """The resource that *request* is about."""
    module, _, name = TYPES[request.resource_type].partition(":")
    resource: type[Resource] = getattr(importlib.import_module(f"{__name__}.{module}"), name)
    return resource(request)
