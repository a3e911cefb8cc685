"""Projects of Lookout for Vision."""

from __future__ import annotations

from typing import Any

from tests.contract.cases.case import Case, options
from tests.contract.cases.vision_model import OUTPUT, with_images
from tests.contract.world import World, until

OWNER = {"Key": "cdk-lookout:owner", "Value": "222222222222/us-east-1/plant/Caps5E6F7A8B"}


def _projects(world: World) -> dict[str, Any]:
    return {project["ProjectName"]: project["ProjectArn"] for project in world.vision.list_projects()["Projects"]}


def fill(world: World, project: str, *tags: dict[str, str], hosted: bool = True) -> str:
    """A dataset, and a model that is hosted perhaps; its version."""
    with_images(world, project)
    made = world.vision.create_model(ProjectName=project, OutputConfig=OUTPUT, Tags=list(tags or (OWNER,)))
    key = {"ProjectName": project, "ModelVersion": made["ModelMetadata"]["ModelVersion"]}

    def status() -> str:
        return str(world.vision.describe_model(**key)["ModelDescription"]["Status"])

    until(lambda: status() == "TRAINED")
    if hosted:
        world.vision.start_model(**key, MinInferenceUnits=1)
        until(lambda: status() == "HOSTED")
    world.backend.calls.clear()
    return str(key["ModelVersion"])


def _fill(world: World, physical_id: str) -> None:
    fill(world, physical_id)


VISION_PROJECT = Case(
    "Custom::LookoutVisionProject",
    desired=lambda w: {"Options": options()},
    replaced=None,
    live=_projects,
    by_hand=lambda w: w.vision.create_project(ProjectName="mine"),
    fill=_fill,
    calls=("DescribeProject", "CreateProject", "ListModels", "DeleteProject"),
    counts={"create": (2, 3), "unchanged": (1, 1), "changed": (1, 1), "delete": (2, 4)},
)
