"""What all models have in common: those that a stack has trained, and those from elsewhere."""

from __future__ import annotations

import functools

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from cdk_lookout.construct import LookoutResource
from cdk_lookout.provider.managed import Managed
from cdk_lookout.validation import Quoted, invalid
from cdk_lookout.vision.grants import ModelGrants
from cdk_lookout.vision.metrics import ModelMetrics


class ModelBase(LookoutResource, ModelMetrics):
    """A version of a project's model, of this stack or from elsewhere."""

    #: Whether a deployment waits until it is trained.
    _awaited = True
    #: The construct that hosts it.
    _hosted_by: cdk.Resource | None = None
    _managed: Managed

    # What the custom resource says of it. What is from elsewhere sets these.

    @functools.cached_property
    def _project(self) -> str:
        return self._managed.attribute("ProjectName")

    @functools.cached_property
    def _version(self) -> str:
        return self._managed.attribute("ModelVersion")

    @functools.cached_property
    def _arn(self) -> str:
        return self._managed.attribute("ModelArn")

    @property
    def project_name(self) -> str:
        """The name of the project."""
        return self._project

    @property
    def model_version(self) -> str:
        """The number of the version, as text: CloudFormation knows no numbers."""
        return self._version

    @property
    def model_arn(self) -> str:
        """The ARN of the version."""
        return self._arn

    @property
    def grants(self) -> ModelGrants:
        """What others can be allowed to do with the version."""
        return ModelGrants(self, lambda: [self._arn])

    def grant_detect_anomalies(self, grantee: iam.IGrantable) -> iam.Grant:
        """The same as `grants.detect_anomalies`."""
        return self.grants.detect_anomalies(grantee)

    def grant_read(self, grantee: iam.IGrantable) -> iam.Grant:
        """The same as `grants.read`."""
        return self.grants.read(grantee)

    def _check_awaited(self, user: cdk.Resource) -> None:
        """Raise InvalidProperty if *user* needs it trained, and nothing waits for that."""
        if not self._awaited:
            raise invalid(
                "model",
                user,
                Quoted("one with Wait.started()"),
                "one with Wait.until_ready(): only a model that is trained can be used",
            )

    def _take_host(self, host: cdk.Resource) -> None:
        """Note *host*; raises InvalidProperty for a second one."""
        if self._hosted_by is not None:
            first = self._hosted_by.node.path
            raise invalid("HostedModel", host, Quoted(f"a second one of the model, after {first}"), "one")
        self._hosted_by = host
