"""Everything that Lookout for Vision remembers, per account and Region."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lookout_server.entities.blob import Blob, Keeper
from lookout_server.entities.codec import Kept
from lookout_server.entities.session import NAMES, Collection, Entity, Home, Session
from lookout_server.identity.authorization import partition_of
from lookout_server.protocol.tokens import ClientTokens
from lookout_server.tags import Tags
from lookout_server.vision.manifest import Line
from lookout_server.vision.transitions import GONE, Moving

#: Entries that are kept together: a page of a list is read without all the others.
_TOGETHER = 1_000


@dataclass(frozen=True)
class Entry:
    """An image of a dataset."""

    #: Its place in the dataset, counted from 1 without gaps.
    number: int

    line: Line
    #: None: with the latest change of the dataset.
    added_at: datetime | None


@dataclass(frozen=True)
class Images:
    """What is in a dataset, at one time."""

    kept: list[Kept[list[Entry]]]
    total: int
    normal: int
    anomaly: int

    @classmethod
    def of(cls, keeper: Keeper, entries: list[Entry]) -> Images:
        """Keep the entries, and count them."""
        labels = [entry.line.label for entry in entries]
        parts = [entries[start : start + _TOGETHER] for start in range(0, len(entries), _TOGETHER)]
        kept = [Kept.of(keeper, list[Entry], part) for part in parts]
        return cls(kept, len(labels), labels.count("normal"), labels.count("anomaly"))

    def since(self, number: int = 0) -> Iterator[Entry]:
        """The entries after a number, read as far as they are looked at."""
        for part in self.kept[max(0, number) // _TOGETHER :]:
            yield from (entry for entry in part.value if entry.number > number)


@dataclass
class Dataset(Moving):
    """The training or the test dataset of a project."""

    type: str
    created_at: datetime
    updated_at: datetime
    images: Images
    #: Bucket, Key and VersionId of the manifest that it is made of.
    source: Mapping[str, Any] | None = None
    #: The changes that are under way.
    changes: Blob | None = None
    #: What it will have when the change under way succeeds.
    coming: Images | None = None

    def found(self, outcome: Images | str, now: datetime) -> None:
        """Take over what a manifest or changes bring, or why they cannot be used."""
        assert self.transition
        then: list[str] = []
        if self.status == "CREATE_IN_PROGRESS":
            to, failed = "CREATE_COMPLETE", "CREATE_FAILED"
        else:
            to, failed = "UPDATE_COMPLETE", "UPDATE_FAILED_ROLLBACK_COMPLETE"
            then = ["UPDATE_FAILED_ROLLBACK_IN_PROGRESS"]
        if isinstance(outcome, str):
            self.transition.found(failed, outcome, now, *then)
        else:
            self.coming = outcome
            self.transition.found(to, None, now)
        self.changes = None

    def arrive(self, now: datetime) -> None:
        """Its new images count from now on."""
        self.images, self.coming = self.coming or self.images, None
        if self.status in ("CREATE_COMPLETE", "CREATE_FAILED", "UPDATE_COMPLETE"):
            self.updated_at = now
        if self.status == GONE:
            self.home.remove(self)


@dataclass(frozen=True)
class Inspector:
    """What looks at images, as it is kept."""

    #: A zip of what `detection.images` stores of a model, without its network.
    model: Blob
    #: Width and height of its images in pixels.
    size: tuple[int, int]
    #: The colour of each anomaly label; none for a classification model.
    colors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Learned:
    """What a training has brought."""

    inspector: Inspector
    #: Members of DescribeModel.
    results: Mapping[str, Any]
    #: What DescribeModel says besides, such as what could not be measured.
    remarks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Outcome:
    """What a training has brought, and what it leaves for the next one."""

    learned: Learned
    #: Features that it has computed, and those of earlier trainings that it had no use for.
    features: list[Blob] = field(default_factory=list)
    useless: list[Blob] = field(default_factory=list)


@dataclass
class Model(Moving):
    """A version of a project's model."""

    number: int
    arn: str
    created_at: datetime
    #: Members of DescribeModel that are known from the start.
    details: Mapping[str, Any]

    #: What it is trained with, and, where there is a test dataset, tested; nothing any more when that is done.
    samples: list[Images] = field(default_factory=list)

    #: What it has learnt; None until that is done.
    learned: Learned | None = None

    #: MinInferenceUnits and MaxInferenceUnits while it is hosted.
    units: Mapping[str, Any] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """Its number as the API writes it."""
        return str(self.number)

    @property
    def project(self) -> Project:
        """The project that it is a model of."""
        found: Project = self.home.projects[self.place.split("/")[1]]
        return found

    @property
    def results(self) -> Mapping[str, Any]:
        """Members of DescribeModel that its training has brought, once that is over."""
        return self.learned.results if self.learned and self.status != "TRAINING" else {}

    def found(self, outcome: Outcome | str | None, now: datetime) -> None:
        """Take over what its training brings, or why that fails; or whether it could be loaded."""
        assert self.transition
        if self.status == "STARTING_HOSTING":
            self.transition.found("HOSTING_FAILED" if outcome else "HOSTED", str(outcome) if outcome else None, now)
            return
        assert outcome is not None
        self.samples = []
        if isinstance(outcome, str):
            self.transition.found("TRAINING_FAILED", outcome, now)
        else:
            self.learned = outcome.learned
            self.project.remember(outcome)
            self.transition.found("TRAINED", None, now)

    def arrive(self, now: datetime) -> None:
        """It has units only while it is hosted, and tags as long as it is there."""
        if self.status != "HOSTED":
            self.units = {}
        if self.status == GONE:
            self.home.remove(self)
            self.home.tags.drop(self.arn)


