"""Create, Update and Delete, the same for every resource type.

Nothing here knows how CloudFormation is answered or how waiting is done: a step gives an Answer, or says what it
waits for. Every step is decided from what the service describes, and may run twice.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from lookout_provider import gates, patience
from lookout_provider.holding import Holding, Refused
from lookout_provider.in_force import InForce
from lookout_provider.patience import DELETE_SECONDS
from lookout_provider.progress import Phase, Progress
from lookout_provider.protocol import UNKNOWN, Answer, Request
from lookout_provider.resources import resource_for, type_of
from lookout_provider.resources.base import Live, Resource, State
from lookout_shared import log
from lookout_shared.aws import Kind, ServiceError
from lookout_shared.properties import InvalidProperty

#: How long after a Delete under an invented id the Create may still come that it is about: Lambda drops an event of
#: that age (see the function's `MaximumEventAgeInSeconds`), and an invocation takes at most the function's timeout.
LATEST_CREATE_SECONDS = 900 + 300


def refused(request: Request) -> Answer | None:
    """The answer to an event whose properties cannot be: nothing needs to be asked for it."""
    if request.request_type == "Delete":
        return None
    try:
        resource_for(request).accept(request.properties)
    except InvalidProperty as error:
        return Answer("FAILED", request.id_before, str(error))
    except ServiceError:
        # A file that they name: its turn comes.
        return None
    return None


def failed_id(request: Request, physical_id: str) -> str:
    """The physical id that a failure is answered with, where the event has come to *physical_id*.

    What no Delete can take back is not worth another id: under the old one a rollback finds what was in force.
    """
    if request.request_type == "Update" and not type_of(request.resource_type).deletable:
        return request.id_before
    return physical_id


def line(request: Request) -> str:
    """The physical id behind which an event stands in line: '' for what is to be made.

    So does the Delete of what was being made: CloudFormation, which has had no answer, invents an id for it.
    """
    known = request.physical_id or ""
    if request.request_type != "Delete":
        return known
    resource = resource_for(request)
    try:
        resource.accept(request.properties)
        return known if resource.issued(known) else ""
    except (InvalidProperty, ServiceError):
        return known


def looks_first(request: Request) -> bool:
    """Whether it is worth looking if anything is to be changed at all, before a wait is begun for it."""
    resource_type = type_of(request.resource_type)
    nothing_to_delete = request.request_type == "Delete" and not resource_type.deletable
    return request.request_type == "Update" or resource_type.only_looks or nothing_to_delete


def advance(
    request: Request, progress: Progress, unheard: Sequence[Request] = (), heard: Sequence[Request] = ()
) -> Answer | Progress:
    """One step on the way to the desired state: the answer, or what to wait for.

    *unheard* are the events whose end CloudFormation has not heard of: what they had begun goes, but for what those
    lead to that it has *heard* of.
    """
    return Step(request, progress, unheard, heard).run()


class Step:
    """One invocation's work on one event."""

    def __init__(
        self, request: Request, progress: Progress, unheard: Sequence[Request], heard: Sequence[Request]
    ) -> None:
        self.request = request
        self.progress = progress
        self.unheard = unheard
        self.heard = heard
        self.resource: Resource = resource_for(request)
        self.resource.memo = progress.memo
        self.holding = self.resource.holding(self.resource)
        self.in_force = InForce(request, progress, self.resource, self.holding)
        #: What there is under the id that CloudFormation knows.
        self.current: Live | None = None

    def run(self) -> Answer | Progress:
        phases = {Phase.CONVERGE: self._converge, Phase.SETTLE: self._wait, Phase.REMOVE: self._remove}
        phase = self.progress.phase
        try:
            if phase is Phase.CONVERGE:
                self.resource.accept(self.request.properties)
                self.current = self._current()
                self.in_force.look_back(self.current)
            self._tidy()
            outcome = phases[phase]()
            if isinstance(outcome, Answer) and outcome.status == "SUCCESS" and not self._done_with_unheard():
                outcome = self._again(phase)
        except InvalidProperty as error:
            return self._failed(str(error))
        except Refused as error:
            if self._done_with_unheard():
                return self._failed(str(error))
            # What is in its way may be what goes.
            return self._in_time(self._again(phase), f": {error}")
        except ServiceError as error:
            return self._after(error)
        self.progress.since.clear()
        return self._in_time(outcome) if isinstance(outcome, Progress) else outcome

    # -- create and update --------------------------------------------------------------------------------

    def _current(self) -> Live | None:
        known = self.request.physical_id
        return self.resource.find(known) if known else None

    def _converge(self) -> Answer | Progress:
        current = self._current() if self.unheard else self.current
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
        self.in_force.recall(live)
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
        gate = () if self.resource.in_force else self.resource.gate
        if live.state is State.READY and (unmet := gates.unmet(gate, live.description)):
            reason = f"{self.resource.called(live.physical_id)} does not pass its gate: {'; '.join(unmet)}"
            return self._failed(reason + self.resource.left_as_it_is(live))
        self.in_force.complete(live)
        return Answer("SUCCESS", live.physical_id, data=self.resource.data(live))

    # -- what CloudFormation has not heard of -------------------------------------------------------------

    def _tidy(self) -> None:
        """One step of removing what events had begun whose end CloudFormation has not heard of."""
        removed = [self._removed_unheard(request) for request in self.unheard]
        self.progress.tidied = all(removed)

    def _removed_unheard(self, request: Request) -> bool:
        """One step of removing what *request* had begun to make; whether nothing of that is left."""
        resource = resource_for(request)
        resource.removing = True
        holding = resource.holding(resource)
        if not resource.deletable:
            return True
        try:
            resource.accept(request.properties)
            live = resource.search()
            if live is None or self._is_ours(resource, live) or not holding.made(live):
                return True
            given_up = self._out_of_patience() and resource.abandon(live)
            return given_up or self._removed(live, resource, holding)
        except (InvalidProperty, Refused) as error:
            log.write("left behind", request=request, level="WARN", error=str(error))
            return True
        except ServiceError as error:
            log.write("failed call", request=request, level="WARN", kind=error.kind.value, error=str(error))
            return error.kind in (Kind.REJECTED, Kind.UNREACHABLE)

    def _is_ours(self, resource: Resource, live: Live) -> bool:
        """Whether *live*, which *resource* leads to, is what this event itself is about, or the Update that it follows.

        A Delete is the cleanup of an Update that may be one more on the same way as *resource*.
        """
        if self.request.request_type == "Delete":
            heard = [resource_for(request) for request in self.heard if request.request_type == "Update"]
            for other in heard:
                other.accept(other.request.properties)
            return any(_lead_to_same(other, resource, live) for other in heard)
        mine = [self.request.physical_id, self.progress.physical_id]
        if resource.thing(live.physical_id) in [resource.thing(known) for known in mine if known]:
            return True
        if not self.resource.desired or self.resource.in_force:
            return False
        return _lead_to_same(self.resource, resource, live)

    def _out_of_patience(self) -> bool:
        return self.progress.waited >= (self._patience_of_user() or DELETE_SECONDS)

    def _done_with_unheard(self) -> bool:
        """Whether what was not heard of is gone, as far as that can be waited for."""
        if self.progress.tidied or self.request.request_type == "Delete" or not self._out_of_patience():
            return self.progress.tidied
        # The stack is as it should be, and must not fail because of what it does not know.
        log.write("left behind", request=self.request, level="WARN", behind=self.progress.behind)
        return True

    # -- delete -------------------------------------------------------------------------------------------

    def _remove(self) -> Answer | Progress:
        physical_id = self.progress.physical_id
        done = Answer("SUCCESS", physical_id)
        if not self.resource.deletable:
            return done
        try:
            self.resource.accept(self.request.properties)
            issued = self.resource.issued(physical_id)
            live = self.resource.find(physical_id) if issued else self.resource.search()
        except InvalidProperty:
            # Properties that cannot be read lead to no name: what they made is only found under its id.
            issued = True
            live = self.resource.find(physical_id)
        if live is None:
            # An id that CloudFormation invented: the Create may be yet to come that was to answer with the real one.
            early = not issued and not self.progress.arrived and self.progress.waited < LATEST_CREATE_SECONDS
            return self._again(Phase.REMOVE) if early else done
        return done if self._removed(live, self.resource, self.holding) else self._again(Phase.REMOVE)

    def _removed(self, live: Live, resource: Resource, holding: Holding) -> bool:
        """One step of removing *live*; whether nothing is left to do."""
        owner = resource.owner(live)
        if owner != self.request.owner:
            log.write("left alone", request=self.request, physical_id=live.physical_id, owner=owner)
            return True
        if holding.let_go(live):
            return True
        if live.state is State.WORKING:
            # What cannot be cancelled cannot be deleted either.
            return False
        resource.delete(live)
        return resource.gone(live)

    # -- waiting ------------------------------------------------------------------------------------------

    def _patience_of_user(self) -> int:
        if self.request.request_type == "Delete":
            return DELETE_SECONDS
        return int(self.resource.option("WaitSeconds", "3300"))

    def _again(self, phase: Phase) -> Progress:
        self.progress.phase = phase
        return self.progress

    def _in_time(self, progress: Progress, why: str = "") -> Answer | Progress:
        """*progress*, unless the time that the resource has is over."""
        # A start that is not waited for may still have to wait for its turn.
        limit = self._patience_of_user() or DELETE_SECONDS
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
        if not patience.is_over(error, self.progress):
            return self._in_time(self.progress, f": {error}")
        if error.kind is Kind.UNREACHABLE and self._service_has_ended():
            log.write("service ended", request=self.request, physical_id=self.progress.physical_id)
            return Answer("SUCCESS", self.progress.physical_id)
        return self._failed(patience.reason(error))

    def _service_has_ended(self) -> bool:
        """Whether a Delete may succeed although the service cannot be reached.

        That another AWS service was reached is proven: the fence, or the wait that led here, has just asked
        Step Functions.
        """
        allowed = os.environ.get("DELETE_WHEN_SERVICE_ENDED", "true") == "true"
        return self.request.request_type == "Delete" and allowed

    def _failed(self, reason: str) -> Answer:
        physical_id = failed_id(self.request, self.progress.physical_id)
        if physical_id.startswith(UNKNOWN) and self.request.request_type == "Create":
            # Nothing was made: its Delete has nothing to look for.
            physical_id = self.request.id_before
        return Answer("FAILED", physical_id, reason)


def _lead_to_same(one: Resource, other: Resource, live: Live) -> bool:
    """Whether the desired state of *one* is *live*, to which that of *other* has led."""
    wanted = one.physical_id()
    if wanted is None:
        return one.identity == other.identity
    return one.thing(wanted) == other.thing(live.physical_id)


def _list(members: Sequence[str]) -> str:
    return " and ".join(members)
