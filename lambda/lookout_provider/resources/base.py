"""What the lifecycle asks of a resource type."""

from __future__ import annotations

import enum
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from lookout_provider import ownership, properties
from lookout_provider.aws import Service
from lookout_provider.identity import fingerprint, generated_name, same, text
from lookout_provider.ownership import Lease, Tags
from lookout_provider.protocol import Request


class State(enum.Enum):
    """How far a live thing is."""

    READY = "ready"
    WORKING = "working"
    FAILED = "failed"


@dataclass
class Live:
    """A thing that exists in the service."""

    physical_id: str
    #: The ARN that holds its owner tag: its own, or its parent's where it takes no tags.
    arn: str
    #: What Describe says of it.
    description: Mapping[str, Any] = field(default_factory=dict)
    state: State = State.READY
    #: Why it failed, in the service's words.
    reason: str = ""
    #: The tags of `arn`, once they were read.
    tags: Tags | None = None


class Resource(ABC):
    """One custom resource: its desired state, and the calls that find, make, change and remove it.

    The class attributes are the type's traits. What the lifecycle does follows from them; no type has an
    exception of its own.
    """

    #: What it is called in messages.
    noun: ClassVar[str]
    #: The members of the create request that cannot change in place.
    create_only: ClassVar[tuple[str, ...]]
    #: Those that an update operation changes in place.
    updatable: ClassVar[tuple[str, ...]] = ()
    #: What Fn::GetAtt can ask for.
    attributes: ClassVar[tuple[str, ...]]
    #: The tag that names its owner.
    owner_tag: ClassVar[str] = ownership.OWNER
    #: Whether the API can delete it.
    deletable: ClassVar[bool] = True
    #: Whether it takes tags itself, the user's ones included. What does not is leased on its parent.
    taggable: ClassVar[bool] = True
    service_name: ClassVar[str] = "lookoutequipment"

    def __init__(self, request: Request) -> None:
        self.request = request
        self.service = Service(self.service_name, request.region)
        self.desired: dict[str, Any] = {}

    # -- desired state ------------------------------------------------------------------------------------

    def accept(self, given: Mapping[str, Any]) -> None:
        """Take *given* as the desired state, with every value as the API wants it.

        Raises InvalidProperty.
        """
        if not (seconds := self.option("WaitSeconds", "0")).isdigit():
            raise properties.InvalidProperty(f"Options.WaitSeconds: got {seconds!r}, expected whole seconds")
        members = {k: v for k, v in given.items() if k not in ("ServiceToken", "ServiceTimeout", "Options")}
        model = properties.operation(self.service_name, self.operation(members))
        self.desired = properties.coerce(model.input_shape, members, "") if model.input_shape else {}

    @abstractmethod
    def operation(self, members: Mapping[str, Any]) -> str:
        """The API operation whose request *members* are."""

    @property
    def identity(self) -> str:
        """8 hex digits of the create-only part of the desired state."""
        return fingerprint(self.desired, self.create_only)

    def option(self, name: str, default: str = "") -> str:
        return str(self.request.options.get(name, default))

    @property
    def tags(self) -> Tags:
        """The user's tags."""
        return ownership.read(self.desired.get("Tags", []))

    # -- physical ids -------------------------------------------------------------------------------------

    @abstractmethod
    def physical_id(self) -> str | None:
        """The physical id that the desired state leads to; None where the service assigns it."""

    def issued(self, physical_id: str) -> bool:
        """Whether *physical_id* is one that this provider gave out, not one that CloudFormation invented."""
        return physical_id == self.physical_id()

    def explicitly_named(self) -> bool:
        """Whether the user chose the name, so that there can be no second one beside it."""
        return False

    # -- live state ---------------------------------------------------------------------------------------

    @abstractmethod
    def find(self, physical_id: str) -> Live | None:
        """What *physical_id* stands for, or None."""

    def search(self) -> Live | None:
        """What the desired state would find under its own identity, whoever made it."""
        wanted = self.physical_id()
        return self.find(wanted) if wanted else None

    def read_tags(self, live: Live) -> Tags:
        if live.tags is None:
            live.tags = ownership.read(self.service.call("ListTagsForResource", ResourceArn=live.arn).get("Tags", []))
        return live.tags

    def owner(self, live: Live) -> str | None:
        """The owner of *live*, or None when nobody says to be."""
        return self.read_tags(live).get(self.owner_tag)

    def differences(self, live: Live) -> Sequence[str]:
        """The create-only members in which *live* differs from the desired state.

        What it was made with is on its identity tag, because no Describe returns all of it; only what somebody
        else made is compared member by member.
        """
        readable = [
            name
            for name in self.create_only
            if name in live.description and not same(live.description[name], self.desired.get(name))
        ]
        made_with = self.read_tags(live).get(ownership.IDENTITY)
        if made_with is None:
            return readable
        return [] if made_with == self.identity else readable or list(self.create_only)

    def outdated(self, live: Live) -> Sequence[str]:
        """The updatable members in which *live* differs from the desired state; what is not said is left as it is."""
        return [
            name
            for name in self.updatable
            if name in self.desired and not same(live.description.get(name), self.desired[name])
        ]

    # -- mutations ----------------------------------------------------------------------------------------

    @abstractmethod
    def create(self) -> Live:
        """Make it. The one call that makes it carries a client token, so it may run twice."""

    def update(self, live: Live, members: Sequence[str]) -> None:
        """Bring *members* of *live* to the desired state."""
        raise AssertionError(f"{type(self).__name__} declares no updatable members, got {members}")

    def delete(self, live: Live) -> None:
        """Remove it, or begin to."""
        raise AssertionError(f"{type(self).__name__} is not deletable")

    def born_with(self) -> list[dict[str, str]]:
        """The tags of a create request."""
        return ownership.write(self.tags | ownership.birth(self.request, self.identity))

    # -- attributes ---------------------------------------------------------------------------------------

    def data(self, live: Live) -> dict[str, str]:
        """All attributes, always: an Fn::GetAtt of a key that an answer lacks fails the whole stack."""
        return {name: text(live.description.get(name)) for name in self.attributes}


