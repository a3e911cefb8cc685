"""What the lifecycle asks of a resource type."""

from __future__ import annotations

import enum
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from lookout_provider import ownership
from lookout_provider.holding import Holding, Leased, Tagged, Unheld
from lookout_provider.identity import fingerprint, generated_name, same, text
from lookout_provider.ownership import Lease, Tags
from lookout_provider.protocol import Request
from lookout_shared import properties
from lookout_shared.aws import Service

#: The attribute by which those who wait notice that work is done anew.
GENERATION = "Generation"


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
    #: Whether it changes nothing, and is a look at what others own.
    only_looks: ClassVar[bool] = False
    #: Whether it takes tags itself, the user's ones included.
    taggable: ClassVar[bool] = True
    #: What tells who owns it.
    holding: ClassVar[type[Holding]] = Tagged
    #: Whether `create` only makes room for it, and the rest is the update that follows.
    made_by_update: ClassVar[bool] = False
    #: Whether a second one of the same parent cannot be made beside it, although it has a name of its own.
    one_per_parent: ClassVar[bool] = False
    #: Whether its physical id tells all that was asked, so that what is found under it is in force.
    id_tells: ClassVar[bool] = False
    service_name: ClassVar[str] = "lookoutequipment"

    def __init__(self, request: Request) -> None:
        self.request = request
        self.service = Service(self.service_name, request.region)
        self.desired: dict[str, Any] = {}
        #: Whether it is to go: by its Delete, or because CloudFormation has not heard of what the event made.
        self.removing = request.request_type == "Delete"
        #: What one step notes for the next one of the same event.
        self.memo: dict[str, str] = {}
        #: Whether the desired state is the one in force: what it reads and judges is as it was then.
        self.in_force = False

    # -- desired state ------------------------------------------------------------------------------------

    def accept(self, given: Mapping[str, Any]) -> None:
        """Take *given* as the desired state, with every value as the API wants it.

        Raises InvalidProperty.
        """
        if not re.fullmatch("[0-9]{1,9}", seconds := self.option("WaitSeconds", "0")):
            raise properties.InvalidProperty(f"Options.WaitSeconds: got {seconds!r}, expected whole seconds")
        members = {k: v for k, v in given.items() if k not in ("ServiceToken", "ServiceTimeout", "Options")}
        model = properties.operation(self.service_name, self.operation(members))
        self.desired = properties.coerce(model.input_shape, members, "") if model.input_shape else {}

    @abstractmethod
    def operation(self, members: Mapping[str, Any]) -> str:
        """The API operation whose request *members* are."""

    def called(self, physical_id: str) -> str:
        """What messages call it."""
        return f"{self.noun} {physical_id}"

    @property
    def identity(self) -> str:
        """8 hex digits of the create-only part of the desired state."""
        return fingerprint(self.desired, self.create_only)

    def option(self, name: str, default: str = "") -> str:
        return str(self.request.options.get(name, default))

    @property
    def gate(self) -> Sequence[Mapping[str, Any]]:
        """The limits that it has to keep once it is ready, see `gates`."""
        gate = self.request.options.get("Gate")
        return gate if isinstance(gate, list) else []

    @property
    def looks_outside(self) -> bool:
        """Whether more than its properties decides what becomes of it: files, or a gate on what changes by itself.

        Only then it is remembered which properties are in force.
        """
        return False

    @property
    def first_wait_seconds(self) -> int:
        """How long the first wait is."""
        return 2

    @property
    def passes_on(self) -> bool:
        """Whether another resource goes on waiting when this one's time is over."""
        return False

    @property
    def tags(self) -> Tags:
        """The user's tags."""
        return ownership.read(self.desired.get("Tags", []))

    # -- physical ids -------------------------------------------------------------------------------------

    @abstractmethod
    def physical_id(self) -> str | None:
        """The physical id that the desired state leads to; None where the service assigns it."""

    @staticmethod
    def thing(physical_id: str) -> str:
        """What *physical_id* stands for, without what it says of the past."""
        return physical_id

    def issued(self, physical_id: str) -> bool:
        """Whether *physical_id* is one that this provider gave out, not one that CloudFormation invented."""
        return physical_id == self.physical_id()

    def explicitly_named(self) -> bool:
        """Whether the user chose the name, so that there can be no second one beside it."""
        return False

    def replaces(self, current: Live) -> None:  # noqa: B027
        """Note that the desired state leads to another thing than *current*, which is ours."""

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
        """The owner of *live*, this construct in the form of today; None when nobody says to be."""
        owner = self.read_tags(live).get(self.owner_tag)
        return self.request.owner if owner in self.request.owners else owner

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

    def left_as_it_is(self, live: Live) -> str:
        """What to say of *live*, which does not pass its gate, where no rollback undoes it."""
        return ""

    # -- mutations ----------------------------------------------------------------------------------------

    @abstractmethod
    def create(self) -> Live:
        """Make it. The one call that makes it carries a client token, so it may run twice."""

    def update(self, live: Live, members: Sequence[str]) -> bool:
        """Bring *members* of *live* to the desired state, or one step closer; whether that is done."""
        raise AssertionError(f"{type(self).__name__} declares no updatable members, got {members}")

    def delete(self, live: Live) -> None:
        """Remove it, or begin to."""
        raise AssertionError(f"{type(self).__name__} is not deletable")

    def gone(self, live: Live) -> bool:
        """Whether nothing is left of *live*, after `delete`."""
        return self.find(live.physical_id) is None

    def abandon(self, live: Live) -> bool:
        """Leave *live*, of which CloudFormation has not heard, to a later event; whether one will remove it."""
        return False

    def born_with(self) -> list[dict[str, str]]:
        """The tags of a create request."""
        return ownership.write(self.tags | ownership.birth(self.request, self.identity))

    # -- attributes ---------------------------------------------------------------------------------------

    def data(self, live: Live) -> dict[str, str]:
        """All attributes, always: an Fn::GetAtt of a key that an answer lacks fails the whole stack."""
        known = {**live.description, GENERATION: self.generation(live)} if GENERATION in self.attributes else None
        return {name: text((known or live.description).get(name)) for name in self.attributes}

    def generation(self, live: Live) -> str:
        """What changes whenever the work is done anew: whoever waits for it then waits again."""
        if "CreatedAt" not in live.description:
            # The answer to the call that makes a thing does not say when.
            live = self.find(live.physical_id) or live
        return text(live.description.get("CreatedAt"))


