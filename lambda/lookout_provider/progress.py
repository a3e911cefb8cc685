"""How far an event has come: what one poll tells the next."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from lookout_provider.protocol import Request


class Phase(enum.StrEnum):
    """What the next poll does."""

    #: Find or make it. Needs the properties, and is still wanted only while its own execution runs.
    CONVERGE = "converge"
    #: It is being made: wait until it is ready.
    SETTLE = "settle"
    #: Remove it, or wait until it is gone.
    REMOVE = "remove"


@dataclass
class Progress:
    """What one poll tells the next."""

    phase: Phase
    #: What CloudFormation would be told is the physical id if the next step failed.
    physical_id: str
    #: Seconds waited so far, as the sum of nominal waits.
    waited: int = 0
    #: When each kind of error that is being waited out first came.
    since: dict[str, int] = field(default_factory=dict)
    #: What the type notes for its next step.
    memo: dict[str, str] = field(default_factory=dict)
    #: The waits in front, by ARN: of events that CloudFormation may not have heard the end of.
    behind: list[str] = field(default_factory=list)
    #: Whether those waits run no more since the last poll, and whether nothing is left of what they had begun.
    stopped: bool = False
    tidied: bool = False
    #: Whether the event that was to make what a Delete is about has come: it cannot come any more.
    arrived: bool = False
    #: Digits of the properties that are asked for, and of those that are remembered to be in force.
    wanted: str = ""
    in_force: str = ""


def begin(request: Request) -> Progress:
    """Where an event starts."""
    phase = Phase.REMOVE if request.request_type == "Delete" else Phase.CONVERGE
    wanted = "" if phase is Phase.REMOVE else request.wanted
    return Progress(phase, request.id_sought, wanted=wanted)
