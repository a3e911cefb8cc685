"""One case per resource type: what the contract suite needs to know to play it. Its traits are the type's own."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lookout_provider import resources
from lookout_provider.resources.base import Attached
from lookout_provider.resources.base import Resource as Type
from tests.contract.world import SCHEMA, SOURCE, TARGET_KEY, World

Properties = Mapping[str, Any]
LABELS = {
    "LabelsInputConfiguration": {"S3InputConfiguration": {"Bucket": "labels", "Prefix": "all/"}},
    "RoleArn": "arn:aws:iam::222222222222:role/labels",
}
TAGS = [{"Key": "team", "Value": "pumps"}]


@dataclass(frozen=True)
class Case:
    """How one resource type is played."""

    type: str
    #: The desired state.
    desired: Callable[[World], dict[str, Any]]
    #: The same construct with a create-only property changed.
    replaced: Callable[[World], dict[str, Any]]
    #: What of the type exists in the target account: physical id -> what it is like.
    live: Callable[[World], dict[str, Any]]
    #: The same with an updatable property changed, beside its tags.
    changed: Callable[[World], dict[str, Any]] | None = None
    #: Remove what a Describe of it would need.
    remove_parent: Callable[[World], None] | None = None
    #: Make the same thing by hand, under the name that the desired state has when it names one.
    by_hand: Callable[[World], None] | None = None
    #: The API calls of its whole life, whose faults it must survive.
    calls: tuple[str, ...] = ()

    @property
    def traits(self) -> type[Type]:
        module, _, name = resources.TYPES[self.type].partition(":")
        found: type[Type] = getattr(__import__(f"lookout_provider.resources.{module}", fromlist=[name]), name)
        return found

    @property
    def attached(self) -> bool:
        return issubclass(self.traits, Attached)

    def __str__(self) -> str:
        return self.type.removeprefix("Custom::LookoutEquipment")


def _options(**more: str) -> dict[str, str]:
    return {"Name": "Pumps", "Attributes": "1", "RemovalPolicy": "destroy", **more}


def _schema(sensor: str) -> dict[str, str]:
    return {"InlineDataSchema": json.dumps(SCHEMA).replace("pressure", sensor)}


def _datasets(world: World) -> dict[str, Any]:
    found = world.target.list_datasets()["DatasetSummaries"]
    return {item["DatasetName"]: item["Status"] for item in found if item["DatasetName"] != "plain-dataset"}


def _models(world: World) -> dict[str, Any]:
    found = world.target.list_models()["ModelSummaries"]
    return {item["ModelName"]: item.get("ActiveModelVersion") for item in found if item["ModelName"] != "plain-model"}


def _versions(world: World) -> dict[str, Any]:
    if not _exists(world):
        return {}
    found = world.target.list_model_versions(ModelName="plain-model")["ModelVersionSummaries"]
    return {
        f"plain-model/model-version/{item['ModelVersion']}": item["Status"]
        for item in found
        if item["ModelVersion"] > 1
    }


def _exists(world: World) -> bool:
    return bool(world.target.list_models(ModelNameBeginsWith="plain-model")["ModelSummaries"])


def _active(world: World) -> dict[str, Any]:
    """An activation exists as long as it is not the one that was there before."""
    if not _exists(world):
        return {}
    version = world.target.describe_model(ModelName="plain-model")["ActiveModelVersion"]
    return {"plain-model/active-model-version/1": version} if version != 1 else {}


def _arn(world: World, kind: str = "model") -> str:
    if kind == "model":
        return str(world.target.describe_model(ModelName="plain-model")["ModelArn"])
    return str(world.target.describe_dataset(DatasetName="plain-dataset")["DatasetArn"])


def _policy(arn: str, action: str, account: str = SOURCE) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": [f"lookoutequipment:{action}"],
        "Resource": arn,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _policies(world: World) -> dict[str, Any]:
    found: dict[str, Any] = {}
    arns = [_arn(world, "dataset"), *([_arn(world)] if _exists(world) else [])]
    for arn in arns:
        try:
            found[arn] = world.target.describe_resource_policy(ResourceArn=arn)["ResourcePolicy"]
        except world.target.exceptions.ResourceNotFoundException:
            continue
    return found


def _delete_model(world: World) -> None:
    world.target.delete_model(ModelName="plain-model")


def _version(world: World, number: int, **more: Any) -> dict[str, Any]:
    return {
        "ModelName": "plain-model",
        "SourceModelVersionArn": world.version(number),
        "DatasetName": "plain-dataset",
        "InferenceDataImportStrategy": "NO_IMPORT",
        "Tags": TAGS,
        "Options": _options(),
        **more,
    }


def _model(world: World, number: int, **more: Any) -> dict[str, Any]:
    properties = _version(world, number, **more)
    if "ModelName" not in more:
        del properties["ModelName"]
    return properties


def _activation(world: World, version: int) -> dict[str, Any]:
    numbers = [item["ModelVersion"] for item in _summaries(world)]
    for number in (2, 3):
        if number not in numbers:
            world.add_version("plain-model", number)
    return {"ModelName": "plain-model", "ModelVersion": version, "Options": _options()}


def _summaries(world: World) -> list[dict[str, Any]]:
    return list(world.target.list_model_versions(ModelName="plain-model")["ModelVersionSummaries"])


def _other_activation(world: World) -> dict[str, Any]:
    if not world.target.list_models(ModelNameBeginsWith="other-model")["ModelSummaries"]:
        world.imported("other-dataset", "other-model")
        world.add_version("other-model", 2)
    return {"ModelName": "other-model", "ModelVersion": 2, "Options": _options()}


DATASET = Case(
    "Custom::LookoutEquipmentDataset",
    desired=lambda w: {"DatasetSchema": _schema("pressure"), "Tags": TAGS, "Options": _options()},
    replaced=lambda w: {
        "DatasetSchema": _schema("flow"),
        "ServerSideKmsKeyId": TARGET_KEY,
        "Tags": TAGS,
        "Options": _options(),
    },
    live=_datasets,
    by_hand=lambda w: w.target.create_dataset(
        DatasetName="mine", DatasetSchema=_schema("pressure"), ClientToken="by-hand"
    ),
    calls=("DescribeDataset", "ListTagsForResource", "CreateDataset", "TagResource", "UntagResource", "DeleteDataset"),
)
IMPORTED_DATASET = Case(
    "Custom::LookoutEquipmentDataset",
    desired=lambda w: {"SourceDatasetArn": w.dataset, "Tags": TAGS, "Options": _options()},
    replaced=lambda w: {"SourceDatasetArn": w.other_dataset, "Tags": TAGS, "Options": _options()},
    live=_datasets,
    by_hand=lambda w: w.imported("mine", "model-of-mine"),
    calls=(
        "DescribeDataset", "ListTagsForResource", "ImportDataset", "ListDataIngestionJobs",
        "DescribeDataIngestionJob", "TagResource", "UntagResource", "DeleteDataset",
    ),
)  # fmt: skip
MODEL = Case(
    "Custom::LookoutEquipmentModel",
    desired=lambda w: _model(w, 1),
    changed=lambda w: _model(w, 1, **LABELS),
    replaced=lambda w: _model(w, 2, ServerSideKmsKeyId=TARGET_KEY),
    live=_models,
    calls=(
        "DescribeModelVersion", "DescribeModel", "ListTagsForResource", "ImportModelVersion", "UpdateModel",
        "TagResource", "UntagResource", "DeleteModel",
    ),
)  # fmt: skip
MODEL_VERSION = Case(
    "Custom::LookoutEquipmentModelVersion",
    desired=lambda w: _version(w, 2),
    replaced=lambda w: _version(w, 3, ServerSideKmsKeyId=TARGET_KEY, **LABELS),
    live=_versions,
    remove_parent=_delete_model,
    calls=(
        "DescribeModel", "ListModelVersions", "DescribeModelVersion", "ListTagsForResource", "ImportModelVersion",
        "TagResource", "UntagResource",
    ),
)  # fmt: skip
ACTIVE_MODEL_VERSION = Case(
    "Custom::LookoutEquipmentActiveModelVersion",
    desired=lambda w: _activation(w, 2),
    changed=lambda w: _activation(w, 3),
    replaced=_other_activation,
    live=_active,
    remove_parent=_delete_model,
    calls=(
        "DescribeModel", "DescribeModelVersion", "ListTagsForResource", "TagResource", "UpdateActiveModelVersion",
        "UntagResource",
    ),
)  # fmt: skip
RESOURCE_POLICY = Case(
    "Custom::LookoutEquipmentResourcePolicy",
    desired=lambda w: {
        "ResourceArn": _arn(w),
        "ResourcePolicy": _policy(_arn(w), "ImportModelVersion"),
        "Options": _options(),
    },
    changed=lambda w: {
        "ResourceArn": _arn(w),
        "ResourcePolicy": _policy(_arn(w), "ImportModelVersion", "333333333333"),
        "Options": _options(),
    },
    replaced=lambda w: {
        "ResourceArn": _arn(w, "dataset"),
        "ResourcePolicy": _policy(_arn(w, "dataset"), "ImportDataset"),
        "Options": _options(),
    },
    live=_policies,
    remove_parent=_delete_model,
    calls=(
        "DescribeResourcePolicy", "ListTagsForResource", "TagResource", "PutResourcePolicy", "DeleteResourcePolicy",
        "UntagResource",
    ),
)  # fmt: skip

CASES = [DATASET, IMPORTED_DATASET, MODEL, MODEL_VERSION, ACTIVE_MODEL_VERSION, RESOURCE_POLICY]


def name_of(case: Case) -> str:
    return "ImportedDataset" if case is IMPORTED_DATASET else str(case)