class Named(Resource):
    """A type whose name is chosen by us: `<stack>-<construct>-<8 hex digits>`, or by the user."""

    #: The member of the create request that holds the name.
    name_member: ClassVar[str]

    def digits(self, stack_owner: str) -> str:
        """The digits at the end of a name that is generated in a stack known as *stack_owner*."""
        return self.identity

    @property
    def names(self) -> tuple[str, ...]:
        """The name that it gets, and then those that earlier releases would have given it."""
        if explicit := self.desired.get(self.name_member):
            return (explicit,)
        stacks = zip(self.request.beginnings, self.request.stack_owners, strict=True)
        return tuple(generated_name(name, self.option("Name"), self.digits(owner)) for name, owner in stacks)

    def name(self) -> str:
        return self.names[0]

    def physical_id(self) -> str | None:
        return self.name()

    def search(self) -> Live | None:
        found = super().search()
        return found or next((live for name in self.names[1:] if (live := self.find(name)) is not None), None)

    def issued(self, physical_id: str) -> bool:
        if physical_id == self.desired.get(self.name_member):
            return True
        names = (re.escape(generated_name(name, self.option("Name"), "")) for name in self.request.beginnings)
        return any(re.fullmatch(name + "[0-9a-f]{8}", physical_id) is not None for name in names)

    def explicitly_named(self) -> bool:
        return self.name_member in self.desired

    def differences(self, live: Live) -> Sequence[str]:
        explicit = self.desired.get(self.name_member)
        kept = live.physical_id == explicit if explicit else self.issued(live.physical_id)
        return [*([] if kept else [self.name_member]), *super().differences(live)]


class Attached(Resource):
    """A type of which its parent has one, and which takes no tags: the parent holds the lease.

    Its physical id is fixed by the parent; it is changed in place, never replaced beside itself. It exists as soon
    as there is a lease: to create it is to take the lease, and the rest is an update.
    """

    taggable = False
    holding = Leased
    made_by_update = True

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
        if lease.held_by(self.request):
            return self.request.owner
        return self.request.stack_owner if lease.stack in self.request.stack_owners else lease.stack

    def write_lease(self, live: Live, lease: Lease) -> None:
        tag = {self.owner_tag: str(lease)}
        self.service.call("TagResource", ResourceArn=live.arn, Tags=ownership.write(tag))
        live.tags = self.read_tags(live) | tag

    def brought_about(self, live: Live, *, former: bool) -> str | None:
        """Hex digits of what *live* is like, as its description does not tell; None where it is half-way to somewhere.

        Either the desired state has become true, or it still is as *former* properties wanted it. The lease has room
        for ten.
        """
        return ""

    def drop_lease(self, live: Live) -> None:
        self.service.attempt("UntagResource", ResourceArn=live.arn, TagKeys=[self.owner_tag])

    def gone(self, live: Live) -> bool:
        """What its parent is free of needs no further look."""
        return True


class Unowned(Resource):
    """A type that owns nothing: an action, or a look at what others own. Its Delete leaves everything as it is."""

    taggable = False
    deletable = False
    holding = Unheld

    def owner(self, live: Live) -> str | None:
        return self.request.owner

    def differences(self, live: Live) -> Sequence[str]:
        return []


class Action(Unowned):
    """A type that does something once. Only its own id leads back to it: every Create does it anew."""

    def physical_id(self) -> str | None:
        return None
