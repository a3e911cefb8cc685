"""How a stack holds what it manages: by tags on the thing, a lease on its parent, the id alone, or not at all."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from lookout_provider import ownership
from lookout_provider.ownership import Adopted, Tags
from lookout_shared import log

if TYPE_CHECKING:
    from lookout_provider.resources.base import Attached, Live, Resource
    from lookout_provider.resources.issued import Issued


#: Before the name in a physical id: it was there already.
FOUND = "found:"
#: How many digits stand for properties.
_DIGITS = 8
#: Characters that the value of a tag takes.
_LONGEST_VALUE = 256


class Refused(Exception):
    """What was asked for cannot be, and everything is as it was."""


class Holding(ABC):
    """What holding a thing takes, for one custom resource."""

    #: What to do about a thing that somebody else holds.
    way_out: ClassVar[str] = ""
    #: Whether a thing tells who holds it.
    tells_owner: ClassVar[bool] = True

    def __init__(self, resource: Resource) -> None:
        self.resource = resource
        self.request = resource.request

    def may_remake(self, live: Live) -> bool:
        """Whether *live*, which failed, may be removed and made again."""
        return False

    @abstractmethod
    def admit(self, live: Live, differences: Sequence[str]) -> None:
        """Raise Refused unless *live*, which this construct does not hold, may become its own."""

    @abstractmethod
    def take(self, live: Live) -> None:
        """Hold *live*, from now on at the latest."""

    def confirm(self, live: Live) -> None:  # noqa: B027
        """An Update has come: whatever led to *live* has succeeded."""

    def made(self, live: Live) -> bool:
        """Whether *live*, which this event leads to, was made by it, and not there before."""
        return True

    @abstractmethod
    def let_go(self, live: Live) -> bool:
        """Let go of *live*; True when it stays: others hold it too, or it was there before."""

    def recall(self, live: Live | None) -> str | None:
        """Digits of the properties that are in force: the last ones for which *live* was complete."""
        return None

    def remember(self, live: Live, digits: str, *, former: bool = False) -> None:  # noqa: B027
        """Put *digits* in the place of those; they are of the *former* properties where nothing was remembered."""

    def not_ours(self, live: Live) -> str:
        """Why *live* was not touched."""
        called = self.resource.called(live.physical_id)
        return f"{called} exists and {self.whose(live)}; it was not touched: {self.way_out}"

    def whose(self, live: Live) -> str:
        """Who holds *live*, as a message says it."""
        owner = self.resource.owner(live)
        return f"belongs to {owner}" if owner else "was not made by this stack"


class Unheld(Holding):
    """There is nothing to own: an action that was carried out, a look at what others own."""

    def admit(self, live: Live, differences: Sequence[str]) -> None:
        """Nobody else can hold it either."""

    def take(self, live: Live) -> None:
        """Nothing holds it."""

    def made(self, live: Live) -> bool:
        return False

    def let_go(self, live: Live) -> bool:
        return False

    def recall(self, live: Live | None) -> str | None:
        return self.request.wanted if live is not None and self.resource.id_tells else None


class Noted(Unheld):
    """It takes no tags; its parent notes it under a key made of its owner, so nobody else can mean the same thing."""

    def made(self, live: Live) -> bool:
        return True


class Leased(Holding):
    """It takes no tags, and its parent has one of it: the lease on the parent tells who holds it."""

    resource: Attached
    way_out = "remove it there first"

    def admit(self, live: Live, differences: Sequence[str]) -> None:
        """One per parent: a renamed construct holds it together with the old one until that is deleted."""
        if self.resource.owner(live) != self.request.stack_owner:
            raise Refused(self.not_ours(live))
        if self.resource.outdated(live):
            raise Refused(
                f"{self.resource.called(live.physical_id)} is held by another construct of this stack, and is "
                f"otherwise than desired: to rename a construct and change it takes two deployments"
            )

    def take(self, live: Live) -> None:
        found = self.resource.lease(live)
        joined = (found or self.resource.new_lease(live)).joined_by(self.request)
        if joined != found:
            self.resource.write_lease(live, joined)

    def let_go(self, live: Live) -> bool:
        lease = self.resource.lease(live)
        left = lease.left_by(self.request) if lease else None
        if left is None or not left.holders:
            return False
        self.resource.write_lease(live, left)
        return True

    def recall(self, live: Live | None) -> str | None:
        lease = self.resource.lease(live) if live is not None else None
        if lease is None or not lease.of:
            return None
        known = [one[:_DIGITS] for one in lease.of.split("+")]
        return self.request.wanted if self.request.wanted in known else known[-1]

    def remember(self, live: Live, digits: str, *, former: bool = False) -> None:
        lease, brought_about = self.resource.lease(live), self.resource.brought_about(live, former=former)
        if lease is None or brought_about is None:
            return
        remembered = replace(lease, of=digits + brought_about)
        if lease.of and lease.left_by(self.request).holders:
            # A renamed construct brings about what was there: CloudFormation may still come back to the old one.
            both = replace(lease, of=f"{lease.of.split('+')[-1][:_DIGITS]}+{remembered.of}")
            remembered = both if len(str(both)) <= _LONGEST_VALUE else remembered
        self.resource.write_lease(live, remembered)


_NAME_OR_ADOPT = "use another name, remove it, or take it over with adopt_existing=True"


def _refuse_different(resource: Resource, live: Live, differences: Sequence[str]) -> None:
    """Raise Refused for what cannot be adopted, because it is otherwise than desired."""
    if differences:
        raise Refused(
            f"{resource.called(live.physical_id)} exists with another {' and '.join(differences)}, "
            f"so it cannot be adopted"
        )


class ById(Holding):
    """It takes no tags, and nothing else can note its owner: the id that was issued is the proof.

    That something was there before can only be remembered in that id, and in the properties:

    - What another life of the stack has left, and this Create has found again, is issued with `FOUND` before its name.
      An Update issues the name alone. So the rollback of that Create leaves what it did not make.
    - What was made instead of another thing is issued with the digits of that one behind its name: a rollback knows by
      them what it leads back to.
    - What was adopted stays as long as the properties say `AdoptExisting`, whoever made it in the end.
    """

    resource: Issued
    way_out = _NAME_OR_ADOPT
    tells_owner = False

    def may_remake(self, live: Live) -> bool:
        """What failed when it was made holds nothing; this event's own failure is reported."""
        return not self.resource.made_by_this_event(live)

    def admit(self, live: Live, differences: Sequence[str]) -> None:
        if not self._adopting():
            raise Refused(self.not_ours(live))
        _refuse_different(self.resource, live, [*differences, *self.resource.outdated(live)])

    def take(self, live: Live) -> None:
        if self.request.request_type == "Create" and self._left_over(live):
            live.physical_id = FOUND + live.physical_id

    def made(self, live: Live) -> bool:
        return self.resource.made_by_this_event(live)

    def confirm(self, live: Live) -> None:
        live.physical_id = live.physical_id.removeprefix(FOUND)

    def let_go(self, live: Live) -> bool:
        adopted = self._adopting() and not self.resource.only_ours(live)
        if adopted:
            self.resource.forget(live)
        return adopted or live.physical_id.startswith(FOUND)

    def recall(self, live: Live | None) -> str | None:
        return self.resource.recall(live)

    def remember(self, live: Live, digits: str, *, former: bool = False) -> None:
        self.resource.remember(live, digits, former=former)

    def whose(self, live: Live) -> str:
        return "nothing proves that this stack made it"

    def _adopting(self) -> bool:
        return self.resource.option("AdoptExisting") == "true"

    def _left_over(self, live: Live) -> bool:
        """Whether *live* outlived its construct, and is one that the stack does not delete on purpose."""
        kept = self.resource.option("RemovalPolicy") != "destroy" and self.resource.only_ours(live)
        return kept and not self.resource.made_by_this_event(live)


