"""A project: what images of one kind of product are, and the models that know them."""

from __future__ import annotations

import functools

import aws_cdk as cdk
import jsii
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk.interfaces import aws_lookoutvision as lookoutvision
from constructs import Construct, DependencyGroup

from cdk_lookout.arns import part
from cdk_lookout.construct import LookoutResource
from cdk_lookout.provider.managed import Managed
from cdk_lookout.provider.resource_type import ResourceType
from cdk_lookout.validation import invalid
from cdk_lookout.vision import permissions
from cdk_lookout.vision.grants import ProjectGrants
from cdk_lookout.vision.interfaces import IProject
from cdk_lookout.vision.patterns import check_project_arn, check_project_name


def _statements(assets: s3.IBucket) -> list[iam.PolicyStatement]:
    return [
        # Projects take no tags: that the provider touches only its own is up to the ids that it has issued.
        permissions.allow("CreateProject", "DescribeProject", "DeleteProject", on=permissions.projects()),
        # What may be in a project, whoever made it, as far as the construct allows.
        permissions.allow("DescribeModel", "ListTagsForResource", "StopModel", "DeleteModel", on=permissions.models()),
        # These take no narrower resource.
        permissions.allow("ListModels", "DeleteDataset", on=["*"]),
    ]


PROJECT = ResourceType(
    "LookoutVisionProject", permissions.SERVICE, _statements, managed_policy=True, name_member="ProjectName"
)


@jsii.implements(lookoutvision.IProjectRef)
class ProjectBase(LookoutResource):
    """What a project of this stack and one from elsewhere have in common."""

    _managed: Managed

    @functools.cached_property
    def _datasets(self) -> DependencyGroup:
        """The datasets that this app gives it, those that the code adds later included."""
        return DependencyGroup()

    @functools.cached_property
    def _dataset_of(self) -> dict[str, cdk.Resource]:
        """The same by their type, as the API spells it."""
        return {}

    @functools.cached_property
    def _name(self) -> str:
        """The name. What is from elsewhere sets it."""
        # Not its physical id, which may tell more than the name.
        return self._managed.attribute("ProjectName")

    @functools.cached_property
    def _arn(self) -> str:
        """The ARN. What is from elsewhere sets it."""
        return self._managed.attribute("ProjectArn")

    @property
    def project_name(self) -> str:
        """The name."""
        return self._name

    @property
    def project_arn(self) -> str:
        """The ARN."""
        return self._arn

    @property
    def project_ref(self) -> lookoutvision.ProjectReference:
        """Name and ARN, for what takes a project of the CDK's own."""
        return lookoutvision.ProjectReference(project_name=self._name, project_arn=self._arn)

    @property
    def grants(self) -> ProjectGrants:
        """What others can be allowed to do with it and what is in it."""
        return ProjectGrants(self, self._name, self._arn)

    def grant_read(self, grantee: iam.IGrantable) -> iam.Grant:
        """The same as `grants.read`."""
        return self.grants.read(grantee)


class Project(ProjectBase):
    """A project that this stack owns.

    It is kept when it leaves the stack, and found again when the stack comes back; to keep nothing, set
    `removal_policy`. When it is deleted, so is what is in it: hosted models are stopped first, then models, datasets
    and the project itself are deleted. A project takes no tags, so its name has to tell whose it is: one with a name
    that was generated is the stack's own, one with an explicit name when the stack has made it.

    API: CreateProject, DescribeProject, DeleteProject, ListModels, ListTagsForResource, StopModel, DeleteModel,
    DeleteDataset.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        project_name: str | None = None,
        delete_contents: bool = False,
        removal_policy: cdk.RemovalPolicy | None = None,
        adopt_existing: bool = False,
    ) -> None:
        """Make a project.

        :param project_name: 1 to 255 letters, digits, hyphens and underscores, the first a letter or digit. Changing it
            replaces the project. Default: a name made of the stack's name, the construct's path and 8 digits that tell
            this stack's project from any other one.
        :param delete_contents: whether models that this stack does not own may be stopped and deleted when the project
            is. Default: they make its deletion fail, which names them and touches nothing.
        :param removal_policy: what becomes of it when it leaves the stack. Default: it is kept, unless its creation is
            rolled back; one that an update replaced is deleted.
        :param adopt_existing: take over a project of that name that the stack has not made. As long as this is set
            the project stays when it leaves the stack, whoever made it: nothing but this tells. Default: the
            deployment fails.
        :raises InvalidProperty: for what the service would refuse.
        """
        super().__init__(scope, id)
        if project_name is not None:
            check_project_name(self, project_name)
        if not isinstance(delete_contents, bool):
            raise invalid("delete_contents", self, delete_contents, "True or False")
        self._managed = Managed(
            self,
            PROJECT,
            {"ProjectName": project_name},
            adopt_existing=adopt_existing,
            stateful=True,
            removal_policy=removal_policy,
            options={"DeleteContents": "true"} if delete_contents else None,
        )

    @classmethod
    def from_project_name(cls, scope: Construct, id: str, project_name: str) -> IProject:
        """Refer to a project of the stack's account and Region that is not of this stack.

        :raises InvalidProperty: when it is no such name.
        """
        check_project_name(f"{scope.node.path}/{id}", project_name)
        arn = cdk.Stack.of(scope).format_arn(service="lookoutvision", resource="project", resource_name=project_name)
        return _ImportedProject(scope, id, arn, project_name)

    @classmethod
    def from_project_arn(cls, scope: Construct, id: str, project_arn: str) -> IProject:
        """Refer to a project that is not of this stack.

        :param project_arn: may be a token.
        :raises InvalidProperty: when it is no ARN of a project.
        """
        check_project_arn(f"{scope.node.path}/{id}", project_arn)
        return _ImportedProject(scope, id, project_arn, part(project_arn, 1))

    @property
    def creation_timestamp(self) -> str:
        """When it was made, ISO 8601."""
        return self._managed.attribute("CreationTimestamp")


class _ImportedProject(ProjectBase):
    def __init__(self, scope: Construct, id: str, arn: str, name: str) -> None:
        super().__init__(scope, id, environment_from_arn=arn)
        self._arn = arn
        self._name = name


def after_datasets(construct: Construct, project: IProject) -> None:
    """Make *construct* after all datasets of *project* in this app, those that the code adds later included."""
    if isinstance(project, ProjectBase):
        construct.node.add_dependency(project._datasets)
