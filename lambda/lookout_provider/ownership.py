"""Who owns a thing: tags on it, or a lease on its parent where the thing itself takes no tags."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping

from lookout_provider.protocol import Request

PREFIX = "cdk-lookout:"
#: Account, Region, stack name and logical id: the proof of ownership.
OWNER = PREFIX + "owner"
#: Informational: which life of the stack made it.
STACK_ID = PREFIX + "stack-id"
#: A digest of the event that made it, so that a failed Create removes only what itself made.
MADE_BY = PREFIX + "made-by"
#: A digest of the create-only properties it was made with; some of them no Describe returns.
IDENTITY = PREFIX + "identity"
#: It was there before the construct: a Delete leaves it. See `Adopted`.
ADOPTED = PREFIX + "adopted"

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


def same_stack(owner: str, other: str) -> bool:
    """Whether two owners are constructs of one stack."""
    return owner.rsplit("/", 1)[0] == other.rsplit("/", 1)[0]
