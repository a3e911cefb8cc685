"""Datasets: created, and imported."""

from __future__ import annotations

import json
from typing import Any

from tests.contract.cases.case import TAGS, Case, options
from tests.contract.world import SCHEMA, TARGET_KEY, World


def _schema(sensor: str) -> dict[str, str]:
    return {"InlineDataSchema": json.dumps(SCHEMA).replace("pressure", sensor)}


def _datasets(world: World) -> dict[str, Any]:
    found = world.target.list_datasets()["DatasetSummaries"]
    return {item["DatasetName"]: item["Status"] for item in found if item["DatasetName"] != "plain-dataset"}


DATASET = Case(
    "Custom::LookoutEquipmentDataset",
    desired=lambda w: {"DatasetSchema": _schema("pressure"), "Tags": TAGS, "Options": options()},
    replaced=lambda w: {
        "DatasetSchema": _schema("flow"),
        "ServerSideKmsKeyId": TARGET_KEY,
        "Tags": TAGS,
        "Options": options(),
    },
    live=_datasets,
    by_hand=lambda w: w.target.create_dataset(
        DatasetName="mine", DatasetSchema=_schema("pressure"), ClientToken="by-hand"
    ),
    calls=("DescribeDataset", "ListTagsForResource", "CreateDataset", "TagResource", "UntagResource", "DeleteDataset"),
    counts={"create": (2, 3), "unchanged": (1, 2), "tags": (2, 5), "delete": (2, 4)},
)
IMPORTED_DATASET = Case(
    "Custom::LookoutEquipmentDataset",
    name="ImportedDataset",
    work="ImportDataset",
    waits=True,
    desired=lambda w: {"SourceDatasetArn": w.dataset, "Tags": TAGS, "Options": options()},
    replaced=lambda w: {"SourceDatasetArn": w.other_dataset, "Tags": TAGS, "Options": options()},
    live=_datasets,
    by_hand=lambda w: w.imported("mine", "model-of-mine"),
    calls=(
        "DescribeDataset", "ListTagsForResource", "ImportDataset", "ListDataIngestionJobs",
        "DescribeDataIngestionJob", "TagResource", "UntagResource", "DeleteDataset",
    ),
    counts={"create": (3, 5), "unchanged": (1, 4), "tags": (2, 9), "delete": (2, 6)},
)  # fmt: skip
