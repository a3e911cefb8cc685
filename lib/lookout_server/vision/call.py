"""One call to Lookout for Vision: the invocation, and the inventory that it works on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from lookout_server.protocol.pagination import page
from lookout_server.protocol.tokens import TOKEN
from lookout_server.service import Answer, First, Invocation, LaterAnswer
from lookout_server.vision.errors import Kind, conflict, not_found
from lookout_server.vision.forward import CallersS3
from lookout_server.vision.state import Dataset, Inventory, Model, Project, State
from lookout_server.vision.transitions import Moving

#: Items on a page when MaxResults is absent (API text of the lists).
PAGE_SIZE = 100


class VisionCall:
    """What the operations need: the parameters, the caller's inventory, and the caller's S3."""

    def __init__(self, invocation: Invocation, state: State) -> None:
        self.invocation = invocation
        self.own: Inventory = state.of(invocation.account, invocation.region)
        self.parameters = invocation.parameters
        self.settings = invocation.settings
        self.quotas = invocation.settings.vision_quotas
        self.now = invocation.now

    @cached_property
    def s3(self) -> CallersS3:
        """S3 with the caller's own rights."""
        return CallersS3(self.invocation)

    def get(self, name: str) -> Any:
        """A parameter, or None."""
        return self.parameters.get(name)

    def authorize_any(self) -> None:
        """Ask for an operation that IAM knows no resources of (service authorization reference)."""
        self.invocation.authorize("*")

    def authorize_project(self) -> str:
        """Ask for the project that ProjectName names; its ARN."""
        arn = self.own.arn(f"project/{self.parameters['ProjectName']}")
        self.invocation.authorize(arn)
        return arn

    def authorize_model(self) -> None:
        """Ask for the model that ProjectName and ModelVersion name, with the tags that it has."""
        project, version = self.parameters["ProjectName"], self.parameters["ModelVersion"]
        found = self.own.projects.get(project)
        arn = self.own.arn(f"model/{project}/{_resolved(found, version) if found else version}")
        self.invocation.authorize(arn, resource_tags=self.own.tags.of(arn))

    def once(self) -> None:
        """End the call with the earlier answer when its client token, if it has one, was used before."""
        if TOKEN in self.parameters:
            self.invocation.once(self.own.tokens)

    def project(self) -> Project:
        """The project that ProjectName names."""
        name = self.parameters["ProjectName"]
        found = self.own.projects.get(name)
        if found is None:
            raise not_found(f"Project {name} does not exist", "PROJECT", name)
        return found

    def dataset(self) -> Dataset:
        """The dataset that ProjectName and DatasetType name."""
        project, kind = self.project(), self.parameters["DatasetType"]
        found = project.datasets.get(kind)
        if found is None:
            raise not_found(f"Project {project.name} has no {kind} dataset", "DATASET", f"{project.name}/{kind}")
        return found

    def model(self) -> Model:
        """The model that ProjectName and ModelVersion name; `latest` is the one with the highest version."""
        project, version = self.project(), self.parameters["ModelVersion"]
        found = project.models.get(_resolved(project, version))
        if found is None:
            message = f"Project {project.name} has no version {version} of its model"
            raise not_found(message, "MODEL", f"{project.name}/{version}")
        return found

    def look(self, thing: Moving) -> None:
        """Let a thing go on, because the caller looks at it; what must be done for it to be over is done first."""
        task = thing.look(self.settings, self.now, look=self.invocation)
        if task:
            raise First(task)
        if thing.transition:
            self.invocation.await_end(thing.transition.work, thing.transition.progress(self.settings))

    def refuse_unless(
        self, thing: Moving, allowed: Sequence[str], doing: str, named: str, kind: Kind, identity: str
    ) -> None:
        """Raise a ConflictException when a thing has another status; that counts as a look at it."""
        status = thing.status
        self.look(thing)
        if thing.status not in allowed:
            raise conflict(
                f"{named} cannot be {doing}: its status is {status}, expected {' or '.join(allowed)}", kind, identity
            )

    def page(self, items: Sequence[Any], member: str, shown: Callable[[Any], Any]) -> Answer:
        """One page of numbered things, as the answer of a list."""
        found, token = page(
            items,
            lambda item: int(item.number),
            self.parameters,
            scope=f"{self.own.account} {self.own.region} {self.invocation.operation}",
            default_size=PAGE_SIZE,
        )
        return {member: [shown(item) for item in found], "NextToken": token}


def _resolved(project: Project, version: str) -> str:
    if version == "latest" and project.models:
        return str(max(model.number for model in project.models.values()))
    return version


Operation = Callable[[VisionCall], Answer | LaterAnswer]
