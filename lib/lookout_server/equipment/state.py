"""Everything that Lookout for Equipment remembers, per account and Region."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lookout_server.entities.blob import Blob
from lookout_server.entities.codec import Kept
from lookout_server.entities.session import NAMES, NUMBERS, Collection, Entity, Home, Session
from lookout_server.equipment.content import Accumulated, Content
from lookout_server.equipment.executions import InferenceScheduler
from lookout_server.equipment.ids import guid
from lookout_server.equipment.label_state import LabelGroup
from lookout_server.equipment.schedulers import Switch
from lookout_server.equipment.schema import Schema
from lookout_server.identity.authorization import partition_of
from lookout_server.protocol.tokens import ClientTokens
from lookout_server.tags import Tags
from lookout_server.work.progress import Work

Configuration = Mapping[str, Any]

#: Characters that a FailedReason may have (BoundedLengthString).
LONGEST_REASON = 5_000


@dataclass
class Job(Entity):
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
            self.work.done = now

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
class Dataset(Entity):
    """A dataset."""

    number: int
    name: str
    arn: str
    created_at: datetime
    updated_at: datetime
    kms_key_arn: str | None = None
    kept_schema: Kept[Schema] | None = None
    #: The data of the latest job that succeeded.
    content: Content | None = None

    input: Configuration | None = None
    role_arn: str | None = None
    source_dataset_arn: str | None = None
    #: The job that is under way.
    job_id: str | None = None

    @property
    def schema(self) -> Schema | None:
        """The components and sensors that it has, or is to have."""
        return self.kept_schema.value if self.kept_schema else None

    @property
    def job(self) -> Job | None:
        """The job that is under way."""
        found: Job | None = self.home.jobs.get(self.job_id) if self.job_id else None
        return found

    @property
    def status(self) -> str:
        """The DatasetStatus, which knows no failure."""
        if self.job:
            return "IMPORT_IN_PROGRESS" if self.job.is_import else "INGESTION_IN_PROGRESS"
        return "ACTIVE" if self.content else "CREATED"

    def end_job(self, now: datetime) -> None:
        """Take over what the job under way brings."""
        job, self.job_id = self.job, None
        if job is None:
            return
        job.work = None
        self.updated_at = now
        if job.content:
            self.content = job.content
            self.kept_schema = self.home.kept_schema(job.content.schema)
            self.input = job.input
            self.role_arn = job.role_arn
            self.source_dataset_arn = job.source_dataset_arn


@dataclass(frozen=True)
class Promotion:
    """Whether the version of a retraining becomes active when it succeeds, and why."""

    promoted: bool
    reason: str


@dataclass
class Version(Entity):
    """A version of a model."""

    number: int
    arn: str
    source_type: str
    created_at: datetime
    updated_at: datetime
    dataset_name: str
    dataset_arn: str
    kept_schema: Kept[Schema]
    #: Members of DescribeModelVersion that are known from the start.
    details: Configuration

    #: Members that are known once the version has succeeded.
    results: Configuration = field(default_factory=dict)

    #: What its training has learned, see `artefacts`.
    model: Blob | None = None

    #: How many seconds the rows have by which it was trained, and by which it judges.
    seconds: int = 1

    #: Whether it was trained with labels.
    labeled: bool = False

    #: What a retraining decided; None for other versions.
    promotion: Promotion | None = None

    #: The version that was active when a retraining began.
    prior: int | None = None

    #: What an import adds to the accumulated inference data of the model once it has succeeded.
    inference_data: Accumulated | None = None

    #: Why it will fail, or has failed.
    failure: str | None = None

    work: Work | None = None
    ended_at: datetime | None = None

    @property
    def schema(self) -> Schema:
        """The components and sensors that it was trained with."""
        return self.kept_schema.value

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


@dataclass(frozen=True)
class Activation:
    """A version that is or was active, by its number, since when."""

    number: int
    at: datetime


@dataclass
class Model(Entity):
    """A model and its versions."""

    number: int
    name: str
    arn: str
    created_at: datetime
    updated_at: datetime
    #: LabelsInputConfiguration, RoleArn and ModelDiagnosticsOutputConfiguration, as last set.
    configuration: Configuration

    active: Activation | None = None
    previous: Activation | None = None
    retraining: RetrainingScheduler | None = None
    #: What its inference scheduler has processed successfully so far; retraining uses it beside the dataset.
    inference_data: Accumulated | None = None

    @property
    def versions(self) -> Collection[int, Version]:
        """Its versions by number."""
        return Collection(self.home, "version", Version, NUMBERS, guid(self.arn))

    @property
    def active_version(self) -> Version | None:
        """The version that inference uses."""
        return self.versions[self.active.number] if self.active else None

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
        return self.active_version or self.latest

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
        if self.active and self.active.number == version.number:
            return
        self.previous, self.active = self.active, Activation(version.number, now)
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
class ResourcePolicy(Entity):
    """The policy on a dataset, model or version."""

    text: str
    revision: str
    created_at: datetime
    updated_at: datetime


class Inventory(Home):
    """What one account has in one Region."""

    service = "lookoutequipment"

    def __init__(self, session: Session, account: str, region: str) -> None:
        super().__init__(session, account, region)
        self.datasets = Collection(self, "dataset", Dataset, NAMES, counted=True)
        self.jobs = Collection(self, "job", Job, NAMES)
        self.models = Collection(self, "model", Model, NAMES, counted=True)
        self.label_groups = Collection(self, "label-group", LabelGroup, NAMES, counted=True)
        self.inference_schedulers = Collection(self, "inference-scheduler", InferenceScheduler, NAMES, counted=True)
        self.policies = Collection(self, "policy", ResourcePolicy, NAMES)
        self.tags = Tags(self)
        self.tokens = ClientTokens(self)

    def kept_schema(self, schema: Schema) -> Kept[Schema]:
        """A schema, to be kept with something."""
        return Kept.of(self.session.keeper, Schema, schema)

    def arn(self, kind: str, name: str, identity: str) -> str:
        """The ARN of a resource; `identity` is the id that the service gives it."""
        partition = partition_of(self.region)
        return f"arn:{partition}:lookoutequipment:{self.region}:{self.account}:{kind}/{name}/{identity}"

    def forget(self, arn: str) -> None:
        """Drop the tags and the policy of a resource that is gone."""
        self.tags.drop(arn)
        self.policies.pop(arn)

    def schedulers_of(self, model_name: str) -> list[str]:
        """The schedulers of a model, as messages name them; whoever adds a kind of scheduler adds it here."""
        model = self.models.get(model_name)
        if model is None:
            return []
        users = [one for one in self.inference_schedulers.values() if one.model_arn == model.arn]
        found = [f"the inference scheduler {user.name}" for user in users]
        return [*found, "its retraining scheduler"] if model.retraining else found