class Tagged(Holding):
    """Its own tags tell who holds it."""

    way_out = _NAME_OR_ADOPT

    def may_remake(self, live: Live) -> bool:
        """Ours, and a failure of an earlier event: this event's own is reported."""
        return self.resource.owner(live) == self.request.owner and not self.made(live)

    def admit(self, live: Live, differences: Sequence[str]) -> None:
        if not self._adopting():
            raise Refused(self.not_ours(live))
        _refuse_different(self.resource, live, differences)

    def take(self, live: Live) -> None:
        ours = ownership.reserved(self._ours(live))
        adopted = ours.get(ownership.ADOPTED) == Adopted.FOREIGN
        # What was adopted keeps the tags that somebody else gave it.
        theirs = ownership.users(self.resource.read_tags(live)) if adopted else {}
        self._retag(live, ours | theirs | self.resource.tags)

    def made(self, live: Live) -> bool:
        return self.resource.read_tags(live).get(ownership.MADE_BY) == ownership.made_by(self.request)

    def confirm(self, live: Live) -> None:
        self._retag(live, self._ours(live))

    def let_go(self, live: Live) -> bool:
        tags = self.resource.read_tags(live)
        adopted = tags.get(ownership.ADOPTED)
        if adopted not in (Adopted.FOREIGN, Adopted.LEFTOVER):
            return False
        if adopted == Adopted.FOREIGN:
            self._retag(live, ownership.given_back(tags))
        log.write("released", request=self.request, physical_id=live.physical_id, adopted=adopted)
        return True

    def recall(self, live: Live | None) -> str | None:
        return self.resource.read_tags(live).get(ownership.IN_FORCE) if live is not None else None

    def remember(self, live: Live, digits: str, *, former: bool = False) -> None:
        self._retag(live, self.resource.read_tags(live) | {ownership.IN_FORCE: digits})

    def _adopting(self) -> bool:
        return self.resource.option("AdoptExisting") == "true"

    def _ours(self, live: Live) -> Tags:
        """The tags of *live* with ours as they should be, its adoption included. See `Adopted`."""
        tags = dict(self.resource.read_tags(live))
        adopted = tags.get(ownership.ADOPTED)
        if tags.get(ownership.OWNER) not in self.request.owners:
            return tags | ownership.birth(self.request, self.resource.identity) | {ownership.ADOPTED: Adopted.FOREIGN}
        tags[ownership.OWNER] = self.request.owner
        if adopted == Adopted.FOREIGN and not self._adopting():
            tags[ownership.ADOPTED] = Adopted.CLAIMED
        elif adopted == Adopted.CLAIMED and self._adopting():
            tags[ownership.ADOPTED] = Adopted.FOREIGN
        elif adopted == Adopted.LEFTOVER and self.request.physical_id == live.physical_id:
            # An Update comes only after the Create has succeeded: what that found may now be deleted like any other.
            del tags[ownership.ADOPTED]
        elif adopted is None and self._left_over(live):
            tags[ownership.ADOPTED] = Adopted.LEFTOVER
        return tags

    def _left_over(self, live: Live) -> bool:
        """Whether *live* outlived its construct, and is one that the stack does not delete on purpose."""
        if self.resource.option("RemovalPolicy") == "destroy" or not self.resource.deletable:
            return False
        tags = self.resource.read_tags(live)
        if self.request.request_type == "Create":
            return tags.get(ownership.MADE_BY) != ownership.made_by(self.request)
        return tags.get(ownership.STACK_ID) != self.request.stack_id

    def _retag(self, live: Live, wanted: Tags) -> None:
        present = {k: v for k, v in self.resource.read_tags(live).items() if not k.startswith("aws:")}
        added = {key: value for key, value in wanted.items() if present.get(key) != value}
        if added:
            self.resource.service.call("TagResource", ResourceArn=live.arn, Tags=ownership.write(added))
        if removed := sorted(set(present) - set(wanted)):
            self.resource.service.call("UntagResource", ResourceArn=live.arn, TagKeys=removed)
        live.tags = dict(wanted)
