"""Create, Update and Delete, the same for every resource type.

Nothing here knows how CloudFormation is answered or how waiting is done: a step gives an Answer, or says what it
waits for. Every step is decided from what the service describes, and may run twice.
"""

from __future__ import annotations

import enum
import os
from collections.abc import Sequence
from dataclasses import dataclass, field

from lookout_provider import gates, log
from lookout_provider.aws import Kind, ServiceError
from lookout_provider.holding import Refused
from lookout_provider.properties import InvalidProperty
from lookout_provider.protocol import REFUSED, Answer, Request
from lookout_provider.resources import resource_for
from lookout_provider.resources.base import Live, Resource, State

#: A Delete has the time that CloudFormation gives a custom resource, less some to answer in.
_DELETE_SECONDS = 3300
#: The longest that the first invocation of an earlier event may still run behind this one: the function's timeout.
INVOCATION_SECONDS = 300
#: How long an error is waited out, in seconds. One that is not here counts at once; throttling never does.
_PATIENCE = {Kind.DENIED: 120, Kind.UNREACHABLE: 120, Kind.CONFLICT: _DELETE_SECONDS, Kind.UNAVAILABLE: 900}
#: What a Delete meets while nothing of the thing itself is under way seldom passes: something else uses it.
_IN_USE_SECONDS = 900
_PATIENT = (Kind.BUSY, Kind.QUOTA_OF_WORK)

_WAY_OUT = {
    Kind.DENIED: "the provider's role needs this permission, and so does what it imports from another account: "
    "the source's resource policy must allow this account",
    Kind.CONFLICT: "something else uses or changes it; try again when that is gone or done",
    Kind.UNREACHABLE: "the service does not answer at its endpoint, see endpoint_url of LookoutProvider",
}


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
    #: What an Update that was cancelled had begun to make, and CloudFormation never heard of.
    abandoned: str = ""


def begin(request: Request) -> Progress:
    """Where an event starts."""
    phase = Phase.REMOVE if request.request_type == "Delete" else Phase.CONVERGE
    return Progress(phase, request.physical_id or f"{REFUSED}{request.logical_id}")


def take_over(request: Request, progress: Progress, left_behind: str) -> None:
    """Go on from the wait that this event has stopped; *left_behind* is what it would have answered with.

    CloudFormation has not heard of it: for the Delete of what was being created it invents an id, and after an Update
    that was cancelled it sends the old id.
    """
    if request.request_type == "Delete":
        progress.physical_id = left_behind
    elif left_behind != request.physical_id:
        progress.abandoned = left_behind


def advance(request: Request, progress: Progress) -> Answer | Progress:
    """One step on the way to the desired state: the answer, or what to wait for."""
    return Step(request, progress).run()


