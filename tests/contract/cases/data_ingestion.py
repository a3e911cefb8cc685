"""Ingestions into a dataset."""

from __future__ import annotations

from typing import Any

from lookout_provider.identity import fingerprint
from tests.contract.cases.case import Case, options
from tests.contract.world import World

ROLE = "arn:aws:iam::222222222222:role/data"


def _jobs(world: World) -> dict[str, Any]:
    """The jobs by the ids that they have without a trigger."""
    found: dict[str, Any] = {}
    for job in world.target.list_data_ingestion_jobs(DatasetName="plain-dataset")["DataIngestionJobSummaries"]:
        if "IngestionInputConfiguration" in job:
            inputs = {name: job[name] for name in ("DatasetName", "IngestionInputConfiguration")} | {"Trigger": ""}
            found[f"plain-dataset/data-ingestion/{job['JobId']}/{fingerprint(inputs, inputs)}"] = job["Status"]
    return found


def _ingestion(**location: str) -> dict[str, Any]:
    return {
        "DatasetName": "plain-dataset",
        "IngestionInputConfiguration": {
            "S3InputConfiguration": {"Bucket": "sensors", "Prefix": "data/", **location},
        },
        "RoleArn": ROLE,
        "Options": options(),
    }


DATA_INGESTION = Case(
    "Custom::LookoutEquipmentDataIngestion",
    desired=lambda w: _ingestion(),
    replaced=lambda w: _ingestion(KeyPattern="{prefix}/{component_name}/*"),
    changed=lambda w: _ingestion() | {"RoleArn": "arn:aws:iam::222222222222:role/other"},
    live=_jobs,
    buckets=("sensors",),
    calls=("StartDataIngestionJob", "DescribeDataIngestionJob"),
    counts={"create": (3, 2), "unchanged": (1, 1), "changed": (1, 1), "delete": (1, 0)},
    work="StartDataIngestionJob",
    waits=True,
)
