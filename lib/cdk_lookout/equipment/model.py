"""A model: what tells normal behaviour of the equipment from abnormal."""

from __future__ import annotations

import aws_cdk as cdk
import jsii
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_lookout.arns import name_in
from cdk_lookout.equipment import permissions
from cdk_lookout.equipment.attributes import (
    FIGURES,
    ActivationAttributes,
    ImportAttributes,
    QualityAttributes,
    RetrainingAttributes,
)
from cdk_lookout.equipment.data_ingestion import after_ingestions
from cdk_lookout.equipment.interfaces import IDataset, IModel
from cdk_lookout.equipment.label_group import after_labels
from cdk_lookout.equipment.model_base import ModelBase
from cdk_lookout.equipment.model_source import ModelSource
from cdk_lookout.equipment.patterns import check_model_arn, check_name
from cdk_lookout.equipment.service_role import files_of_labels, role_for
from cdk_lookout.equipment.training import warn_about_span
from cdk_lookout.provider.managed import Managed, until_trained
from cdk_lookout.provider.resource_type import ResourceType
from cdk_lookout.provider.tags import ServiceTags
from cdk_lookout.validation import check_kind, check_optional
from cdk_lookout.wait import Wait


def _statements(assets: s3.IBucket) -> list[iam.PolicyStatement]:
    models = permissions.arns("model")
    # The source may be of any account: its resource policy decides.
    imported = [*permissions.arns("model", account="*"), *permissions.arns("dataset", "label-group")]
    return [
        permissions.allow("DescribeModel", "DescribeModelVersion", "ListTagsForResource", on=models),
        permissions.allow_if_born_ours("CreateModel", "ImportModelVersion", on=imported),
        permissions.allow_if_born_ours("TagResource", on=models),
        permissions.allow_if_ours("UpdateModel", "DeleteModel", "TagResource", "UntagResource", on=models),
        # A model may take its labels from a group that the stack does not own.
        permissions.allow("UpdateModel", on=permissions.arns("label-group")),
        permissions.pass_role(),
        *permissions.use_keys(),
    ]


_NEWER = dict.fromkeys(
    (
        "ModelQuality",
        *FIGURES,
        "LatestScheduledRetrainingStatus",
        "LatestScheduledRetrainingModelVersion",
        "LatestScheduledRetrainingStartTime",
        "LatestScheduledRetrainingAvailableDataInDays",
        "ModelDiagnosticsResultsBucket",
        "ModelDiagnosticsResultsKey",
        "Generation",
    ),
    2,
)
MODEL = ResourceType(
    "LookoutEquipmentModel",
    permissions.SERVICE,
    _statements,
    managed_policy=True,
    name_member="ModelName",
    newer=_NEWER,
)
_LATER = (
    "Status",
    "ImportJobEndTime",
    "ImportedDataSizeInBytes",
    "ActiveModelVersion",
    "ActiveModelVersionArn",
    "ModelVersionActivatedAt",
    "ModelQuality",
    *FIGURES,
    "ModelDiagnosticsResultsBucket",
    "ModelDiagnosticsResultsKey",
)