class Step:
    """One invocation's work on one event."""

    def __init__(self, request: Request, progress: Progress) -> None:
        self.request = request
        self.progress = progress
        self.resource: Resource = resource_for(request)
        self.resource.memo = progress.memo
        if progress.phase is Phase.REMOVE:
            self.resource.proven = progress.physical_id
        self.holding = self.resource.holding(self.resource)

    def run(self) -> Answer | Progress:
        phases = {Phase.CONVERGE: self._converge, Phase.SETTLE: self._wait, Phase.REMOVE: self._remove}
        try:
            outcome = phases[self.progress.phase]()
        except (InvalidProperty, Refused) as error:
            return self._failed(str(error))
        except ServiceError as error:
            return self._after(error)
        self.progress.since.clear()
        return self._in_time(outcome) if isinstance(outcome, Progress) else outcome

    # -- create and update --------------------------------------------------------------------------------

    def _converge(self) -> Answer | Progress:
        self.resource.accept(self.request.properties)
        current = self.resource.find(self.request.physical_id) if self.request.physical_id else None
        if current is None:
            return self._find_or_create()
        if self.resource.owner(current) != self.request.owner:
            raise Refused(self.holding.not_ours(current))
        self.holding.confirm(current)
        differences = self.resource.differences(current)
        if not differences:
            return self._bring_up_to_date(current)
        if self.resource.explicitly_named() and self.resource.physical_id() == current.physical_id:
            raise Refused(
                f"{self.resource.called(current.physical_id)}: {_list(differences)} cannot change in place, and an "
                f"explicit name leaves no room for a second one beside it; give it another name, or none"
            )
        self.resource.replaces(current)
        return self._find_or_create()

    def _find_or_create(self) -> Answer | Progress:
        live = self.resource.search()
        if live is not None and self._remove_failed(live):
            live = self.resource.search()
            if live is not None:
                return self._again(Phase.CONVERGE)
        return self._create() if live is None else self._adopt(live)

    def _remove_failed(self, live: Live) -> bool:
        """A failed thing of an earlier event is removed and made again."""
        if live.state is not State.FAILED or not self.resource.deletable or not self.holding.may_remake(live):
            return False
        self.resource.delete(live)
        return True

    def _create(self) -> Answer | Progress:
        before = self.progress.physical_id
        # From here on something may exist, even if the answer to this call is lost.
        self.progress.physical_id = self.resource.physical_id() or before
        try:
            live = self.resource.create()
        except (ServiceError, Refused) as error:
            if isinstance(error, Refused) or error.kind is not Kind.UNAVAILABLE:
                self.progress.physical_id = before
            raise
        self.progress.physical_id = live.physical_id
        if self.resource.made_by_update:
            return self._bring_up_to_date(live)
        return self._settle(self.resource.find(live.physical_id) or live if live.state is State.READY else live)

    def _adopt(self, live: Live) -> Answer | Progress:
        """Take what is there: ours as it is, another's only when told to."""
        owner = self.resource.owner(live)
        differences = self.resource.differences(live)
        if owner == self.request.owner:
            if differences:
                raise Refused(
                    f"{self.resource.called(live.physical_id)} was left by an earlier deployment of this stack with "
                    f"another {_list(differences)}; delete it, or give this one another name"
                )
        else:
            self.holding.admit(live, differences)
        self.progress.physical_id = live.physical_id
        return self._bring_up_to_date(live)

    def _bring_up_to_date(self, live: Live) -> Answer | Progress:
        self.holding.take(live)
        if changed := self.resource.outdated(live):
            if not self.resource.update(live, changed):
                return self._again(Phase.CONVERGE)
            live = self.resource.find(live.physical_id) or live
        return self._settle(live)

    def _wait(self) -> Answer | Progress:
        live = self.resource.find(self.progress.physical_id)
        if live is None:
            return self._failed(
                f"{self.resource.called(self.progress.physical_id)} disappeared while it was being made"
            )
        return self._settle(live)

    def _settle(self, live: Live) -> Answer | Progress:
        self.progress.physical_id = live.physical_id
        if live.state is State.FAILED:
            return self._failed(f"{self.resource.called(live.physical_id)} failed: {live.reason}")
        if live.state is State.WORKING and self._patience_of_user() > 0:
            return self._again(Phase.SETTLE)
        if live.state is State.READY and (unmet := gates.unmet(self.resource.gate, live.description)):
            return self._failed(f"{self.resource.called(live.physical_id)} does not pass its gate: {'; '.join(unmet)}")
        if self.progress.abandoned and not self._tidied(live):
            return self._again(Phase.SETTLE)
        return Answer("SUCCESS", live.physical_id, data=self.resource.data(live))

    def _tidied(self, live: Live) -> bool:
        """Whether what a cancelled Update had begun is gone, as far as that can be waited for."""
        abandoned = self.progress.abandoned
        left = self.resource.find(abandoned) if abandoned != live.physical_id and self.resource.deletable else None
        if left is None:
            return True
        if self.progress.waited >= (self._patience_of_user() or _DELETE_SECONDS):
            # The stack is as it should be, and must not fail because of what it does not know.
            log.write("left behind", request=self.request, level="WARN", physical_id=abandoned)
            return True
        self.resource.proven = abandoned
        return self._removed(left)

    # -- delete -------------------------------------------------------------------------------------------

    def _remove(self) -> Answer | Progress:
        physical_id = self.progress.physical_id
        done = Answer("SUCCESS", self.request.physical_id or physical_id)
        if physical_id.startswith(REFUSED) or not self.resource.deletable:
            return done
        try:
            self.resource.accept(self.request.properties)
            issued = self.resource.issued(physical_id)
        except InvalidProperty:
            # Properties that cannot be read lead to no name: what they made is only found under its id.
            issued = True
        live = self.resource.find(physical_id) if issued else self.resource.search()
        if live is None:
            # An id that CloudFormation invented: the Create may still run that was to answer with the real one.
            early = not issued and self.progress.waited < INVOCATION_SECONDS
            return self._again(Phase.REMOVE) if early else done
        return done if self._removed(live) else self._again(Phase.REMOVE)

    def _removed(self, live: Live) -> bool:
        """One step of removing *live*; whether nothing is left to do."""
        owner = self.resource.owner(live)
        if owner != self.request.owner:
            log.write("left alone", request=self.request, physical_id=live.physical_id, owner=owner)
            return True
        if self.holding.let_go(live):
            return True
        if live.state is State.WORKING:
            # What cannot be cancelled cannot be deleted either.
            return False
        self.resource.delete(live)
        return self.resource.gone(live)

    # -- waiting ------------------------------------------------------------------------------------------

    def _patience_of_user(self) -> int:
        if self.request.request_type == "Delete":
            return _DELETE_SECONDS
        return int(self.resource.option("WaitSeconds", "3300"))

    def _again(self, phase: Phase) -> Progress:
        self.progress.phase = phase
        return self.progress

    def _in_time(self, progress: Progress, why: str = "") -> Answer | Progress:
        """*progress*, unless the time that the resource has is over."""
        # A start that is not waited for may still have to wait for its turn.
        limit = self._patience_of_user() or _DELETE_SECONDS
        if progress.waited < limit:
            return progress
        if self.resource.passes_on:
            return Answer("SUCCESS", progress.physical_id)
        return self._failed(
            f"{self.resource.called(progress.physical_id)}: not finished after {progress.waited} seconds{why}"
        )

    def _after(self, error: ServiceError) -> Answer | Progress:
        """Wait an error out, or give up with the service's own words."""
        log.write("failed call", request=self.request, level="WARN", kind=error.kind.value, error=str(error))
        if self.request.request_type == "Delete" and self.resource.passes_on and error.kind is Kind.UNREACHABLE:
            # It removes nothing: the resource that it waits for will find out.
            return Answer("SUCCESS", self.progress.physical_id)
        since = self.progress.since.setdefault(error.kind.name, self.progress.waited)
        waited = self.progress.waited - since
        patience = _PATIENCE.get(error.kind, 0)
        if error.kind is Kind.CONFLICT and self.progress.phase is Phase.REMOVE:
            patience = _IN_USE_SECONDS
        if error.kind in _PATIENT or waited < patience:
            return self._in_time(self.progress, f": {error}")
        if error.kind is Kind.UNREACHABLE and self._service_has_ended():
            log.write("service ended", request=self.request, physical_id=self.progress.physical_id)
            return Answer("SUCCESS", self.progress.physical_id)
        way_out = _WAY_OUT.get(error.kind)
        return self._failed(f"{error}" + (f" - {way_out}" if way_out else ""))

    def _service_has_ended(self) -> bool:
        """Whether a Delete may succeed although the service cannot be reached.

        That another AWS service was reached is proven: the fence, or the wait that led here, has just asked
        Step Functions.
        """
        allowed = os.environ.get("DELETE_WHEN_SERVICE_ENDED", "true") == "true"
        return self.request.request_type == "Delete" and allowed

    def _failed(self, reason: str) -> Answer:
        return Answer("FAILED", self.progress.physical_id, reason)


def _list(members: Sequence[str]) -> str:
    return " and ".join(members)
