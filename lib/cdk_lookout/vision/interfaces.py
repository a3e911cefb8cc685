"""What resources expect of one another: protocols, so that a construct of your own can stand in."""

from __future__ import annotations

from typing import Protocol, Unpack

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk.interfaces import aws_lookoutvision as lookoutvision

from cdk_lookout.vision.grants import ModelGrants, ProjectGrants
from cdk_lookout.vision.metrics import MetricOptions


class IProject(lookoutvision.IProjectRef, cdk.IResource, Protocol):
    """A project, of this stack or from elsewhere."""

    @property
    def project_name(self) -> str:
        """The name."""

    @property
    def project_arn(self) -> str:
        """The ARN."""

    @property
    def grants(self) -> ProjectGrants:
        """What others can be allowed to do with it."""

    def grant_read(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let *grantee* read everything about the project, its datasets and its models."""


class IModel(cdk.IResource, Protocol):
    """A version of a project's model, of this stack or from elsewhere."""

    @property
    def project_name(self) -> str:
        """The name of the project."""

    @property
    def model_version(self) -> str:
        """The number of the version, as text: CloudFormation knows no numbers."""

    @property
    def model_arn(self) -> str:
        """The ARN of the version."""

    def metric(self, metric_name: str, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """The metric of that name in `AWS/LookoutVision`."""

    @property
    def grants(self) -> ModelGrants:
        """What others can be allowed to do with it."""

    def grant_detect_anomalies(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let *grantee* ask whether an image shows an anomaly, while the model is hosted."""

    def grant_read(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let *grantee* read everything about the version."""
