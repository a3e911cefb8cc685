"""Everything that Lookout for Vision remembers, per account and Region."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lookout_server.accounts import Accounts
from lookout_server.identity.authorization import partition_of
from lookout_server.protocol.tokens import ClientTokens
from lookout_server.service import Task
from lookout_server.settings import Settings
from lookout_server.tags import Tags
from lookout_server.vision.manifest import Line
from lookout_server.vision.profile import Profile
from lookout_server.vision.rates import Rates
from lookout_server.vision.transitions import Moving


@dataclass(frozen=True)
class Entry:
    """An image of a dataset."""

    number: int
    line: Line
    added_at: datetime


@dataclass
class Dataset(Moving):
    """The training or the test dataset of a project."""

    type: str
    created_at: datetime
    updated_at: datetime
    #: By the location of the image.
    entries: dict[str, Entry] = field(default_factory=dict)


@dataclass
class Model(Moving):
    """A version of a project's model."""

    number: int
    arn: str
    created_at: datetime
    #: Members of DescribeModel that are known from the start.
    details: Mapping[str, Any]

    #: Members that a training has brought.
    results: Mapping[str, Any] = field(default_factory=dict)

    #: What it has learnt; None until it is trained.
    profile: Profile | None = None

    #: MinInferenceUnits and MaxInferenceUnits while it is hosted.
    units: Mapping[str, Any] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """Its number as the API writes it."""
        return str(self.number)


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
    output: Mapping[str, Any] | None = None


@dataclass
class Project:
    """A project with its datasets, versions of its model and packaging jobs."""

    number: int
    name: str
    arn: str
    created_at: datetime
    datasets: dict[str, Dataset] = field(default_factory=dict)
    models: dict[str, Model] = field(default_factory=dict)
    jobs: dict[str, PackagingJob] = field(default_factory=dict)
    #: How many versions it had so far: a number is not given twice.
    versions_made: int = 0

    def moving(self) -> list[Moving]:
        """Everything in it that has a status."""
        return [*self.datasets.values(), *self.models.values(), *self.jobs.values()]


class Inventory:
    """What one account has in one Region."""

    def __init__(self, account: str, region: str, numbers: Iterator[int]) -> None:
        self.account = account
        self.region = region
        self.projects: dict[str, Project] = {}
        #: Name and version of the Greengrass components that packaging jobs have made.
        self.components: set[tuple[str, str]] = set()

        self.tags = Tags()
        self.tokens = ClientTokens()
        self.rates = Rates()
        self._numbers = numbers

    def next_number(self) -> int:
        """A number that orders things by when they were made."""
        return next(self._numbers)

    def arn(self, resource: str) -> str:
        """The ARN of `project/<name>` or `model/<project>/<version>`."""
        return f"arn:{partition_of(self.region)}:lookoutvision:{self.region}:{self.account}:{resource}"

    def settle(self, settings: Settings, now: datetime) -> list[Task[Any]]:
        """End whatever is over by time; the tasks are what must be done for the rest to be over."""
        things = [thing for project in self.projects.values() for thing in project.moving()]
        tasks = [thing.look(settings, now) for thing in things]
        return [task for task in tasks if task]


State = Accounts[Inventory]
