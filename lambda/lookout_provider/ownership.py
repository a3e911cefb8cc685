"""Who owns a thing: tags on it, or a lease on its parent where the thing itself takes no tags."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from lookout_provider.protocol import Request, digest

PREFIX = "cdk-lookout:"
#: Account, Region, stack and logical id: the proof of ownership.
OWNER = PREFIX + "owner"
#: Informational: which life of the stack made it.
STACK_ID = PREFIX + "stack-id"
#: A digest of the event that made it, so that a failed Create removes only what itself made.
MADE_BY = PREFIX + "made-by"
#: A digest of the create-only properties it was made with; some of them no Describe returns.
IDENTITY = PREFIX + "identity"
#: It was there before the construct: a Delete leaves it. See `Adopted`.
ADOPTED = PREFIX + "adopted"
#: Digits of the properties for which it was complete the last time.
IN_FORCE = PREFIX + "in-force"

_OF_OWNER = (OWNER, STACK_ID, MADE_BY, IDENTITY, ADOPTED, IN_FORCE)

Tags = dict[str, str]


class Adopted(enum.StrEnum):
    """Values of the adopted tag."""

    #: Made by somebody else, taken over with `AdoptExisting`.
    FOREIGN = "foreign"
    #: Taken over, then claimed as the stack's own by an update without `AdoptExisting`.
    CLAIMED = "claimed"
    #: The stack's own, retained when an earlier life of the construct ended. Until an Update shows that the
    #: Create which found it again succeeded, a Delete may be that Create's rollback, and leaves it.
    LEFTOVER = "leftover"


def read(tags: Iterable[Mapping[str, str]]) -> Tags:
    return {tag["Key"]: tag["Value"] for tag in tags}


def write(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def made_by(request: Request) -> str:
    return request.token("made-by")[:32]


def birth(request: Request, identity: str) -> Tags:
    """The tags that what *request* makes is born with."""
    return {
        OWNER: request.owner,
        STACK_ID: request.stack_id,
        MADE_BY: made_by(request),
        IDENTITY: identity,
    }


def users(tags: Mapping[str, str]) -> Tags:
    """The tags that are the user's: neither ours nor AWS's."""
    return {key: value for key, value in tags.items() if not key.startswith((PREFIX, "aws:"))}


def reserved(tags: Mapping[str, str]) -> Tags:
    """The tags that are ours."""
    return {key: value for key, value in tags.items() if key.startswith(PREFIX)}


def given_back(tags: Mapping[str, str]) -> Tags:
    """The user's tags and the leases, which are of what others hold there, without those that tell the owner."""
    ours = {key: value for key, value in reserved(tags).items() if key not in _OF_OWNER}
    return users(tags) | ours


_LEASE = re.compile(
    r"(?P<stack>\S+)( before=(?P<before>\d+))?( is=(?P<digits>[0-9a-f]+))?( after=(?P<after>[0-9a-f]+))?"
    r"( of=(?P<of>[0-9a-f+]+))? holders=(?P<holders>[0-9a-f+,]+)"
)


@dataclass(frozen=True)
class Lease:
    """Who holds what takes no tags itself: a stack, and those of its constructs that want it.

    They are two while a construct is renamed: CloudFormation creates the new one, then deletes the old one, or the
    new one again when it rolls back. Only the last one to go takes it along.
    """

    stack: str
    holders: frozenset[str] = frozenset()
    #: The version that was active before, where that is what is held.
    before: str | None = None
    #: Digits of what is held, where its contents are too many to be compared each time; set once it is complete.
    digits: str | None = None
    #: How far the work got that makes it so: while this is set it is not complete.
    after: str | None = None
    #: Digits of the properties that are in force, and of what those brought about where no description tells. In front
    #: of them, with a plus, those for which the same was in force before its construct was renamed.
    of: str | None = None

    @classmethod
    def parse(cls, value: str | None) -> Lease | None:
        matched = _LEASE.fullmatch(value or "")
        if matched is None:
            return None
        return cls(
            matched["stack"],
            # A comma is what release 0.1.0 wrote; Lookout for Vision takes none.
            frozenset(re.split("[+,]", matched["holders"])),
            matched["before"],
            matched["digits"],
            matched["after"],
            matched["of"],
        )

    def __str__(self) -> str:
        known = {"before": self.before, "is": self.digits, "after": self.after, "of": self.of}
        parts = [f" {name}={value}" for name, value in known.items() if value is not None]
        return f"{self.stack}{''.join(parts)} holders={'+'.join(sorted(self.holders))}"

    def held_by(self, request: Request) -> bool:
        return self.stack in request.stack_owners and _holder(request) in self.holders

    def joined_by(self, request: Request) -> Lease:
        return replace(self, stack=request.stack_owner, holders=self.holders | {_holder(request)})

    def left_by(self, request: Request) -> Lease:
        return replace(self, stack=request.stack_owner, holders=self.holders - {_holder(request)})


def _holder(request: Request) -> str:
    return digest(request.logical_id)[:12]
