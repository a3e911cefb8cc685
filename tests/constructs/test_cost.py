"""What a construct costs at synthesis: every question and every order to the CDK is a message to Node.js and back.

Counted is the second construct of a type in a stack: the first one makes the provider, the type's policy, and the role
with which the service reads and writes the files in question.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from jsii._kernel.providers import process

from cdk_lookout import Wait, equipment, vision
from lookout_provider.resources import TYPES
from tests.constructs.support import DATASET_ARN, LABEL_FILE, NIGHT, VERSION_ARN, importing, of_type, resources

MOST = 15
#: The links of waits are made by the resources that need them.
LINK = "Custom::LookoutWait"


class World:
    """What the constructs of a stack need; each has a number of its own."""

    def __init__(self, stack: cdk.Stack) -> None:
        self._made = 0
        self.stack = stack
        self.files = s3.Bucket.from_bucket_name(stack, "Files", "factory-files")
        self.version = equipment.ModelVersion.from_model_version_arn(stack, "Source", VERSION_ARN)
        self.imported = equipment.Dataset.from_dataset_arn(stack, "TrainingPumps", DATASET_ARN)
        self.statement = importing("lookoutequipment:ImportDataset")
        self.every_month = equipment.RetrainingFrequency.days(30)
        self.often = cdk.Duration.minutes(5)

    def id(self) -> str:
        self._made += 1
        return f"C{self._made}"

    def dataset(self) -> equipment.Dataset:
        return equipment.Dataset(self.stack, self.id(), source=equipment.DatasetSource.imported(self.imported))

    def model(self, dataset: equipment.Dataset) -> equipment.Model:
        source = equipment.ModelSource.imported(self.version, dataset=dataset)
        return equipment.Model(self.stack, self.id(), source=source)

    def group(self) -> equipment.LabelGroup:
        return equipment.LabelGroup(self.stack, self.id(), fault_codes=["leak"])

    def project(self) -> vision.Project:
        return vision.Project(self.stack, self.id())

    def inspection(self, project: vision.Project) -> vision.Model:
        return vision.Model(self.stack, self.id(), project=project, output_bucket=self.files, wait=Wait.until_ready())


#: How to make one, and first, uncounted, what it is made of.
Maker = Callable[[World], Callable[[], Any]]


def a_dataset(world: World) -> Callable[[], Any]:
    source = equipment.DatasetSource.detected()
    return lambda: equipment.Dataset(world.stack, world.id(), source=source)


def an_imported_dataset(world: World) -> Callable[[], Any]:
    return world.dataset


def a_model(world: World) -> Callable[[], Any]:
    dataset = world.dataset()
    return lambda: world.model(dataset)


def a_model_version(world: World) -> Callable[[], Any]:
    model = world.model(world.dataset())
    return lambda: equipment.ModelVersion(world.stack, world.id(), model=model, source=world.version)


def a_latest_model_version(world: World) -> Callable[[], Any]:
    model = world.model(world.dataset())
    return lambda: equipment.LatestModelVersion(world.stack, world.id(), model=model)


def an_active_model_version(world: World) -> Callable[[], Any]:
    model = world.model(world.dataset())
    version = equipment.ModelVersion(world.stack, world.id(), model=model, source=world.version)
    return lambda: equipment.ActiveModelVersion(world.stack, world.id(), model_version=version)


def an_inference_scheduler(world: World, role: iam.IRole | None = None) -> Callable[[], Any]:
    model = world.model(world.dataset())
    return lambda: equipment.InferenceScheduler(
        world.stack,
        world.id(),
        model=model,
        data_upload_frequency=world.often,
        input_bucket=world.files,
        input_prefix="now/",
        output_bucket=world.files,
        output_prefix="results/",
        role=role,
    )


def an_inference_scheduler_with_a_role(world: World) -> Callable[[], Any]:
    role = iam.Role(world.stack, world.id(), assumed_by=iam.ServicePrincipal("lookoutequipment.amazonaws.com"))
    return an_inference_scheduler(world, role)


def a_retraining_scheduler(world: World) -> Callable[[], Any]:
    model = world.model(world.dataset())
    return lambda: equipment.RetrainingScheduler(
        world.stack,
        world.id(),
        model=model,
        retraining_frequency=world.every_month,
        lookback_window=equipment.LookbackWindow.DAYS_180,
    )


def a_data_ingestion(world: World) -> Callable[[], Any]:
    dataset = world.dataset()
    return lambda: dataset.add_ingestion("March", bucket=world.files)


def a_resource_policy(world: World) -> Callable[[], Any]:
    dataset = world.dataset()
    return lambda: dataset.add_to_resource_policy(world.statement)


def a_label_group(world: World) -> Callable[[], Any]:
    return world.group


def a_label(world: World) -> Callable[[], Any]:
    group = world.group()
    return lambda: group.add_label("Leak", time_range=NIGHT, rating=equipment.LabelRating.ANOMALY)


def a_label_set(world: World) -> Callable[[], Any]:
    group, source = world.group(), equipment.LabelSetSource.from_asset(str(LABEL_FILE))
    return lambda: equipment.LabelSet(world.stack, world.id(), label_group=group, source=source)


def a_project(world: World) -> Callable[[], Any]:
    return world.project


def a_vision_dataset(world: World) -> Callable[[], Any]:
    project, source = world.project(), vision.DatasetSource.empty()
    return lambda: vision.Dataset(
        world.stack, world.id(), project=project, dataset_type=vision.DatasetType.TRAIN, source=source
    )


def a_vision_model(world: World) -> Callable[[], Any]:
    project = world.project()
    return lambda: world.inspection(project)


def a_hosted_model(world: World) -> Callable[[], Any]:
    model = world.inspection(world.project())
    return lambda: vision.HostedModel(world.stack, world.id(), model=model, min_inference_units=1)


def a_model_packaging_job(world: World) -> Callable[[], Any]:
    model, target = world.inspection(world.project()), vision.PackagingTarget.jetson_xavier()
    return lambda: vision.ModelPackagingJob(
        world.stack, world.id(), model=model, target=target, component_name="bottles", output_bucket=world.files
    )


MAKERS: list[Maker] = [
    a_dataset,
    an_imported_dataset,
    a_model,
    a_model_version,
    a_latest_model_version,
    an_active_model_version,
    an_inference_scheduler,
    an_inference_scheduler_with_a_role,
    a_retraining_scheduler,
    a_data_ingestion,
    a_resource_policy,
    a_label_group,
    a_label,
    a_label_set,
    a_project,
    a_vision_dataset,
    a_vision_model,
    a_hosted_model,
    a_model_packaging_job,
]


@contextmanager
def counted() -> Iterator[list[Any]]:
    """The messages to Node.js, as they are sent."""
    sent: list[Any] = []
    real = process._NodeProcess.send

    def send(self: Any, request: Any, response_type: Any) -> Any:
        sent.append(request)
        return real(self, request, response_type)

    with mock.patch.object(process._NodeProcess, "send", send):
        yield sent


@pytest.mark.parametrize("maker", MAKERS, ids=[maker.__name__ for maker in MAKERS])
def test_a_construct_takes_few_calls_to_the_cdk(stack: cdk.Stack, maker: Maker) -> None:
    world = World(stack)
    maker(world)()
    make = maker(world)
    with counted() as sent:
        make()
    print(f"{maker.__name__}: {len(sent)}")
    assert 0 < len(sent) <= MOST, sent


def test_every_type_is_counted(stack: cdk.Stack) -> None:
    world = World(stack)
    for maker in MAKERS:
        maker(world)()
    found = {resource["Type"] for resource in resources(stack).values()}
    assert {kind for kind in TYPES if of_type(resources(stack), kind)} | {LINK} == set(TYPES), set(TYPES) - found


def test_tags_are_rendered_only_where_there_are_any(stack: cdk.Stack) -> None:
    world = World(stack)
    tagged, plain = world.dataset(), world.dataset()
    cdk.Tags.of(tagged).add("team", "pumps")
    found = [dataset["Properties"].get("Tags") for dataset in of_type(resources(stack), _DATASET).values()]
    assert (found, plain.cdk_tag_manager.tag_values()) == ([[{"Key": "team", "Value": "pumps"}], None], {})


_DATASET = "Custom::LookoutEquipmentDataset"
