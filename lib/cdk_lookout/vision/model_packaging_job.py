"""Model packaging jobs: a model becomes a component for AWS IoT Greengrass."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_lookout import files
from cdk_lookout.construct import LookoutResource
from cdk_lookout.provider.managed import Managed
from cdk_lookout.provider.resource_type import ResourceType
from cdk_lookout.provider.tags import VISION, problems
from cdk_lookout.validation import Quoted, check_kind, check_optional, check_pattern, invalid
from cdk_lookout.vision import permissions
from cdk_lookout.vision.interfaces import IModel
from cdk_lookout.vision.model_base import ModelBase
from cdk_lookout.vision.output import output_location
from cdk_lookout.vision.packaging_target import PackagingTarget
from cdk_lookout.wait import Wait

_TEXT = r"[a-zA-Z0-9-_. ()':,;?]{1,256}"
_TEXT_IN_WORDS = "1 to 256 letters, digits, spaces and - _ . ( ) ' : , ; ?"


def _statements(assets: s3.IBucket) -> list[iam.PolicyStatement]:
    components = f"arn:{cdk.Aws.PARTITION}:greengrass:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}:components:*"
    return [
        permissions.allow("StartModelPackagingJob", on=permissions.models()),
        # Packaging jobs have no ARN.
        permissions.allow("DescribeModelPackagingJob", "ListModelPackagingJobs", on=["*"]),
        iam.PolicyStatement(
            actions=[
                "greengrass:CreateComponentVersion",
                "greengrass:DescribeComponent",
                "greengrass:TagResource",
            ],
            resources=[components],
            conditions=files.THROUGH_A_SERVICE,
        ),
        files.through_a_service("PutObject"),
        files.use_bucket_keys("Decrypt", "GenerateDataKey"),
    ]


MODEL_PACKAGING_JOB = ResourceType(
    "LookoutVisionModelPackagingJob", permissions.SERVICE, _statements, name_member="JobName"
)
#: What is known when the job is done.
_LATER = ("ComponentName", "ComponentVersion", "ComponentVersionArn")


class ModelPackagingJob(LookoutResource):
    """An action: a model is packaged as a Greengrass component, when the construct is made and when anything changes.

    A component's version cannot be made twice, so any change but one of *wait* needs another *component_version*, or
    another *model* where that is left to the service. What the construct had packaged before, it finds again: a
    rollback packages nothing. Neither a job nor a component is deleted with the construct: the API of jobs cannot do
    so, and devices may run the component.

    API: StartModelPackagingJob, DescribeModelPackagingJob, ListModelPackagingJobs.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        model: IModel,
        target: PackagingTarget,
        component_name: str,
        output_bucket: s3.IBucket,
        output_prefix: str | None = None,
        component_version: str | None = None,
        component_description: str | None = None,
        component_tags: Mapping[str, str] | None = None,
        description: str | None = None,
        wait: Wait | None = None,
    ) -> None:
        """Package *model*.

        :param model: of the stack's account and Region.
        :param target: the device or platform on which the component is to run.
        :param component_name: 1 to 128 letters, digits, hyphens, underscores and full stops.
        :param output_bucket: where the component's artefacts go; of the stack's account and Region.
        :param output_prefix: where in that bucket. Default: at the top of it.
        :param component_version: three numbers, such as `1.0.0`. Default: the version of the model, and `.0.0`.
        :param component_description: 1 to 256 letters, digits, spaces and - _ . ( ) ' : , ; ? Default: none.
        :param component_tags: the tags of the component. Default: none; `Tags.of()` does not reach it.
        :param description: the same of the job. Default: none.
        :param wait: what a deployment waits for. Default: 55 minutes for the component to be made.
        :raises InvalidProperty: for what the service would refuse, and when nothing waits for *model* to be trained.
        """
        super().__init__(scope, id)
        check_kind("model", self, model, "model_version", "a model")
        check_kind("target", self, target, "properties", "a PackagingTarget")
        check_optional("wait", self, wait, "until_ready", "Wait.until_ready() or Wait.started()")
        if isinstance(model, ModelBase):
            model._check_awaited(self)
        greengrass: dict[str, Any] = {
            **target.properties,
            "S3OutputLocation": output_location(self, output_bucket, output_prefix),
            "ComponentName": check_pattern(
                "component_name",
                self,
                component_name,
                r"[a-zA-Z0-9-_.]{1,128}",
                "1 to 128 letters, digits, hyphens, underscores and full stops",
            ),
        }
        if component_version is not None:
            greengrass["ComponentVersion"] = check_pattern(
                "component_version",
                self,
                component_version,
                r"[0-9]{1,6}\.[0-9]{1,6}\.[0-9]{1,6}",
                "three numbers of up to six digits, such as 1.0.0",
            )
        if component_description is not None:
            greengrass["ComponentDescription"] = check_pattern(
                "component_description", self, component_description, _TEXT, _TEXT_IN_WORDS
            )
        if component_tags:
            if wrong := problems(dict(component_tags), MODEL_PACKAGING_JOB.cloudformation_name, VISION):
                raise invalid("component_tags", self, Quoted(wrong[0].partition(";")[0]), "tags that AWS takes")
            greengrass["Tags"] = [{"Key": key, "Value": value} for key, value in component_tags.items()]
        if description is not None:
            check_pattern("description", self, description, _TEXT, _TEXT_IN_WORDS)
        self._managed = Managed(
            self,
            MODEL_PACKAGING_JOB,
            {
                "ProjectName": model.project_name,
                "ModelVersion": model.model_version,
                "Configuration": {"Greengrass": greengrass},
                "Description": description,
            },
            wait=wait or Wait.until_ready(),
            later=_LATER,
        )

    @property
    def job_name(self) -> str:
        """The name of the job."""
        return self._managed.attribute("JobName")

    @property
    def job_status(self) -> str:
        """The status at the end of the last change: SUCCEEDED, or CREATED with `Wait.started()`."""
        return self._managed.attribute("Status")

    @property
    def component_name(self) -> str:
        """The name of the component. Not known with `Wait.started()`, as what follows."""
        return self._managed.attribute("ComponentName")

    @property
    def component_version(self) -> str:
        """The version of the component."""
        return self._managed.attribute("ComponentVersion")

    @property
    def component_version_arn(self) -> str:
        """The ARN of the component's version, for Greengrass deployments."""
        return self._managed.attribute("ComponentVersionArn")
