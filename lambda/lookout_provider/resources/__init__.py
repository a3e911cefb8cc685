"""The resource types. A class here holds only what is particular to its type; the lifecycle is written once."""

from __future__ import annotations

import importlib

from lookout_provider.protocol import Request
from lookout_provider.resources.base import Resource

#: The resource type's name in the template -> the module and class that manage it, imported when first met.
TYPES = {
    "Custom::LookoutEquipmentDataset": "dataset:Dataset",
    "Custom::LookoutEquipmentDataIngestion": "data_ingestion:DataIngestion",
    "Custom::LookoutEquipmentModel": "model:Model",
    "Custom::LookoutEquipmentModelVersion": "model_version:ModelVersion",
    "Custom::LookoutEquipmentActiveModelVersion": "active_model_version:ActiveModelVersion",
    "Custom::LookoutEquipmentLatestModelVersion": "latest_model_version:LatestModelVersion",
    "Custom::LookoutEquipmentResourcePolicy": "resource_policy:ResourcePolicy",
    "Custom::LookoutEquipmentInferenceScheduler": "inference_scheduler:InferenceScheduler",
    "Custom::LookoutEquipmentRetrainingScheduler": "retraining_scheduler:RetrainingScheduler",
    "Custom::LookoutEquipmentLabelGroup": "label_group:LabelGroup",
    "Custom::LookoutEquipmentLabel": "label:Label",
    "Custom::LookoutEquipmentLabelSet": "label_set:LabelSet",
    "Custom::LookoutVisionProject": "vision.project:Project",
    "Custom::LookoutVisionDataset": "vision.dataset:Dataset",
    "Custom::LookoutVisionModel": "vision.model:Model",
    "Custom::LookoutVisionHostedModel": "vision.hosted_model:HostedModel",
    "Custom::LookoutVisionModelPackagingJob": "vision.model_packaging_job:ModelPackagingJob",
    "Custom::LookoutWait": "wait:Wait",
}


def type_of(name: str) -> type[Resource]:
    """The class that manages resources of the type *name*."""
    module, _, class_name = TYPES[name].partition(":")
    found: type[Resource] = getattr(importlib.import_module(f"{__name__}.{module}"), class_name)
    return found


def resource_for(request: Request) -> Resource:
    """The resource that *request* is about."""
    return type_of(request.resource_type)(request)
