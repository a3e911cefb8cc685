"""A further version of a model."""

from __future__ import annotations

import aws_cdk as cdk
import jsii
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_lookout.arns import part
from cdk_lookout.equipment import permissions
from cdk_lookout.equipment.attributes import ImportAttributes
from cdk_lookout.equipment.data_ingestion import after_ingestions
from cdk_lookout.equipment.interfaces import IDataset, IModel, IModelVersion
from cdk_lookout.equipment.label_group import after_labels
from cdk_lookout.equipment.labels import LabelsInput
from cdk_lookout.equipment.model_source import InferenceDataImportStrategy, check_strategy, check_version
from cdk_lookout.equipment.model_version_base import ModelVersionBase
from cdk_lookout.equipment.patterns import check_model_version_arn
from cdk_lookout.equipment.service_role import files_of_labels, role_for
from cdk_lookout.provider.managed import Managed
from cdk_lookout.provider.resource_type import ResourceType
from cdk_lookout.provider.tags import ServiceTags
from cdk_lookout.validation import check_kind, check_optional, invalid
from cdk_lookout.wait import Wait


def _statements(assets: s3.IBucket) -> list[iam.PolicyStatement]:
    models = permissions.arns("model")
    # The source may be of any account: its resource policy decides.
    imported = [*permissions.arns("model", account="*"), *permissions.arns("dataset", "label-group")]
    return [
        permissions.allow(
            "DescribeModel", "DescribeModelVersion", "ListModelVersions", "ListTagsForResource", on=models
        ),
        # The tags of this request would be the model's, not the version's, so it has none to make a condition of.
        permissions.allow("ImportModelVersion", on=imported),
        permissions.allow_if_born_ours("TagResource", on=models),
        permissions.allow_if_ours("TagResource", "UntagResource", on=models),
        permissions.pass_role(),
        *permissions.use_keys(),
    ]


MODEL_VERSION = ResourceType(
    "LookoutEquipmentModelVersion", permissions.SERVICE, _statements, managed_policy=True, newer={"Generation": 2}
)
_LATER = ("Status", "ImportJobEndTime", "ImportedDataSizeInBytes")


@jsii.implements(cdk.ITaggableV2)
class ModelVersion(ModelVersionBase, ImportAttributes):
    """A version that this stack adds to a model, by importing it.

    The service cannot delete a version: it stays with its model when it leaves the stack, and a failed import leaves a
    version in the state FAILED. Coming back to a source that has been imported before uses its version again.
    Adding a version does not make it active: `ActiveModelVersion` does.

    API: ImportModelVersion, DescribeModelVersion, ListModelVersions.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        model: IModel,
        source: IModelVersion,
        dataset: IDataset | None = None,
        labels: LabelsInput | None = None,
        role: iam.IRole | None = None,
        encryption_key: kms.IKey | None = None,
        inference_data_import_strategy: InferenceDataImportStrategy = InferenceDataImportStrategy.NO_IMPORT,
        wait: Wait | None = None,
    ) -> None:
        """Add a version to *model*.

        Changing anything but tags, *role* and *wait* adds another version; the role was for the import only.

        :param model: the model that gets the version.
        :param source: the version to import, of this account or of one that lets this one import it; across accounts,
            take `from_model_version_arn`.
        :param dataset: what it works on. Default: the dataset of *model*.
        :param labels: labels are not copied. Default: none.
        :param role: the role that the service assumes to read labels from a bucket; it gets the permission. Default:
            one of the stack's own that can read just the labels, if there are labels in a bucket.
        :param encryption_key: the key that it is encrypted with. Default: a key of the service's own.
        :param inference_data_import_strategy: Default: accumulated inference data are not imported.
        :param wait: what a deployment waits for. Default: 55 minutes for the import to be done.
        :raises InvalidProperty: for what the service would refuse, and when *dataset* is neither given nor known.
        """
        super().__init__(scope, id)
        check_kind("model", self, model, "version", "a model")
        check_version(self, source)
        check_strategy(self, inference_data_import_strategy)
        check_optional("encryption_key", self, encryption_key, "key_arn", "a key (IKey)")
        check_optional("role", self, role, "role_arn", "a role (IRole)")
        check_optional("labels", self, labels, "from_bucket", "a LabelsInput")
        dataset = dataset or model.dataset
        if dataset is None:
            raise invalid(
                "dataset",
                self,
                None,
                "the dataset that the version works on: the one of the model is not known here; pass it, "
                "or refer to the model by Model.from_model_attributes(dataset=...)",
            )
        check_kind("dataset", self, dataset, "dataset_name", "a dataset")
        self._model = model
        self._encryption_key = encryption_key
        self._tags = ServiceTags(MODEL_VERSION.cloudformation_name)
        after_ingestions(self, dataset)
        after_labels(self, labels)
        self._role, granted = role_for(self._stack, role, reads=files_of_labels(labels))
        self._managed = Managed(
            self,
            MODEL_VERSION,
            {
                "ModelName": model.model_name,
                "SourceModelVersionArn": source.model_version_arn,
                "DatasetName": dataset.dataset_name,
                "LabelsInputConfiguration": labels.properties if labels is not None else None,
                "RoleArn": self._role.role_arn if self._role is not None else None,
                "ServerSideKmsKeyId": encryption_key.key_arn if encryption_key is not None else None,
                "InferenceDataImportStrategy": inference_data_import_strategy.value,
            },
            tags=self._tags,
            after=granted,
            wait=wait or Wait.until_ready(),
            later=_LATER,
        )
        self._awaited = self._managed.awaited

    @classmethod
    def from_model_version_arn(cls, scope: Construct, id: str, model_version_arn: str) -> IModelVersion:
        """Refer to a version that is not of this stack, possibly of another account.

        :param model_version_arn: the whole ARN, with the identifier that the service gave the model; may be a token.
        :raises InvalidProperty: when it is no ARN of a model version.
        """
        return _ImportedModelVersion(scope, id, check_model_version_arn(f"{scope.node.path}/{id}", model_version_arn))

    @property
    def cdk_tag_manager(self) -> cdk.TagManager:
        """The tags that reach the service; use `Tags.of()`."""
        return self._tags.manager

    @property
    def role(self) -> iam.IRole | None:
        """The role that the service assumes; None when it needs none."""
        return self._role

    @property
    def model_version_status(self) -> str:
        """The status at the end of the last change. Not known with `Wait.started()`."""
        return self._managed.attribute("Status")


class _ImportedModelVersion(ModelVersionBase):
    _imported = True

    def __init__(self, scope: Construct, id: str, model_version_arn: str) -> None:
        super().__init__(scope, id, environment_from_arn=model_version_arn)
        parts = [part(model_version_arn, index) for index in range(5)]
        self._name = parts[1]
        self._version = parts[4]
        self._model_arn = "/".join(parts[:3])
        self._arn = model_version_arn
