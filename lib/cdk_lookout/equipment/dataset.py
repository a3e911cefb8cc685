"""A dataset: the sensor data of the equipment to watch."""

from __future__ import annotations

import functools

import aws_cdk as cdk
import jsii
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_lookout.arns import name_in
from cdk_lookout.equipment import permissions
from cdk_lookout.equipment.data_gate import DataGate
from cdk_lookout.equipment.data_ingestion import DataIngestion, Ingestions, after_ingestions
from cdk_lookout.equipment.dataset_source import DatasetSource
from cdk_lookout.equipment.grants import IMPORT_DATASET, DatasetGrants
from cdk_lookout.equipment.interfaces import IDataset
from cdk_lookout.equipment.key_pattern import KeyPattern
from cdk_lookout.equipment.patterns import check_dataset_arn, check_name
from cdk_lookout.equipment.resource_policy import Shareable
from cdk_lookout.provider.managed import Managed
from cdk_lookout.provider.resource_type import ResourceType
from cdk_lookout.provider.tags import ServiceTags
from cdk_lookout.validation import Quoted, check_kind, check_optional, invalid
from cdk_lookout.wait import Wait


def _statements(assets: s3.IBucket) -> list[iam.PolicyStatement]:
    datasets = permissions.arns("dataset")
    return [
        permissions.allow("DescribeDataset", "ListTagsForResource", "ListDataIngestionJobs", on=datasets),
        # Ingestion jobs have no ARN.
        permissions.allow("DescribeDataIngestionJob", on=["*"]),
        permissions.allow_if_born_ours("CreateDataset", "TagResource", on=datasets),
        # The source may be of any account: its resource policy decides.
        permissions.allow_if_born_ours("ImportDataset", on=permissions.arns("dataset", account="*")),
        permissions.allow_if_ours("DeleteDataset", "TagResource", "UntagResource", on=datasets),
        # Schemas that are too large for the template.
        iam.PolicyStatement(actions=["s3:GetObject"], resources=[assets.arn_for_objects("*.json")]),
        *permissions.use_keys(),
    ]


DATASET = ResourceType(
    "LookoutEquipmentDataset",
    permissions.SERVICE,
    _statements,
    managed_policy=True,
    name_member="DatasetName",
    newer={"Generation": 2},
)
#: What only an import has, and only when it is done.
_LATER = ("Status", "DataStartTime", "DataEndTime", "IngestedDataSize")


class DatasetBase(Shareable):
    """What a dataset of this stack and one from elsewhere have in common."""

    _import_action = IMPORT_DATASET
    _arn_factories = "Dataset.from_dataset_arn or Dataset.from_dataset_attributes(dataset_arn=...)"
    _arn_attribute = "DatasetArn"
    #: What has to be done before the data are there.
    _ingestions: Ingestions

    @functools.cached_property
    def _name(self) -> str:
        """The name. What is from elsewhere sets it."""
        return self._managed.ref

    @property
    def dataset_name(self) -> str:
        """The name."""
        return self._name

    @property
    def dataset_arn(self) -> str:
        """The ARN.

        Raises InvalidProperty for a dataset that is referred to by name: `from_dataset_arn` would know it.
        """
        return self.resource_arn

    @property
    def grants(self) -> DatasetGrants:
        """What others can be allowed to do with it."""
        return DatasetGrants(self, self._granted)

    def grant_read(self, grantee: iam.IGrantable) -> iam.Grant:
        """The same as `grants.read`."""
        return self.grants.read(grantee)

    def _granted(self) -> list[str]:
        return [
            self._arn
            or self._stack.format_arn(service="lookoutequipment", resource="dataset", resource_name=f"{self._name}/*")
        ]


