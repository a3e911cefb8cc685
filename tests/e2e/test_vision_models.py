"""Models of Lookout for Vision, trained, hosted and packaged by CloudFormation under the policies as they are."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3

from cdk_lookout import Wait, vision
from lookout_local import DeploymentFailed
from tests.e2e.conftest import PLANT, Plant
from tests.server.services.vision.material import DARK, picture

BUCKET = "bottle-pictures"
DESTROY = cdk.RemovalPolicy.DESTROY


def define(stack: cdk.Stack, trigger: str = "1", units: int = 1, min_f1: float = 0.5) -> None:
    """A model that is trained with folders of images, hosted in the office hours of every day, and packaged."""
    files = s3.Bucket.from_bucket_name(stack, "Files", BUCKET)
    bottles = vision.Project(stack, "Bottles", removal_policy=DESTROY)
    vision.Dataset(
        stack,
        "Train",
        project=bottles,
        dataset_type=vision.DatasetType.TRAIN,
        source=vision.DatasetSource.images(files, "good/", "bad/"),
    )
    model = vision.Model(
        stack,
        "Inspection",
        project=bottles,
        output_bucket=files,
        output_prefix="results/",
        trigger=trigger,
        gate=vision.QualityGate(min_f1=min_f1),
        removal_policy=DESTROY,
        wait=Wait.until_ready(timeout=cdk.Duration.hours(2)),
    )
    hosted = vision.HostedModel(stack, "Hosted", model=model, min_inference_units=units)
    vision.HostingHours(stack, "Hours", hosted_model=hosted, start="00:00", stop="00:00", days=list(vision.DayOfWeek))
    component = vision.ModelPackagingJob(
        stack,
        "Component",
        model=model,
        target=vision.PackagingTarget.jetson_xavier(),
        component_name=stack.stack_name,
        output_bucket=files,
        output_prefix="components/",
    )
    cdk.CfnOutput(stack, "Version", value=model.model_version)
    cdk.CfnOutput(stack, "F1", value=model.f1_score)
    cdk.CfnOutput(stack, "Component1", value=component.component_version)


class Inspection:
    """The service, as it is in the plant's account."""

    def __init__(self, plant: Plant) -> None:
        self.plant = plant
        self.storage = plant.cloud.client("s3", account=PLANT)
        self.service: Any = plant.cloud.client("lookoutvision", account=PLANT)
        self.storage.create_bucket(Bucket=BUCKET)
        for number in range(30):
            spot = DARK if number >= 20 else None
            key = f"{'bad' if spot else 'good'}/{number:02}.png"
            self.storage.put_object(Bucket=BUCKET, Key=key, Body=picture(spot=spot, shade=number % 3))

    def deploy(self, **changed: Any) -> dict[str, str]:
        return self.plant.deploy(functools.partial(define, **changed))

    def projects(self) -> list[str]:
        return [project["ProjectName"] for project in self.service.list_projects()["Projects"]]

    def versions(self) -> dict[str, str]:
        """The status of each version."""
        [name] = self.projects()
        return {one["ModelVersion"]: one["Status"] for one in self.service.list_models(ProjectName=name)["Models"]}


@pytest.fixture
def inspection(plant: Plant) -> Iterator[Inspection]:
    made = Inspection(plant)
    yield made
    plant.destroy()
    assert made.projects() == []


def test_a_model_is_trained_hosted_and_packaged_and_another_one_takes_its_place(inspection: Inspection) -> None:
    first = inspection.deploy()
    assert (first["Version"], first["F1"], first["Component1"]) == ("1", "1.0", "1.0.0")
    assert inspection.versions() == {"1": "HOSTED"}
    second = inspection.deploy(trigger="2")
    assert (second["Version"], second["Component1"]) == ("2", "2.0.0")
    assert inspection.versions() == {"2": "HOSTED"}
    inspection.deploy(trigger="2", units=2)
    [name] = inspection.projects()
    described = inspection.service.describe_model(ProjectName=name, ModelVersion="2")["ModelDescription"]
    assert (described["Status"], described["MinInferenceUnits"]) == ("HOSTED", 2)


def test_a_model_that_is_not_good_enough_leaves_the_one_from_before_hosted(inspection: Inspection) -> None:
    inspection.deploy()
    with pytest.raises(DeploymentFailed, match=r"does not pass its gate: F1Score is 1\.0, expected at least 1\.1"):
        inspection.plant.deploy(_too_strict)
    assert inspection.versions() == {"1": "HOSTED"}


def _too_strict(stack: cdk.Stack) -> None:
    """With a limit that no model keeps, and that is found out at deployment only."""
    define(stack, trigger="2")
    gated = ("Custom::LookoutVisionModel", "Custom::LookoutWait")
    for child in stack.node.find_all():
        if isinstance(child, cdk.CfnResource) and child.cfn_resource_type in gated:
            child.add_property_override("Options.Gate", [{"Member": "F1Score", "AtLeast": "1.1"}])
