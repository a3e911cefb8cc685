"""Everything that Lookout for Equipment remembers, per account and Region."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

from lookout_server.equipment.content import Content
from lookout_server.equipment.executions import InferenceScheduler
from lookout_server.equipment.schedulers import Switch
from lookout_server.equipment.schema import Schema
from lookout_server.identity.authorization import partition_of
from lookout_server.identity.policies import Statement
from lookout_server.protocol.tokens import ClientTokens
from lookout_server.tags import Tags
from lookout_server.work.progress import Work

Configuration = Mapping[str, Any]

#: Characters that a FailedReason may have (BoundedLengthString).
LONGEST_REASON = 5_000


@dataclass
class Job:
    """An ingestion job, or the import of a dataset, which shows as one."""

    number: int
    id: str
    dataset_name: str
    dataset_arn: str
    created_at: datetime
    #: What it brings when it ends: the data, or the reason why it failed; None while it is worked on.
    outcome: Content | str | None

    input: Configuration | None = None
    role_arn: str | None = None
    source_dataset_arn: str | None = None
    #: None once the job has ended.
    work: Work | None = None

    def found(self, outcome: Content | str, now: datetime) -> None:
        """Take over what the work has brought."""
        self.outcome = outcome
        if self.work:
            self.work.done(now)

    @property
    def content(self) -> Content | None:
        """The data of a job that has succeeded."""
        return self.outcome if self.work is None and isinstance(self.outcome, Content) else None

    @property
    def failed_reason(self) -> str | None:
        """Why the job has failed."""
        return self.outcome[:LONGEST_REASON] if self.work is None and isinstance(self.outcome, str) else None

    @property
    def is_import(self) -> bool:
        """Whether the data comes from another dataset."""
        return self.source_dataset_arn is not None

    @property
    def status(self) -> str:
        """The IngestionJobStatus."""
        if self.work:
            return "IMPORT_IN_PROGRESS" if self.is_import else "IN_PROGRESS"
        return "SUCCESS" if self.content else "FAILED"


@dataclass
class Dataset:
    """A dataset."""

    number: int
    name: str
    arn: str
    created_at: datetime
    updated_at: datetime
    kms_key_arn: str | None = None
    schema: Schema | None = None
    #: The data of the latest job that succeeded.
    content: Content | None = None

    input: Configuration | None = None
    role_arn: str | None = None
    source_dataset_arn: str | None = None
    #: The job that is under way.
    job: Job | None = None

    @property
    def status(self) -> str:
        """The DatasetStatus, which knows no failure."""
        if self.job:
            return "IMPORT_IN_PROGRESS" if self.job.is_import else "INGESTION_IN_PROGRESS"
        return "ACTIVE" if self.content else "CREATED"

    def end_job(self, now: datetime) -> None:
        """Take over what the job under way brings."""
        job, self.job = self.job, None
        if job is None:
            return
        job.work = None
        self.updated_at = now
        if job.content:
            self.content = job.content
            self.schema = job.content.schema
            self.input = job.input
            self.role_arn = job.role_arn
            self.source_dataset_arn = job.source_dataset_arn


@dataclass(frozen=True)
class Promotion:
    """Whether the version of a retraining becomes active when it succeeds, and why."""

    promoted: bool
    reason: str


@dataclass
class Version:
    """A version of a model."""

    number: int
    arn: str
    source_type: str
    created_at: datetime
    updated_at: datetime
    dataset_name: str
    dataset_arn: str
    schema: Schema
    #: Members of DescribeModelVersion that are known from the start.
    details: Configuration

    #: Members that are known once the version has succeeded.
    results: Configuration = field(default_factory=dict)

    #: Mean and standard deviation by (component, sensor), as its training found them; inference scores rows by it.
    profile: Mapping[tuple[str, str], tuple[float, float]] = field(default_factory=dict)

    #: Whether it was trained with labels.
    labeled: bool = False

    #: What a retraining decided; None for other versions.
    promotion: Promotion | None = None

    #: What an import adds to the accumulated inference data of the model once it has succeeded.
    inference_data: Content | None = None

    #: Writes what the training leaves in S3 when it ends; the members that show it, or why that fails the training.
    deliver: Callable[[], Configuration | str] | None = None

    #: Why it will fail, or has failed.
    failure: str | None = None

    work: Work | None = None
    ended_at: datetime | None = None

    def end(self, now: datetime) -> None:
        """Finish its making."""
        self.work = None
        self.ended_at = self.updated_at = now

    @property
    def failed_reason(self) -> str | None:
        """Why the version has failed."""
        return self.failure[:LONGEST_REASON] if self.failure and not self.work else None

    @property
    def status(self) -> str:
        """The ModelVersionStatus."""
        if self.work:
            return "IMPORT_IN_PROGRESS" if self.source_type == "IMPORT" else "IN_PROGRESS"
        return "FAILED" if self.failure else "SUCCESS"


@dataclass
class Activation:
    """A version that is or was active, since when."""

    version: Version
    at: datetime


@dataclass
class Model:
    """A model and its versions."""

    number: int
    name: str
    arn: str
    created_at: datetime
    updated_at: datetime
    #: LabelsInputConfiguration, RoleArn and ModelDiagnosticsOutputConfiguration, as last set.
    configuration: Configuration

    versions: dict[int, Version] = field(default_factory=dict)
    active: Activation | None = None
    previous: Activation | None = None
    retraining: RetrainingScheduler | None = None
    #: What its inference scheduler has processed successfully so far; retraining uses it beside the dataset.
    inference_data: Content | None = None

    @property
    def latest(self) -> Version:
        """The version with the highest number."""
        return self.versions[max(self.versions)]

    @property
    def status(self) -> str:
        """The ModelStatus: "the status of the most recent action of the model" (API text of DescribeModel)."""
        return self.latest.status

    @property
    def shown(self) -> Version:
        """The version that DescribeModel speaks of: the active one, or the latest while there is none."""
        return self.active.version if self.active else self.latest

    @property
    def latest_retraining(self) -> Version | None:
        """The version that was retrained last."""
        return next((one for _, one in sorted(self.versions.items(), reverse=True) if one.promotion), None)

    @property
    def in_the_making(self) -> list[Version]:
        """Versions whose training or import goes on."""
        return [version for version in self.versions.values() if version.work]

    def activate(self, version: Version, now: datetime) -> None:
        """Make a version the active one; nothing when it is already."""
        if self.active and self.active.version is version:
            return
        self.previous, self.active = self.active, Activation(version, now)
        self.updated_at = now

    def end(self, version: Version, now: datetime) -> None:
        """Finish the making of a version; the first of a new model becomes active (user guide, "Versioning")."""
        version.end(now)
        self.updated_at = now
        if version.status != "SUCCESS":
            return
        self.inference_data = version.inference_data or self.inference_data
        if version.number == 1 or (version.promotion and version.promotion.promoted):
            self.activate(version, now)


@dataclass
class RetrainingScheduler:
    """The retraining scheduler of a model, which has at most one."""

    number: int
    #: Midnight UTC.
    start_date: datetime

    frequency: str
    lookback: str
    promote_mode: str
    created_at: datetime
    updated_at: datetime
    switch: Switch
    #: When the next retraining is due; None when that is not before the calendar ends.
    next_at: datetime | None

    #: When the latest retraining was due.
    last_at: datetime | None = None


@dataclass
class Label:
    """A label: what was the matter with the equipment, from when to when."""

    number: int
    id: str
    start: datetime
    end: datetime
    rating: str
    created_at: datetime
    fault_code: str | None = None
    notes: str | None = None
    equipment: str | None = None


@dataclass
class LabelGroup:
    """A group of labels."""

    number: int
    name: str
    arn: str
    fault_codes: list[str]
    created_at: datetime
    updated_at: datetime
    #: By id.
    labels: dict[str, Label] = field(default_factory=dict)


@dataclass
class ResourcePolicy:
    """The policy on a dataset, model or version."""

    text: str
    statements: list[Statement]
    revision: str
    created_at: datetime
    updated_at: datetime


class Inventory:
    """What one account has in one Region."""

    def __init__(self, account: str, region: str, numbers: Iterator[int]) -> None:
        self.account = account
        self.region = region
        self.datasets: dict[str, Dataset] = {}
        self.jobs: dict[str, Job] = {}
        self.models: dict[str, Model] = {}
        self.label_groups: dict[str, LabelGroup] = {}
        self.inference_schedulers: dict[str, InferenceScheduler] = {}
        self.policies: dict[str, ResourcePolicy] = {}
        self.tags = Tags()
        self.tokens = ClientTokens()
        self._numbers = numbers

    def next_number(self) -> int:
        """A number that orders things by when they were made."""
        return next(self._numbers)

    def arn(self, kind: str, name: str, identity: str) -> str:
        """The ARN of a resource; `identity` is the id that the service gives it."""
        partition = partition_of(self.region)
        return f"arn:{partition}:lookoutequipment:{self.region}:{self.account}:{kind}/{name}/{identity}"

    def forget(self, arn: str) -> None:
        """Drop the tags and the policy of a resource that is gone."""
        self.tags.drop(arn)
        self.policies.pop(arn, None)

    def schedulers_of(self, model_name: str) -> list[str]:
        """The schedulers of a model, as messages name them; whoever adds a kind of scheduler adds it here."""
        model = self.models.get(model_name)
        if model is None:
            return []
        users = [one for one in self.inference_schedulers.values() if one.model_arn == model.arn]
        found = [f"the inference scheduler {user.name}" for user in users]
        return [*found, "its retraining scheduler"] if model.retraining else found


class State:
    """All accounts and Regions."""

    def __init__(self) -> None:
        self._inventories: dict[tuple[str, str], Inventory] = {}
        self._numbers = count(1)

    def of(self, account: str, region: str) -> Inventory:
        """What an account has in a Region."""
        key = (account, region)
        if key not in self._inventories:
            self._inventories[key] = Inventory(account, region, self._numbers)
        return self._inventories[key]

    def seen(self, account: str, region: str) -> Inventory:
        """What an account has in a Region; nothing is remembered of one that was never seen."""
        return self._inventories.get((account, region)) or Inventory(account, region, self._numbers)

    def all(self) -> list[Inventory]:
        """Every account and Region in which something may be going on."""
        return [one for one in self._inventories.values() if one.datasets or one.models or one.inference_schedulers]
