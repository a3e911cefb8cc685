"""Models: imported, and trained."""

from __future__ import annotations

import json
from typing import Any

from tests.contract.cases.case import LABELS, TAGS, Case, imported_version, options
from tests.contract.world import SCHEMA, TARGET_KEY, World


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
    counts={"create": (3, 4), "unchanged": (1, 3), "tags": (2, 7), "delete": (2, 5)},
)  # fmt: skip


def trained(**more: Any) -> dict[str, Any]:
    """The properties that train a model with the data that the target account has."""
    return {
        "DatasetName": "plain-dataset",
        "DatasetSchema": {"InlineDataSchema": json.dumps(SCHEMA)},
        "TrainingDataStartTime": "2024-01-01T01:00:00+01:00",
        "TrainingDataEndTime": "2024-01-20T00:00:00Z",
        "EvaluationDataStartTime": "2024-01-20T00:00:00Z",
        "EvaluationDataEndTime": "2024-01-28T00:00:00Z",
        "DataPreProcessingConfiguration": {"TargetSamplingRate": "PT1H"},
        "OffCondition": "pump\\pressure < 0.5",
        "Tags": TAGS,
        "Options": options(),
        **more,
    }


def _retold(world: World) -> dict[str, Any]:
    """With labels out of a group, and diagnostics."""
    if not world.target.list_label_groups(LabelGroupNameBeginsWith="faults")["LabelGroupSummaries"]:
        world.target.create_label_group(LabelGroupName="faults", ClientToken="faults")
    return trained(
        LabelsInputConfiguration={"LabelGroupName": "faults"},
        ModelDiagnosticsOutputConfiguration={"S3OutputConfiguration": {"Bucket": "diagnostics"}},
        RoleArn=LABELS["RoleArn"],
    )


TRAINED_MODEL = Case(
    "Custom::LookoutEquipmentModel",
    name="TrainedModel",
    work="CreateModel",
    waits=True,
    desired=lambda w: trained(),
    changed=_retold,
    replaced=lambda w: trained(TrainingDataStartTime="2024-01-02T00:00:00Z", ServerSideKmsKeyId=TARGET_KEY),
    live=_models,
    calls=(
        "DescribeModelVersion", "DescribeModel", "ListTagsForResource", "CreateModel", "UpdateModel",
        "TagResource", "UntagResource", "DeleteModel",
    ),
    counts={"create": (3, 4), "unchanged": (1, 3), "tags": (2, 7), "delete": (2, 5)},
)  # fmt: skip