@jsii.implements(cdk.ITaggableV2)
class Dataset(DatasetBase):
    """A dataset that this stack owns.

    It is kept when it leaves the stack, and found again when the stack comes back; to keep nothing, set
    `removal_policy`. A dataset of the same name that somebody else owns fails the deployment, and is not touched.

    API: CreateDataset, ImportDataset, DescribeDataset, DescribeDataIngestionJob, DeleteDataset.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        source: DatasetSource,
        dataset_name: str | None = None,
        encryption_key: kms.IKey | None = None,
        removal_policy: cdk.RemovalPolicy | None = None,
        adopt_existing: bool = False,
        wait: Wait | None = None,
    ) -> None:
        """Make a dataset.

        Changing *source*, *dataset_name* or *encryption_key* replaces it; with a *dataset_name* that stays the same
        this is refused at deployment.

        :param source: where its contents come from: a schema, detection, or another dataset.
        :param dataset_name: 1 to 200 letters, digits, hyphens and underscores. Default: a name made of the stack's
            name, the construct's path and 8 digits that change with what cannot be changed in place.
        :param encryption_key: the key that its data are encrypted with. Default: a key of the service's own.
        :param removal_policy: what becomes of it when it leaves the stack. Default: it is kept, unless its creation is
            rolled back; one that an update replaced is deleted.
        :param adopt_existing: take over a dataset of that name that the stack does not own. Default: the deployment
            fails.
        :param wait: what a deployment waits for when it imports. Default: 55 minutes for the import to be done.
        :raises InvalidProperty: for what the service would refuse.
        """
        super().__init__(scope, id)
        check_kind("source", self, source, "dataset_schema", "a DatasetSource")
        check_optional("encryption_key", self, encryption_key, "key_arn", "a key (IKey)")
        if dataset_name is not None:
            check_name("dataset_name", self, dataset_name)
        self._source = source
        self._ingestions = Ingestions(detect_schema=source.dataset_schema is None and source.dataset is None)
        if source.dataset is not None:
            after_ingestions(self, source.dataset)
        self._encryption_key = encryption_key
        self._tags = ServiceTags(DATASET.cloudformation_name)
        schema, options = source.dataset_schema.render(self) if source.dataset_schema else (None, {})
        self._managed = Managed(
            self,
            DATASET,
            {
                "DatasetName": dataset_name,
                "DatasetSchema": schema,
                "SourceDatasetArn": source.dataset.dataset_arn if source.dataset is not None else None,
                "ServerSideKmsKeyId": encryption_key.key_arn if encryption_key is not None else None,
            },
            tags=self._tags,
            wait=wait or Wait.until_ready(),
            adopt_existing=adopt_existing,
            stateful=True,
            removal_policy=removal_policy,
            later=_LATER if source.dataset is not None else (),
            options=options,
        )

    @classmethod
    def from_dataset_arn(cls, scope: Construct, id: str, dataset_arn: str) -> IDataset:
        """Refer to a dataset that is not of this stack, possibly of another account.

        :param dataset_arn: the whole ARN, with the identifier that the service gave it; may be a token.
        :raises InvalidProperty: when it is no ARN of a dataset.
        """
        return _ImportedDataset(scope, id, dataset_arn=check_dataset_arn(f"{scope.node.path}/{id}", dataset_arn))

    @classmethod
    def from_dataset_name(cls, scope: Construct, id: str, dataset_name: str) -> IDataset:
        """Refer to a dataset of the stack's account and Region by its name. Its ARN is not known."""
        return _ImportedDataset(
            scope, id, dataset_name=check_name("dataset_name", f"{scope.node.path}/{id}", dataset_name)
        )

    @classmethod
    def from_dataset_attributes(
        cls,
        scope: Construct,
        id: str,
        *,
        dataset_arn: str | None = None,
        dataset_name: str | None = None,
        encryption_key: kms.IKey | None = None,
    ) -> IDataset:
        """Refer to a dataset that is not of this stack by what is known of it.

        :param dataset_arn: Default: the ARN is not known.
        :param dataset_name: Default: the one in *dataset_arn*.
        :param encryption_key: the key that `grant_import` grants, too. Default: none is known.
        :raises InvalidProperty: when neither ARN nor name is given, both are and differ, or one is malformed.
        """
        where = f"{scope.node.path}/{id}"
        if dataset_arn is not None:
            check_dataset_arn(where, dataset_arn)
        if dataset_name is not None:
            check_name("dataset_name", where, dataset_name)
        return _ImportedDataset(
            scope, id, dataset_arn=dataset_arn, dataset_name=dataset_name, encryption_key=encryption_key
        )

    def add_ingestion(
        self,
        id: str,
        *,
        bucket: s3.IBucket,
        prefix: str | None = None,
        key_pattern: KeyPattern | None = None,
        role: iam.IRole | None = None,
        gate: DataGate | None = None,
        trigger: str | None = None,
        wait: Wait | None = None,
    ) -> DataIngestion:
        """Ingest data into it: a `DataIngestion` within the dataset's scope.

        :param bucket: where the files are; of the stack's account and Region.
        :param prefix: where in the bucket; it ends with a slash. Default: the whole bucket.
        :param key_pattern: which file belongs to which component. Default: a folder for each component; the first
            ingestion needs it when the schema is detected.
        :param role: the role that the service assumes to read the files. Default: one of the stack's own.
        :param gate: what the data have to be like. Default: at least one file was ingested.
        :param trigger: any text; another one ingests again. Default: only other inputs do.
        :param wait: what a deployment waits for. Default: 55 minutes for the ingestion to be done.
        :raises InvalidProperty: for what the service would refuse, and for a *gate* that nothing waits for.
        """
        return DataIngestion(
            self,
            id,
            dataset=self,
            bucket=bucket,
            prefix=prefix,
            key_pattern=key_pattern,
            role=role,
            gate=gate,
            trigger=trigger,
            wait=wait,
        )

    @property
    def cdk_tag_manager(self) -> cdk.TagManager:
        """The tags that reach the service; use `Tags.of()`."""
        return self._tags.manager

    @property
    def dataset_status(self) -> str:
        """The status at the end of the last change: CREATED or ACTIVE. Not known with `Wait.started()`."""
        return self._managed.attribute("Status")

    @property
    def created_at(self) -> str:
        """When it was made, ISO 8601."""
        return self._managed.attribute("CreatedAt")

    @property
    def job_id(self) -> str:
        """The ingestion job that imported it. Raises InvalidProperty when *source* is no import."""
        return self._of_import("JobId")

    @property
    def source_dataset_arn(self) -> str:
        """The dataset that it was imported from. Raises InvalidProperty when *source* is no import."""
        return self._of_import("SourceDatasetArn")

    @property
    def data_start_time(self) -> str:
        """The time of the earliest imported value, ISO 8601. Raises InvalidProperty as `ingested_data_size` does."""
        return self._of_import("DataStartTime")

    @property
    def data_end_time(self) -> str:
        """The time of the latest imported value, ISO 8601. Raises InvalidProperty as `ingested_data_size` does."""
        return self._of_import("DataEndTime")

    @property
    def ingested_data_size(self) -> str:
        """The size of the imported data in bytes.

        Raises InvalidProperty when *source* is no import, and with `Wait.started()`.
        """
        return self._of_import("IngestedDataSize")

    def _of_import(self, attribute: str) -> str:
        if self._source.dataset is None:
            raise invalid(
                f"attribute {attribute}",
                self,
                Quoted("a dataset that is made empty"),
                "one with DatasetSource.imported: others have no such value when they are made",
            )
        return self._managed.attribute(attribute)


class _ImportedDataset(DatasetBase):
    _imported = True

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        dataset_arn: str | None = None,
        dataset_name: str | None = None,
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, id, environment_from_arn=dataset_arn)
        self._ingestions = Ingestions()
        self._arn = dataset_arn
        self._name = name_in(self, "dataset", dataset_arn, dataset_name)
        self._encryption_key = encryption_key
