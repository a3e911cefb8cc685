"""Ingestions: what reads data from a bucket into a dataset."""

from __future__ import annotations

import functools
from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct, DependencyGroup

from cdk_lookout.construct import LookoutResource
from cdk_lookout.equipment import permissions
from cdk_lookout.equipment.data_gate import DataGate
from cdk_lookout.equipment.interfaces import IDataset
from cdk_lookout.equipment.key_pattern import KeyPattern
from cdk_lookout.equipment.patterns import check_prefix
from cdk_lookout.equipment.service_role import Files, role_for
from cdk_lookout.provider.managed import Managed
from cdk_lookout.provider.resource_type import ResourceType
from cdk_lookout.validation import Quoted, check_kind, check_optional, invalid
from cdk_lookout.wait import Wait


def _statements(assets: s3.IBucket) -> list[iam.PolicyStatement]:
    return [
        # The dataset may be of another stack, or of none.
        permissions.allow("StartDataIngestionJob", on=permissions.arns("dataset")),
        # Ingestion jobs have no ARN.
        permissions.allow("DescribeDataIngestionJob", on=["*"]),
        permissions.pass_role(),
    ]


DATA_INGESTION = ResourceType("LookoutEquipmentDataIngestion", permissions.SERVICE, _statements)
#: What is known when the job is done.
_LATER = (
    "IngestedDataSize",
    "DataStartTime",
    "DataEndTime",
    "TotalNumberOfFiles",
    "IngestedNumberOfFiles",
    "DiscardedNumberOfFiles",
    "TotalNumberOfMissingValues",
    "TotalNumberOfInvalidValues",
    "TotalNumberOfUnsupportedTimestamps",
    "TotalNumberOfDuplicateTimestamps",
)