class Named(Resource):
    """A type whose name is chosen by us: `<stack name>-<construct>-<8 hex digits>`, or by the user."""

    #: The member of the create request that holds the name.
    name_member: ClassVar[str]

    def name(self) -> str:
        explicit = self.desired.get(self.name_member)
        return explicit or generated_name(self.request.stack_name, self.option("Name"), self.identity)

    def physical_id(self) -> str | None:
        return self.name()

    def issued(self, physical_id: str) -> bool:
        if physical_id == self.desired.get(self.name_member):
            return True
        generated = re.escape(generated_name(self.request.stack_name, self.option("Name"), ""))
        return re.fullmatch(generated + "[0-9a-f]{8}", physical_id) is not None

    def explicitly_named(self) -> bool:
        return self.name_member in self.desired

    def differences(self, live: Live) -> Sequence[str]:
        renamed = [] if self.issued(live.physical_id) else [self.name_member]
        return [*renamed, *super().differences(live)]


class Attached(Resource):
    """A type of which its parent has one, and which takes no tags: the parent holds the lease.

    Its physical id is fixed by the parent; it is changed in place, never replaced beside itself. It exists as soon
    as there is a lease: to create it is to take the lease, and the rest is an update.
    """

    taggable = False

    def differences(self, live: Live) -> Sequence[str]:
        return [] if self.issued(live.physical_id) else list(self.create_only)

    def lease(self, live: Live) -> Lease | None:
        """The lease that there is on the parent."""
        return Lease.parse(self.read_tags(live).get(self.owner_tag))

    def new_lease(self, live: Live) -> Lease:
        """The lease where there is none yet."""
        return Lease(self.request.stack_owner)

    def owner(self, live: Live) -> str | None:
        lease = self.lease(live)
        if lease is None:
            return None
        return self.request.owner if lease.held_by(self.request) else lease.stack

    def take_lease(self, live: Live) -> None:
        lease = self.lease(live) or self.new_lease(live)
        if not lease.held_by(self.request):
            self._write_lease(live, lease.joined_by(self.request))

    def leave_lease(self, live: Live) -> bool:
        """Whether other constructs of the stack hold it as well, and go on doing so."""
        lease = self.lease(live)
        left = lease.left_by(self.request) if lease else None
        if left is None or not left.holders:
            return False
        self._write_lease(live, left)
        return True

    def _write_lease(self, live: Live, lease: Lease) -> None:
        tag = {"Key": self.owner_tag, "Value": str(lease)}
        self.service.call("TagResource", ResourceArn=live.arn, Tags=[tag])
        live.tags = self.read_tags(live) | {self.owner_tag: str(lease)}

    def drop_lease(self, live: Live) -> None:
        self.service.attempt("UntagResource", ResourceArn=live.arn, TagKeys=[self.owner_tag])
