"""What others can be allowed to do with the resources of Lookout for Vision."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from cdk_lookout.grants import Grants


class VisionGrants(Grants):
    """Permissions on a resource of Lookout for Vision."""

    _service = "lookoutvision"


class ProjectGrants(VisionGrants):
    """Permissions on a project and what is in it."""

    def __init__(self, project: cdk.Resource, project_name: str, project_arn: str) -> None:
        """For *project*."""
        super().__init__(project, lambda: [project_arn])
        self._project = project
        self._name = project_name

    def read(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let *grantee* read everything about the project and its models.

        Datasets and the list of models have no ARN: those of all projects can be read.
        """
        models = cdk.Stack.of(self._project).format_arn(
            service=self._service, resource="model", resource_name=f"{self._name}/*"
        )
        self.actions(grantee, "DescribeProject")
        self._on([models], grantee, "DescribeModel", "ListTagsForResource")
        return self._on(
            ["*"],
            grantee,
            "DescribeDataset",
            "DescribeModelPackagingJob",
            "ListDatasetEntries",
            "ListModelPackagingJobs",
            "ListModels",
        )


class ModelGrants(VisionGrants):
    """Permissions on a version of a project's model."""

    def detect_anomalies(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let *grantee* ask whether an image shows an anomaly, while the model is hosted."""
        return self.actions(grantee, "DetectAnomalies")

    def read(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let *grantee* read everything about the version."""
        return self.actions(grantee, "DescribeModel", "ListTagsForResource")


def grant_list(grantee: iam.IGrantable) -> iam.Grant:
    """Let *grantee* list what the account has: projects, datasets with their images, models and packaging jobs.

    None of this can be narrowed to single resources. Raises InvalidProperty for what is no principal.
    """
    return VisionGrants("vision.grant_list", lambda: ["*"]).actions(
        grantee,
        "DescribeDataset",
        "DescribeModelPackagingJob",
        "ListDatasetEntries",
        "ListModelPackagingJobs",
        "ListModels",
        "ListProjects",
    )