@jsii.implements(cdk.ITaggableV2)
class Model(ModelBase, ImportAttributes, ActivationAttributes, QualityAttributes, RetrainingAttributes):
    """A model that this stack owns, with all its versions: trained here, or imported.

    It is kept when it leaves the stack, and found again when the stack comes back; to keep nothing, set
    `removal_policy`. A model of the same name that somebody else owns fails the deployment, and is not touched.

    New versions of it are `ModelVersion`s: changing *source* makes another model, which replaces this one with all its
    versions. What is active is set by `ActiveModelVersion`; to begin with it is version 1. Versions that a retraining
    adds are not the stack's: no deployment touches them.

    A training that fails fails the deployment, with the service's reason, and the failed model is removed.

    API: CreateModel, ImportModelVersion, DescribeModel, DescribeModelVersion, UpdateModel, DeleteModel.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        source: ModelSource,
        model_name: str | None = None,
        role: iam.IRole | None = None,
        encryption_key: kms.IKey | None = None,
        removal_policy: cdk.RemovalPolicy | None = None,
        adopt_existing: bool = False,
        wait: Wait | None = None,
    ) -> None:
        """Make a model.

        Changing *source* (but for its labels and diagnostics), *model_name* or *encryption_key* replaces it; with a
        *model_name* that stays the same this is refused at deployment. What is changed in place is for versions to
        come.

        :param source: what it is made of. New versions do not belong here, but into `ModelVersion`s.
        :param model_name: 1 to 200 letters, digits, hyphens and underscores. Default: a name made of the stack's
            name, the construct's path and 8 digits that change with what cannot be changed in place.
        :param role: the role that the service assumes to read labels from a bucket and to write diagnostics; it gets
            the permissions. Default: one of the stack's own that can do just this, if there is anything to do.
        :param encryption_key: the key that it is encrypted with. Default: a key of the service's own.
        :param removal_policy: what becomes of it when it leaves the stack. Default: it is kept, unless its creation is
            rolled back; one that an update replaced is deleted.
        :param adopt_existing: take over a model of that name that the stack does not own. Default: the deployment
            fails.
        :param wait: what a deployment waits for. Default: 55 minutes for an import to be done, 12 hours for a training,
            but 55 minutes with an `endpoint_url` of one's own.
        :raises InvalidProperty: for what the service would refuse.
        """
        super().__init__(scope, id)
        check_kind("source", self, source, "inference_data_import_strategy", "a ModelSource")
        check_optional("encryption_key", self, encryption_key, "key_arn", "a key (IKey)")
        check_optional("role", self, role, "role_arn", "a role (IRole)")
        if model_name is not None:
            check_name("model_name", self, model_name)
        self._dataset = source.dataset
        self._encryption_key = encryption_key
        self._tags = ServiceTags(MODEL.cloudformation_name)
        after_ingestions(self, source.dataset)
        after_labels(self, source.labels)
        self._source = source
        diagnostics = [source.diagnostics.files] if source.diagnostics is not None else []
        self._role, granted = role_for(self._stack, role, reads=files_of_labels(source.labels), writes=diagnostics)
        warn_about_span(self, source.training_data)
        in_time = Wait.until_ready() if source.version is not None else until_trained(self)
        self._managed = Managed(
            self,
            MODEL,
            {
                "ModelName": model_name,
                "DatasetName": source.dataset.dataset_name,
                **source.request,
                "LabelsInputConfiguration": source.labels.properties if source.labels is not None else None,
                "RoleArn": self._role.role_arn if self._role is not None else None,
                "ServerSideKmsKeyId": encryption_key.key_arn if encryption_key is not None else None,
            },
            tags=self._tags,
            after=granted,
            wait=wait or in_time,
            adopt_existing=adopt_existing,
            stateful=True,
            removal_policy=removal_policy,
            later=_LATER,
        )
        self._awaited = self._managed.awaited

    @classmethod
    def from_model_arn(cls, scope: Construct, id: str, model_arn: str) -> IModel:
        """Refer to a model that is not of this stack, possibly of another account.

        :param model_arn: the whole ARN, with the identifier that the service gave it; may be a token.
        :raises InvalidProperty: when it is no ARN of a model (that of a version belongs into
            `ModelVersion.from_model_version_arn`).
        """
        return _ImportedModel(scope, id, model_arn=check_model_arn(f"{scope.node.path}/{id}", model_arn))

    @classmethod
    def from_model_name(cls, scope: Construct, id: str, model_name: str) -> IModel:
        """Refer to a model of the stack's account and Region by its name. Its ARN is not known."""
        return _ImportedModel(scope, id, model_name=check_name("model_name", f"{scope.node.path}/{id}", model_name))

    @classmethod
    def from_model_attributes(
        cls,
        scope: Construct,
        id: str,
        *,
        model_arn: str | None = None,
        model_name: str | None = None,
        dataset: IDataset | None = None,
        encryption_key: kms.IKey | None = None,
    ) -> IModel:
        """Refer to a model that is not of this stack by what is known of it.

        :param model_arn: Default: the ARN is not known.
        :param model_name: Default: the one in *model_arn*.
        :param dataset: what it works on, for versions that are added. Default: it is not known.
        :param encryption_key: the key that `grant_import` grants, too. Default: none is known.
        :raises InvalidProperty: when neither ARN nor name is given, both are and differ, or one is malformed.
        """
        where = f"{scope.node.path}/{id}"
        if model_arn is not None:
            check_model_arn(where, model_arn)
        if model_name is not None:
            check_name("model_name", where, model_name)
        return _ImportedModel(
            scope, id, model_arn=model_arn, model_name=model_name, dataset=dataset, encryption_key=encryption_key
        )

    @property
    def cdk_tag_manager(self) -> cdk.TagManager:
        """The tags that reach the service; use `Tags.of()`."""
        return self._tags.manager

    @property
    def role(self) -> iam.IRole | None:
        """The role that the service assumes; None when it needs none."""
        return self._role

    @property
    def target_sampling_rate(self) -> cdk.Duration | None:
        """The interval to which its data are resampled, where that is said here."""
        return self._source.target_sampling_rate

    @property
    def model_status(self) -> str:
        """The status of version 1 at the end of the last change. Not known with `Wait.started()`."""
        return self._managed.attribute("Status")

    @property
    def model_diagnostics_results_bucket(self) -> str:
        """The bucket with the diagnostics of version 1; empty when there are none. Not known with `Wait.started()`."""
        return self._managed.attribute("ModelDiagnosticsResultsBucket")

    @property
    def model_diagnostics_results_key(self) -> str:
        """The object in that bucket. Not known with `Wait.started()`.

        It is empty, too, when it and the names of stack and model are too long together for an answer to
        CloudFormation.
        """
        return self._managed.attribute("ModelDiagnosticsResultsKey")


class _ImportedModel(ModelBase):
    _imported = True

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        model_arn: str | None = None,
        model_name: str | None = None,
        dataset: IDataset | None = None,
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, id, environment_from_arn=model_arn)
        self._arn = model_arn
        self._name = name_in(self, "model", model_arn, model_name)
        self._dataset = dataset
        self._encryption_key = encryption_key