class DataIngestion(LookoutResource):
    """An action: data are ingested when the construct is made, and again when its inputs or its *trigger* change.

    Models of the stack that work on the dataset come after it by themselves, and ingestions into one dataset run one
    after another, in the order of the code. What happens to be in the bucket when it runs is ingested: let it depend
    on what puts it there. Removing the construct leaves the data in the dataset.

    API: StartDataIngestionJob, DescribeDataIngestionJob.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        dataset: IDataset,
        bucket: s3.IBucket,
        prefix: str | None = None,
        key_pattern: KeyPattern | None = None,
        role: iam.IRole | None = None,
        gate: DataGate | None = None,
        trigger: str | None = None,
        wait: Wait | None = None,
    ) -> None:
        """Ingest data.

        Changing *dataset*, *bucket*, *prefix*, *key_pattern* or *trigger* ingests again. The rollback of
        an ingestion that failed ingests nothing; the data of one that did not keep its *gate* are in the dataset then.

        :param dataset: of the stack's account and Region.
        :param bucket: where the files are; of the stack's account and Region.
        :param prefix: where in the bucket; it ends with a slash. Default: the whole bucket.
        :param key_pattern: which file belongs to which component. Default: a folder for each component. The first
            ingestion into a dataset whose schema is detected needs it.
        :param role: the role that the service assumes to read the files; it gets the permission. Default: one of the
            stack's own that can read just those.
        :param gate: what the data have to be like. Default: at least one file was ingested.
        :param trigger: any text, such as a date; another one ingests again. Default: only other inputs do.
        :param wait: what a deployment waits for. Default: 55 minutes for the ingestion to be done.
        :raises InvalidProperty: for what the service would refuse, and for a *gate* that nothing waits for.
        """
        super().__init__(scope, id)
        check_kind("dataset", self, dataset, "dataset_name", "a dataset")
        check_kind("bucket", self, bucket, "bucket_name", "a bucket")
        check_optional("key_pattern", self, key_pattern, "pattern", "a KeyPattern, such as KeyPattern.FOLDER")
        check_optional("role", self, role, "role_arn", "a role (IRole)")
        check_optional("gate", self, gate, "limits", "a DataGate")
        check_optional("wait", self, wait, "until_ready", "Wait.until_ready() or Wait.started()")
        if trigger is not None and not isinstance(trigger, str):
            raise invalid("trigger", self, trigger, "a text")
        wait = wait or Wait.until_ready()
        if gate is not None and not wait.seconds:
            raise invalid(
                "gate", self, Quoted("Wait.started()"), "Wait.until_ready(): the figures come when it is done"
            )
        reads = Files(bucket, prefix or "")
        location = {"Bucket": reads.bucket_name}
        if prefix:
            location["Prefix"] = check_prefix("prefix", self, prefix)
        if key_pattern is not None:
            location["KeyPattern"] = key_pattern.pattern
        if (ingestions := _ingestions(dataset)) is not None:
            ingestions.add(self, key_pattern)
        # There is something to read, so there is a role.
        found, granted = role_for(self._stack, role, reads=[reads])
        self._role = cast(iam.IRole, found)
        options = {
            **({"Gate": (gate or DataGate()).limits} if wait.seconds else {}),
            **({"Trigger": trigger} if trigger is not None else {}),
        }
        self._managed = Managed(
            self,
            DATA_INGESTION,
            {
                "DatasetName": dataset.dataset_name,
                "IngestionInputConfiguration": {"S3InputConfiguration": location},
                "RoleArn": self._role.role_arn,
            },
            wait=wait,
            after=granted,
            later=_LATER,
            options=options,
        )

    @property
    def role(self) -> iam.IRole:
        """The role that the service assumes."""
        return self._role

    @property
    def job_id(self) -> str:
        """The service's identifier of the job."""
        return self._managed.attribute("JobId")

    @property
    def job_status(self) -> str:
        """The status at the end of the last change: SUCCESS, or IN_PROGRESS with `Wait.started()`."""
        return self._managed.attribute("Status")

    @property
    def ingested_data_size(self) -> str:
        """The size of the ingested data in bytes. Raises InvalidProperty with `Wait.started()`, as those below do."""
        return self._managed.attribute("IngestedDataSize")

    @property
    def data_start_time(self) -> str:
        """The time of the earliest value, ISO 8601."""
        return self._managed.attribute("DataStartTime")

    @property
    def data_end_time(self) -> str:
        """The time of the latest value, ISO 8601."""
        return self._managed.attribute("DataEndTime")

    @property
    def total_number_of_files(self) -> str:
        """How many files there were."""
        return self._managed.attribute("TotalNumberOfFiles")

    @property
    def ingested_number_of_files(self) -> str:
        """How many files were ingested."""
        return self._managed.attribute("IngestedNumberOfFiles")

    @property
    def discarded_number_of_files(self) -> str:
        """How many files were left out, because the service could not use them."""
        return self._managed.attribute("DiscardedNumberOfFiles")

    @property
    def total_number_of_missing_values(self) -> str:
        """How many values are missing, of all sensors together."""
        return self._managed.attribute("TotalNumberOfMissingValues")

    @property
    def total_number_of_invalid_values(self) -> str:
        """How many values are no numbers, of all sensors together."""
        return self._managed.attribute("TotalNumberOfInvalidValues")

    @property
    def total_number_of_unsupported_timestamps(self) -> str:
        """How many rows have a time that the service cannot read."""
        return self._managed.attribute("TotalNumberOfUnsupportedTimestamps")

    @property
    def total_number_of_duplicate_timestamps(self) -> str:
        """How many rows have the time of another one."""
        return self._managed.attribute("TotalNumberOfDuplicateTimestamps")


class Ingestions:
    """The ingestions into one dataset that an app has, in the order of its code."""

    def __init__(self, *, detect_schema: bool = False) -> None:
        """None so far.

        :param detect_schema: whether the first of them finds out the schema.
        """
        self._detect_schema = detect_schema
        #: The last one of each stack.
        self._last: dict[cdk.Stack, DataIngestion] = {}

    @functools.cached_property
    def done(self) -> DependencyGroup:
        """What is in the dataset only after them depends on this; it takes in those that are added later, too."""
        return DependencyGroup()

    def add(self, ingestion: DataIngestion, key_pattern: KeyPattern | None) -> None:
        """Take *ingestion* in, behind those that its stack has already."""
        if self._detect_schema and not self._last and key_pattern is None:
            raise invalid(
                "key_pattern", ingestion, None, "a KeyPattern: the first ingestion detects the dataset's schema by it"
            )
        stack = ingestion._stack
        if (before := self._last.get(stack)) is not None:
            ingestion.node.add_dependency(before)
        self._last[stack] = ingestion
        self.done.add(ingestion)


def after_ingestions(construct: Construct, dataset: IDataset) -> None:
    """Make *construct* after all ingestions into *dataset*, those that the code adds later included."""
    if (ingestions := _ingestions(dataset)) is not None:
        construct.node.add_dependency(ingestions.done)


def _ingestions(dataset: IDataset) -> Ingestions | None:
    """What is known of the ingestions into *dataset*; None for a construct of somebody's own."""
    found = getattr(dataset, "_ingestions", None)
    return found if isinstance(found, Ingestions) else None
