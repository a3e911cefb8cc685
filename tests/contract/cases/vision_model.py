"""Models of Lookout for Vision: versions that are trained."""

from __future__ import annotations

from typing import Any

from tests.contract.cases.case import TAGS, Case, options
from tests.contract.cases.vision_dataset import BUCKET
from tests.contract.world import TARGET_KEY, World, until
from tests.server.services.vision.material import DARK, line, manifest, picture

PROJECT = "bottles"
OUTPUT = {"S3Location": {"Bucket": BUCKET, "Prefix": "out/"}}
HOSTED = ("STARTING_HOSTING", "HOSTED", "STOPPING_HOSTING")


def with_images(world: World, project: str = PROJECT) -> None:
    """A project with a dataset that can be trained with."""
    world.vision_project(project)
    if world.vision.describe_project(ProjectName=project)["ProjectDescription"]["Datasets"]:
        return
    lines = []
    for number in range(30):
        spot = DARK if number >= 20 else None
        world.storage.write("", BUCKET, f"{number:02}.png", picture(spot=spot, shade=number % 3))
        lines.append(line(f"{number:02}.png", "anomaly" if spot else "normal", bucket=BUCKET))
    world.storage.write("", BUCKET, "train.manifest", manifest(lines).encode())
    source = {"GroundTruthManifest": {"S3Object": {"Bucket": BUCKET, "Key": "train.manifest"}}}
    key = {"ProjectName": project, "DatasetType": "train"}
    world.vision.create_dataset(**key, DatasetSource=source)
    until(lambda: world.vision.describe_dataset(**key)["DatasetDescription"]["Status"] == "CREATE_COMPLETE")
    world.backend.calls.clear()


def status(world: World, version: str) -> str:
    """That of a version."""
    key = {"ProjectName": PROJECT, "ModelVersion": version}
    return str(world.vision.describe_model(**key)["ModelDescription"]["Status"])


def trained_by_hand(world: World, count: int = 1) -> None:
    """That many versions of the model, trained outside of any stack, unless they are there."""
    with_images(world)
    for number in range(len(versions(world)) + 1, count + 1):
        world.vision.create_model(ProjectName=PROJECT, OutputConfig=OUTPUT)
        until(lambda version=str(number): status(world, version) == "TRAINED")
    world.backend.calls.clear()


def versions(world: World) -> dict[str, Any]:
    """The status of every version."""
    if PROJECT not in (project["ProjectName"] for project in world.vision.list_projects()["Projects"]):
        return {}
    models = world.vision.list_models(ProjectName=PROJECT)["Models"]
    return {f"{PROJECT}/model/{model['ModelVersion']}": model["Status"] for model in models}


def made(world: World) -> dict[str, Any]:
    """The same less those that are on their way out."""
    spoken = {"TRAINING_FAILED": "FAILED"}
    return {name: spoken.get(found, found) for name, found in versions(world).items() if found != "DELETING"}


def remove_versions(world: World) -> None:
    """Delete the project by hand, with all that is in it."""
    for physical_id, found in versions(world).items():
        version = physical_id.rpartition("/")[2]
        key = {"ProjectName": PROJECT, "ModelVersion": version}
        if found == "HOSTED":
            world.vision.stop_model(**key)
            until(lambda version=version: status(world, version) == "TRAINED")
        world.vision.delete_model(**key)
    until(lambda: not versions(world))
    world.remove_vision_project(PROJECT)


def start_by_hand(world: World, physical_id: str) -> None:
    """Have a version hosted, if it is trained."""
    version = physical_id.rpartition("/")[2]
    if status(world, version) != "TRAINED":
        return
    world.vision.start_model(ProjectName=PROJECT, ModelVersion=version, MinInferenceUnits=1)
    until(lambda: status(world, version) == "HOSTED")


def model(world: World, **more: Any) -> dict[str, Any]:
    """The properties that train a version."""
    with_images(world)
    return {
        "ProjectName": PROJECT,
        "OutputConfig": OUTPUT,
        "Description": "first",
        "Tags": TAGS,
        "Options": options(Keep="1"),
        **more,
    }


VISION_MODEL = Case(
    "Custom::LookoutVisionModel",
    desired=model,
    replaced=lambda w: model(w, Description="second", KmsKeyId=TARGET_KEY),
    live=made,
    remove_parent=remove_versions,
    fill=start_by_hand,
    work="CreateModel",
    waits=True,
    calls=(
        "ListModels", "DescribeModel", "ListTagsForResource", "CreateModel", "TagResource", "UntagResource",
        "DeleteModel",
    ),
    counts={"create": (3, 3), "unchanged": (1, 2), "tags": (2, 5), "delete": (2, 5)},
)  # fmt: skip