@dataclass
class Features(Entity):
    """What trainings have computed of the images of a project, for the next one; it goes with the training dataset."""

    packs: list[Blob]

    def after(self, outcome: Outcome) -> Features:
        """With what a training has computed, and without what was of no use."""
        useless = [pack.reference for pack in outcome.useless]
        return Features([*(one for one in self.packs if one.reference not in useless), *outcome.features])


@dataclass
class Component(Entity):
    """The name and version of a component for AWS IoT Greengrass, taken."""

    #: The place of the packaging job that makes it.
    job: str


@dataclass
class PackagingJob(Moving):
    """A model packaging job."""

    number: int
    name: str
    version: str
    configuration: Mapping[str, Any]
    description: str | None
    created_at: datetime
    updated_at: datetime
    #: ModelPackagingOutputDetails; known when its component is written.
    details: Mapping[str, Any] | None = None

    @property
    def component(self) -> tuple[str, str]:
        """Name and version of the component that it makes."""
        greengrass = self.configuration["Greengrass"]
        # API text: without a ComponentVersion it is "Model Version.0.0".
        return greengrass["ComponentName"], greengrass.get("ComponentVersion") or f"{self.version}.0.0"

    @property
    def model(self) -> Model | None:
        """The version that it packages."""
        project: Project = self.home.projects[self.place.split("/")[1]]
        return project.models.get(self.version)

    @property
    def output(self) -> Mapping[str, Any] | None:
        """ModelPackagingOutputDetails, once it is over."""
        return None if self.transition else self.details

    def take_component(self) -> bool:
        """Whether nobody else has a component of this name and version; then it is the job's own."""
        components, key = self.home.components, "/".join(self.component)
        held = components.get(key)
        if held is None:
            components[key] = Component(self.place)
        return held is None or held.job == self.place

    def found(self, outcome: Mapping[str, Any] | str, now: datetime) -> None:
        """Take over where the component is, or why there is none."""
        assert self.transition
        if isinstance(outcome, str):
            components, key = self.home.components, "/".join(self.component)
            held = components.get(key)
            if held and held.job == self.place:
                del components[key]
            self.transition.found("FAILED", outcome, now)
        else:
            self.details = outcome
            self.transition.found("SUCCEEDED", None, now)

    def arrive(self, now: datetime) -> None:
        """The time of that shows."""
        self.updated_at = now


@dataclass
class Project(Entity):
    """A project; its datasets, versions of its model and packaging jobs are found by its guid."""

    number: int
    name: str
    arn: str
    created_at: datetime
    #: How many versions it had so far: a number is not given twice.
    versions_made: int = 0
    #: What tells it from an earlier project of the same name.
    guid: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def datasets(self) -> Collection[str, Dataset]:
        """Its datasets by type."""
        return Collection(self.home, "dataset", Dataset, NAMES, self.guid)

    @property
    def models(self) -> Collection[str, Model]:
        """The versions of its model."""
        return Collection(self.home, "model", Model, NAMES, self.guid)

    @property
    def jobs(self) -> Collection[str, PackagingJob]:
        """Its packaging jobs by name."""
        return Collection(self.home, "job", PackagingJob, NAMES, self.guid)

    @property
    def features(self) -> Collection[str, Features]:
        """What was computed of its images, under the type of the dataset with which it goes."""
        return Collection(self.home, "features", Features, NAMES, self.guid)

    def remember(self, outcome: Outcome) -> None:
        """Keep what a training has computed, unless the dataset is gone by now."""
        features, kind = self.features, "train"
        packs = (features.get(kind) or Features([])).after(outcome)
        features.pop(kind)
        if kind in self.datasets and packs.packs:
            features[kind] = packs

    def place(self, kind: str, key: str) -> str:
        """The place of something in it."""
        return f"{kind}/{self.name}/{self.guid}/{key}"

    def moving(self) -> list[Moving]:
        """Everything in it that has a status."""
        return [*self.datasets.values(), *self.models.values(), *self.jobs.values()]


class Inventory(Home):
    """What one account has in one Region."""

    service = "lookoutvision"

    def __init__(self, session: Session, account: str, region: str) -> None:
        super().__init__(session, account, region)
        self.projects = Collection(self, "project", Project, NAMES, counted=True)
        #: The versions of the models of all projects, by ids that mean nothing.
        self.models = Collection(self, "model", Model, NAMES)
        #: The packaging jobs of all projects in the same way.
        self.jobs = Collection(self, "job", PackagingJob, NAMES)
        #: The Greengrass components that packaging jobs have made or are making, by `name/version`.
        self.components = Collection(self, "component", Component, NAMES)

        self.tags = Tags(self)
        self.tokens = ClientTokens(self)

    def arn(self, resource: str) -> str:
        """The ARN of `project/<name>` or `model/<project>/<version>`."""
        return f"arn:{partition_of(self.region)}:lookoutvision:{self.region}:{self.account}:{resource}"

    def find(self, place: str) -> Dataset | Model | PackagingJob | None:
        """What is at a place; None when it is gone, its project made anew included."""
        kind, name, guid, key = place.split("/")
        project = self.projects.get(name)
        if project is None or project.guid != guid:
            return None
        if kind == "dataset":
            return project.datasets.get(key)
        return project.models.get(key) if kind == "model" else project.jobs.get(key)

    def remove(self, thing: Dataset | Model) -> None:
        """Forget a thing that is gone."""
        kind, name, _, key = thing.place.split("/")
        project = self.projects[name]
        del (project.datasets if kind == "dataset" else project.models)[key]
        if kind == "dataset":
            project.features.pop(key)
