"""A dataset: the images that a project's models learn from, or those that they are tested with."""

from __future__ import annotations

import enum
from typing import Any

import aws_cdk as cdk
import jsii
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_lookout import files
from cdk_lookout.construct import LookoutResource
from cdk_lookout.provider.managed import Managed
from cdk_lookout.provider.resource_type import ResourceType
from cdk_lookout.validation import Quoted, check_choice, check_kind, check_optional, invalid
from cdk_lookout.vision import permissions
from cdk_lookout.vision.data_gate import DataGate
from cdk_lookout.vision.dataset_source import MANIFEST, OWN_FOLDER, DatasetSource, check_source
from cdk_lookout.vision.interfaces import IProject
from cdk_lookout.vision.project import ProjectBase


def _statements(assets: s3.IBucket) -> list[iam.PolicyStatement]:
    return [
        # Datasets have no ARN.
        permissions.allow(
            "CreateDataset",
            "DescribeDataset",
            "ListDatasetEntries",
            "UpdateDatasetEntries",
            "DeleteDataset",
            on=["*"],
        ),
        # The provider's own manifests.
        iam.PolicyStatement(
            actions=["s3:PutObject", "s3:DeleteObject"],
            resources=[files.named(f"{OWN_FOLDER}*")],
            conditions=files.OF_ACCOUNT,
        ),
        files.list_folders(),
        files.read_by_name(MANIFEST, files.OF_ACCOUNT),
        files.through_a_service("GetObject"),
        files.use_bucket_keys("Decrypt", "GenerateDataKey"),
    ]


DATASET = ResourceType("LookoutVisionDataset", permissions.SERVICE, _statements, managed_policy=True)


class DatasetType(enum.Enum):
    """What the images of a dataset are for."""

    #: To learn from. Without a test dataset the service keeps some of them to test with.
    TRAIN = "train"
    #: To test with.
    TEST = "test"


class Dataset(LookoutResource):
    """A dataset of a project. A project has one of each type, and its models are trained after both.

    It is changed in place: what is added or labelled otherwise is sent to the service. Nothing can be taken out of a
    dataset, so where images have to go it is deleted and made anew under the same identity; what was in it is kept in
    `cdk-lookout/<project>/<train or test>-before.manifest` beside the manifest meanwhile, and is put back when the
    service does not take the new content. A dataset takes no tags: one that the stack has not made fails the
    deployment, and is not touched. It is deleted when it leaves the stack; its images stay in their bucket.

    API: CreateDataset, DescribeDataset, ListDatasetEntries, UpdateDatasetEntries, DeleteDataset.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        project: IProject,
        dataset_type: DatasetType,
        source: DatasetSource,
        gate: DataGate | None = None,
        trigger: str | None = None,
        removal_policy: cdk.RemovalPolicy | None = None,
        adopt_existing: bool = False,
    ) -> None:
        """Make a dataset. Changing *project* or *dataset_type* replaces it.

        A construct cannot be renamed: the new one finds the dataset there, which nothing proves to be its own. Remove
        it in a deployment of its own first.

        :param project: of the stack's account and Region.
        :param dataset_type: what its images are for.
        :param source: where they come from.
        :param gate: how many there have to be. Default: what the service needs for a training, which depends on
            whether this app gives the project a test dataset, too; nothing for `DatasetSource.empty()`.
        :param trigger: any text, such as a date; another one looks at *source* again. Default: only another source
            does.
        :param removal_policy: what becomes of it when it leaves the stack. Default: it is deleted.
        :param adopt_existing: take over a dataset of the project that the stack has not made, and whose content is
            that of *source*. As long as this is set the dataset stays when it leaves the stack. Default: the
            deployment fails.
        :raises InvalidProperty: for what the service would refuse, and for a second one of the project and type.
        """
        super().__init__(scope, id)
        check_kind("project", self, project, "project_name", "a project (IProject)")
        check_choice("dataset_type", self, dataset_type, DatasetType)
        check_source(self, source)
        check_optional("gate", self, gate, "limits", "a DataGate")
        if trigger is not None and not isinstance(trigger, str):
            raise invalid("trigger", self, trigger, "a text")
        self._project = project
        self._type = dataset_type
        if isinstance(project, ProjectBase):
            _add(self, project)
        location, options = source._render(self)
        if gate is not None:
            options = {**options, "Gate": gate.limits}
        elif not source.is_empty:
            options = {**options, "Gate": cdk.Lazy.any(_DefaultGate(self))}
        if trigger is not None:
            options = {**options, "Trigger": trigger}
        self._managed = Managed(
            self,
            DATASET,
            {"ProjectName": project.project_name, "DatasetType": dataset_type.value, "DatasetSource": location},
            adopt_existing=adopt_existing,
            removal_policy=removal_policy,
            options=options,
        )

    @property
    def project(self) -> IProject:
        """The project."""
        return self._project

    @property
    def dataset_type(self) -> DatasetType:
        """What its images are for."""
        return self._type

    @property
    def dataset_status(self) -> str:
        """The status at the end of the last change: CREATE_COMPLETE or UPDATE_COMPLETE."""
        return self._managed.attribute("Status")

    @property
    def creation_timestamp(self) -> str:
        """When it was made, ISO 8601; later than the construct, once images were taken out of it."""
        return self._managed.attribute("CreationTimestamp")

    @property
    def last_updated_timestamp(self) -> str:
        """When its content was changed last, ISO 8601."""
        return self._managed.attribute("LastUpdatedTimestamp")

    @property
    def total_images(self) -> str:
        """How many images it has."""
        return self._managed.attribute("ImageStatsTotal")

    @property
    def labeled_images(self) -> str:
        """How many images have a class."""
        return self._managed.attribute("ImageStatsLabeled")

    @property
    def normal_images(self) -> str:
        """How many images are normal."""
        return self._managed.attribute("ImageStatsNormal")

    @property
    def anomaly_images(self) -> str:
        """How many images have an anomaly."""
        return self._managed.attribute("ImageStatsAnomaly")

    @property
    def content_digest(self) -> str:
        """32 hex digits of all that is in it: another content has others, the order does not matter."""
        return self._managed.attribute("ContentDigest")


def _add(dataset: Dataset, project: ProjectBase) -> None:
    """Let *project* know *dataset*; raises InvalidProperty for a second one of its type."""
    found = project._dataset_of.setdefault(dataset.dataset_type.value, dataset)
    if found is not dataset:
        raise invalid(
            "dataset_type", dataset, Quoted(f"a second {dataset.dataset_type}, after {found.node.path}"), "one of each"
        )
    project._datasets.add(dataset)


@jsii.implements(cdk.IStableAnyProducer)
class _DefaultGate:
    """What the service needs for a training: known at synthesis, when all datasets of the project are."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset

    def produce(self) -> Any:
        project = self._dataset.project
        if self._dataset.dataset_type is DatasetType.TEST:
            return DataGate.test_dataset().limits
        tested = isinstance(project, ProjectBase) and DatasetType.TEST.value in project._dataset_of
        return (DataGate.train_dataset() if tested else DataGate.single_dataset()).limits
