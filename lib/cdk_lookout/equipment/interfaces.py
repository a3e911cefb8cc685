"""What resources expect of one another: protocols, so that a construct of your own can stand in."""

from __future__ import annotations

from typing import Protocol

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk.interfaces import aws_lookoutequipment as lookoutequipment

from cdk_lookout.equipment.grants import (
    DatasetGrants,
    InferenceSchedulerGrants,
    LabelGroupGrants,
    ModelGrants,
    ModelVersionGrants,
)


class IPolicyTarget(Protocol):
    """What can have a resource policy: a dataset, a model or a model version."""

    @property
    def resource_arn(self) -> str:
        """The ARN that the policy is attached to."""

    @property
    def import_action(self) -> str:
        """The only action that a policy on it can grant."""


class IDataset(cdk.IResource, IPolicyTarget, Protocol):
    """A dataset, of this stack or from elsewhere."""

    @property
    def dataset_name(self) -> str:
        """The name."""

    @property
    def dataset_arn(self) -> str:
        """The ARN; it holds an identifier that the service assigns, so no name leads to it."""

    @property
    def encryption_key(self) -> kms.IKey | None:
        """The key that its data are encrypted with, where one is known."""

    @property
    def grants(self) -> DatasetGrants:
        """What others can be allowed to do with it."""

    def grant_read(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let *grantee* read everything about it."""

    def grant_import(self, grantee: iam.IGrantable, *, inference_data: bool | None = None) -> iam.Grant:
        """Let *grantee* import it."""

    def add_to_resource_policy(self, statement: iam.PolicyStatement) -> iam.AddToResourcePolicyResult:
        """Add *statement* to its resource policy."""


class ILabelGroup(cdk.IResource, Protocol):
    """A label group, of this stack or from elsewhere."""

    @property
    def label_group_name(self) -> str:
        """The name."""

    @property
    def label_group_arn(self) -> str:
        """The ARN; it holds an identifier that the service assigns, so no name leads to it."""

    @property
    def fault_codes(self) -> list[str] | None:
        """The fault codes that labels may have, where they are known."""

    @property
    def grants(self) -> LabelGroupGrants:
        """What others can be allowed to do with it."""

    def grant_read(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let *grantee* read the group and its labels."""


class IModel(cdk.IResource, IPolicyTarget, Protocol):
    """A model, of this stack or from elsewhere."""

    @property
    def model_name(self) -> str:
        """The name."""

    @property
    def model_arn(self) -> str:
        """The ARN; it holds an identifier that the service assigns, so no name leads to it."""

    @property
    def dataset(self) -> IDataset | None:
        """The dataset it works on, where that is known."""

    @property
    def encryption_key(self) -> kms.IKey | None:
        """The key that it is encrypted with, where one is known."""

    def version(self, model_version: int) -> IModelVersion:
        """The version with that number."""

    @property
    def grants(self) -> ModelGrants:
        """What others can be allowed to do with it."""

    def grant_read(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let *grantee* read everything about it and its versions."""

    def grant_import(self, grantee: iam.IGrantable, *, inference_data: bool | None = None) -> iam.Grant:
        """Let *grantee* import every version of it."""

    def add_to_resource_policy(self, statement: iam.PolicyStatement) -> iam.AddToResourcePolicyResult:
        """Add *statement* to its resource policy."""


class IModelVersion(cdk.IResource, IPolicyTarget, Protocol):
    """A version of a model, of this stack or from elsewhere."""

    @property
    def model_name(self) -> str:
        """The name of the model."""

    @property
    def model_arn(self) -> str:
        """The ARN of the model."""

    @property
    def model_version(self) -> str:
        """The number of the version, as text: CloudFormation knows no numbers."""

    @property
    def model_version_arn(self) -> str:
        """The ARN of the version."""

    @property
    def encryption_key(self) -> kms.IKey | None:
        """The key that it is encrypted with, where one is known."""

    @property
    def grants(self) -> ModelVersionGrants:
        """What others can be allowed to do with it."""

    def grant_read(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let *grantee* read everything about it."""

    def grant_import(self, grantee: iam.IGrantable, *, inference_data: bool | None = None) -> iam.Grant:
        """Let *grantee* import it."""

    def add_to_resource_policy(self, statement: iam.PolicyStatement) -> iam.AddToResourcePolicyResult:
        """Add *statement* to its resource policy."""


class IInferenceScheduler(lookoutequipment.IInferenceSchedulerRef, cdk.IResource, Protocol):
    """An inference scheduler, of this stack or from elsewhere."""

    @property
    def inference_scheduler_name(self) -> str:
        """The name."""

    @property
    def inference_scheduler_arn(self) -> str:
        """The ARN; it holds an identifier that the service assigns, so no name leads to it."""

    @property
    def grants(self) -> InferenceSchedulerGrants:
        """What others can be allowed to do with it."""

    def grant_read(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let *grantee* read everything about it, its runs and what they found."""

    def grant_start_stop(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let *grantee* start and stop it."""
