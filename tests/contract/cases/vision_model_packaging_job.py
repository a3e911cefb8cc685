"""Model packaging jobs of Lookout for Vision."""

from __future__ import annotations

from typing import Any

from tests.contract.cases.case import Case, options
from tests.contract.cases.vision_dataset import BUCKET
from tests.contract.cases.vision_model import PROJECT, trained_by_hand
from tests.contract.world import World


def packaging(world: World, component_version: str = "1.0.0", **more: Any) -> dict[str, Any]:
    """The properties that package a version that was trained by hand."""
    trained_by_hand(world)
    greengrass = {
        "TargetDevice": "jetson_xavier",
        "S3OutputLocation": {"Bucket": BUCKET, "Prefix": "components"},
        "ComponentName": "bottles.inspection",
        "ComponentVersion": component_version,
        "Tags": [{"Key": "team", "Value": "bottles"}],
    }
    members = {"ProjectName": PROJECT, "ModelVersion": "1", "Configuration": {"Greengrass": greengrass}}
    return {**members, "Description": "for the line", "Options": options(), **more}


def jobs(world: World) -> dict[str, Any]:
    """The status of every job."""
    found = world.vision.list_model_packaging_jobs(ProjectName=PROJECT)["ModelPackagingJobs"]
    return {f"{PROJECT}/model-packaging-job/{job['JobName']}": job["Status"] for job in found}


VISION_MODEL_PACKAGING_JOB = Case(
    "Custom::LookoutVisionModelPackagingJob",
    desired=packaging,
    replaced=lambda w: packaging(w, "1.0.1"),
    live=jobs,
    work="StartModelPackagingJob",
    states=2,
    waits=True,
    calls=("ListModelPackagingJobs", "StartModelPackagingJob", "DescribeModelPackagingJob"),
    counts={"create": (3, 3), "unchanged": (1, 1), "changed": (1, 1), "delete": (1, 0)},
)
