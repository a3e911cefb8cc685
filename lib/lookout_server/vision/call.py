"""One call to Lookout for Vision: the invocation, and the inventory that it works on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any

from lookout_server.protocol.pagination import page
from lookout_server.protocol.tokens import TOKEN
from lookout_server.service import Answer, Invocation, LaterAnswer
from lookout_server.vision.errors import Kind, conflict, not_found
from lookout_server.vision.forward import Caller, CallersS3
from lookout_server.vision.inspection import Inspection
from lookout_server.vision.state import Dataset, Inventory, Model, Project
from lookout_server.vision.transitions import Moving, Transition
from lookout_server.work.tasks import schedule

#: Items on a page when MaxResults is absent (API text of the lists).
PAGE_SIZE = 100


class VisionCall:
    """What the operations need: the parameters, the caller's inventory, and the caller's S3."""

    def __init__(self, invocation: Invocation, own: Inventory, inspection: Inspection) -> None:
        self.invocation = invocation
        self.own = own
        self.inspection = inspection
        self.keeper = own.session.keeper
        self.parameters = invocation.parameters
        self.settings = invocation.settings
        self.quotas = invocation.settings.vision_quotas
        self.now = invocation.now
        #: Whether the call has looked at something, which counts even when it is refused afterwards. So an operation
        #: changes nothing before its last reason to refuse.
        self.looked = False

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
        """Let a thing go on, because the caller looks at it."""
        self.looked = True
        thing.look(self.settings, self.now, look=True)
        if thing.transition:
            progress = thing.transition.progress(self.settings)
            self.invocation.await_end(thing.place, thing.transition.work, progress)

    def begin(self, thing: Moving, work: str, *statuses: str) -> None:
        """Let a thing change by a work, which is begun at once with the rights of the caller."""
        thing.transition = Transition.busy(statuses, self.now, Caller.of(self.invocation.request))
        schedule(self.own, work, thing.place, self.now)
        thing.watch(self.settings)

    def change(self, thing: Moving, *statuses: str, to: str, message: str | None = None) -> None:
        """Let a thing change by itself, with time."""
        thing.transition = Transition.idle(statuses, self.now, to, message)
        thing.watch(self.settings)

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

    def page(self, since: Callable[[int], Iterable[Any]], member: str, shown: Callable[[Any], Any]) -> Answer:
        """One page of numbered things, as the answer of a list; `since` gives those after a number."""
        found, token = page(
            since,
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
