"""The entry point: CloudFormation's events, the state machine's polls, and what is left of failed deliveries.

It can always answer: everything that may fail to import is imported inside the handler's own `try`.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lookout_provider.authenticity import refusal
from lookout_provider.protocol import REFUSED, Answer, Request, digest, send
from lookout_shared import log

if TYPE_CHECKING:
    from lookout_provider.machine import Machine, Wait
    from lookout_provider.progress import Progress

#: The watchdog answers this many seconds before the function would be stopped.
_WATCHDOG_SECONDS = 15
_LONGEST_WAIT_SECONDS = 60
#: How long a wait that was stopped may still have a change under way: a poll may begin one within five seconds of its
#: last look, which may have been a little out of date, and the client has 25 seconds' patience with it.
_STOPPING_SECONDS = 35


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Handle one invocation. What a poll returns is the state machine's new state."""
    if (why := refusal(_about(event))) is not None:
        log.write("refused", level="WARN", reason=why)
        return {}
    if "Poll" in event:
        return _poll(event["Poll"], event["ExecutionArn"], context)
    if "GiveUp" in event:
        return _give_up(event["GiveUp"], context)
    if "requestPayload" in event:
        return _undelivered(event, context)
    request = Request.parse(event)
    if _inert(request):
        return _forget(request, context)
    with _Watchdog(request, context) as watchdog:
        return _begin(request, watchdog, context)


def _about(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """CloudFormation's event that an invocation is about."""
    found: Mapping[str, Any] = event.get("requestPayload", event)
    for member in ("Poll", "GiveUp"):
        if member in event:
            found = event[member]["Event"]
    return found


def _begin(request: Request, watchdog: _Watchdog, context: Any) -> dict[str, Any]:
    """Answer an event at once if nothing has to be changed for it; else begin a wait, whose polls change things."""
    try:
        from lookout_provider import lifecycle
        from lookout_provider.machine import Busy, Machine
    except Exception as error:
        watchdog.answer(_unexpected(request, error))
        return {}
    try:
        outcome: Answer | Progress | None = lifecycle.refused(request)
        if outcome is None:
            machine = Machine(request, lifecycle.line(request))

            def look(earlier: Sequence[Wait]) -> Answer | Progress:
                return _first_look(request, machine, earlier)

            outcome = _enter(request, machine, look, watchdog, context)
    except Busy:
        # Nothing is lost: Lambda brings the event again.
        raise
    except Exception as error:
        outcome = _unexpected(request, error)
    if isinstance(outcome, Answer):
        watchdog.answer(outcome)
    elif outcome is not None:
        # Its wait has begun, and will answer. Should this fail, its first poll stops those in front.
        machine.stop_all(outcome.behind)
    return {}


def _enter(
    request: Request,
    machine: Machine,
    look: Callable[[Sequence[Wait]], Answer | Progress],
    watchdog: _Watchdog,
    context: Any,
) -> Answer | Progress | None:
    """Get in line with what *look* makes of the waits in front; None where somebody else answers."""
    while True:
        earlier = machine.earlier()
        own = next((wait for wait in earlier if wait.is_of(request)), None)
        if own is not None:
            # Delivered twice. Its wait answers, or has answered, or was stopped by a later event.
            return None if own.changes else Answer.recorded(own.answered)
        outcome = look(earlier)
        # What the watchdog has answered must not go on: CloudFormation's next event may be under way.
        if not watchdog.call_off():
            return None
        if machine.begin(_state(request, outcome, context.invoked_function_arn)):
            return outcome


def _first_look(request: Request, machine: Machine, earlier: Sequence[Wait]) -> Answer | Progress:
    """What there is to say at once, or to wait for; nothing is changed.

    Behind one that was sent after it, and where it asks for what is being deleted, an event comes too late:
    CloudFormation has gone on.
    """
    from lookout_provider import lifecycle
    from lookout_provider.progress import begin
    from lookout_shared import aws

    progress = begin(request)
    if any(request.sent_before(wait.request) for wait in earlier):
        return Answer("FAILED", request.id_before, "too late: a later event of the same resource has come before it")
    deleting = any(wait.running and wait.request.request_type == "Delete" for wait in earlier)
    if request.request_type == "Create" and deleting:
        return Answer("FAILED", request.id_before, "too late: the deletion of what it would make has begun")
    in_front = machine.in_front(earlier)
    for wait in in_front:
        progress.behind += [arn for arn in (wait.arn, *wait.state.get("Behind", [])) if arn not in progress.behind]
    creates = [wait for wait in in_front if wait.request.request_type == "Create"]
    progress.arrived = any(wait.answered.get("PhysicalId") in (None, request.physical_id) for wait in creates)
    if not in_front and lifecycle.looks_first(request):
        with contextlib.suppress(aws.WouldChange), aws.before_change(aws.only_look):
            return lifecycle.advance(request, begin(request))
    return progress


def _poll(state: Mapping[str, Any], execution_arn: str, context: Any) -> dict[str, Any]:
    """One poll; an exception is the state machine's to retry, and to answer when retries are used up."""
    from lookout_provider.machine import Machine, Stopped, Warrant
    from lookout_provider.progress import Phase, Progress
    from lookout_shared import aws

    request = Request.parse(state["Event"])
    began = state.get("Began") or time.time()
    progress = Progress(
        Phase(state["Phase"]),
        state["PhysicalId"],
        # A local clock shortens the waits, and slow calls make them longer.
        max(state["Waited"] + state["Seconds"], int(time.time() - began)),
        state["Since"],
        state.get("Memo", {}),
        state.get("Behind", []),
        state.get("Stopped", False),
        state.get("Tidied", False),
        state.get("Arrived", False),
        state.get("Wanted", ""),
        state.get("InForce", ""),
    )
    machine = Machine(request)
    warrant = Warrant(machine, execution_arn)
    try:
        with aws.before_change(warrant.check):
            if progress.phase is not Phase.SETTLE:
                warrant.check()
            log.write(
                "poll", request=request, phase=progress.phase, waited=progress.waited, physical_id=progress.physical_id
            )
            outcome = _step(request, progress, machine)
    except Stopped:
        return {}
    if isinstance(outcome, Answer):
        if request.request_type == "Update" and outcome.physical_id != request.physical_id:
            _arrive(request, outcome, state["FunctionArn"], execution_arn)
        send(request, outcome, _where(context))
    return _state(request, outcome, state["FunctionArn"], began)


def _arrive(request: Request, answer: Answer, function_arn: str, execution_arn: str) -> None:
    """Leave word in line behind the id that an Update leads to: from now on that is the one that is known.

    Should this poll die, its wait tries again, and must be stopped by whoever comes there.
    """
    from lookout_provider.machine import Machine

    machine = Machine(request, answer.physical_id)
    while not any(wait.is_of(request) for wait in machine.earlier()):
        machine.begin(_state(request, answer, function_arn) | {"Behind": [execution_arn]})


def _step(request: Request, progress: Progress, machine: Machine) -> Answer | Progress:
    """What a poll does: first stop the waits in front, then go one step on."""
    from lookout_provider import lifecycle
    from lookout_provider.machine import unheard

    if not progress.stopped:
        progress.stopped = not machine.stop_all(progress.behind)
        if not progress.stopped:
            # A poll of theirs may be under way, with its last change.
            return progress
    waits = [] if progress.tidied else [machine.read(arn) for arn in progress.behind]
    return lifecycle.advance(request, progress, *unheard([wait for wait in waits if wait is not None], request))


def _state(
    request: Request, outcome: Answer | Progress, function_arn: str, began: float | None = None
) -> dict[str, Any]:
    """The state machine's state: over when there is an answer, else how to go on.

    Properties go along only while something is still to be made or removed.
    """
    from lookout_provider.progress import Phase

    if isinstance(outcome, Answer):
        return {"Event": request.event({}), "FunctionArn": function_arn, "Answered": outcome.record}
    properties = {"Options": request.options} if outcome.phase is Phase.SETTLE else request.properties
    return {
        "Event": request.event(properties),
        "FunctionArn": function_arn,
        "Phase": outcome.phase.value,
        "PhysicalId": outcome.physical_id,
        "Waited": outcome.waited,
        "Seconds": _seconds(request, outcome, began),
        "Since": outcome.since,
        "Memo": outcome.memo,
        "Behind": outcome.behind,
        "Stopped": outcome.stopped,
        "Tidied": outcome.tidied,
        "Arrived": outcome.arrived,
        "Wanted": outcome.wanted,
        "InForce": outcome.in_force,
        "Began": began or time.time(),
    }


def _seconds(request: Request, progress: Progress, began: float | None) -> int:
    """The next wait: as many seconds as the type says at first, then half the time already waited, 60 at most.

    A wait that begins because something has to be changed begins with that. What waits for its turn is spread, because
    CloudFormation starts many custom resources at once.
    """
    from lookout_provider.progress import Phase
    from lookout_provider.resources import resource_for

    first = resource_for(request).first_wait_seconds
    seconds = min(_LONGEST_WAIT_SECONDS, max(first, progress.waited // 2))
    if progress.behind and not progress.stopped:
        return max(seconds, _STOPPING_SECONDS)
    if progress.since:
        return seconds + int(digest(request.logical_id, str(progress.waited))[:8], 16) % (seconds + 1)
    return seconds if began or progress.phase is Phase.SETTLE else 0


def _give_up(state: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """The polls themselves failed, and went on failing."""
    request = Request.parse(state["Event"])
    cause = state.get("Error", {})
    log.write("gave up", request=request, level="ERROR", cause=cause)
    reason = f"waiting failed: {cause.get('Error', '')} {cause.get('Cause', '')}"
    physical_id = state["PhysicalId"]
    with contextlib.suppress(Exception):
        from lookout_provider.lifecycle import failed_id

        physical_id = failed_id(request, physical_id)
    send(request, Answer("FAILED", physical_id, reason), _where(context))
    return {}


def _undelivered(record: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """An event was not carried out (out of memory, say, or too old): Lambda hands it to this destination.

    Unless its wait has begun nothing was changed for it; and if it has, that answers. When that cannot be known, the
    Delete that follows has to look.
    """
    payload = record["requestPayload"]
    if "ResponseURL" not in payload:
        return {}
    request = Request.parse(payload)
    if _inert(request):
        return _forget(request, context)
    condition = record.get("requestContext", {}).get("condition", "")
    reason = f"the provider's function ended without an answer ({condition}); its log has the details"
    with _Watchdog(request, context) as watchdog:
        undone = Answer("FAILED", request.id_before, reason)
        outcome: Answer | Progress | None = undone
        try:
            from lookout_provider import lifecycle
            from lookout_provider.machine import Machine

            line = lifecycle.line(request)
            outcome = Answer("FAILED", request.id_sought, reason)
            outcome = _enter(request, Machine(request, line), lambda earlier: undone, watchdog, context)
        except Exception as error:
            log.write("not in line", request=request, level="ERROR", error=str(error))
        if isinstance(outcome, Answer):
            watchdog.answer(outcome)
    return {}


def _inert(request: Request) -> bool:
    return request.request_type == "Delete" and (request.physical_id or "").startswith(REFUSED)


def _forget(request: Request, context: Any) -> dict[str, Any]:
    """The Delete of what never was succeeds, whatever cannot be imported or asked."""
    send(request, Answer("SUCCESS", request.physical_id or ""), _where(context))
    return {}


def _unexpected(request: Request, error: Exception) -> Answer:
    log.write("unexpected", request=request, level="ERROR", trace=traceback.format_exc())
    return Answer("FAILED", request.id_before, f"{type(error).__name__}: {error}")


def _where(context: Any) -> str:
    stream = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME", "")
    return f"log stream {stream}, request {getattr(context, 'aws_request_id', '')}"


class _Watchdog:
    """Answers FAILED shortly before the function would be stopped without having answered."""

    def __init__(self, request: Request, context: Any) -> None:
        self._request = request
        self._context = context
        #: Held by whoever ends the event: the invocation itself or the watchdog.
        self._once = threading.Lock()
        self._called_off = False
        seconds = context.get_remaining_time_in_millis() / 1000 - _WATCHDOG_SECONDS
        self._timer = threading.Timer(max(0.0, seconds), self._bark)
        self._timer.daemon = True

    def __enter__(self) -> _Watchdog:
        self._timer.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._timer.cancel()

    def call_off(self) -> bool:
        """Leave the end of the event to the caller; False when the watchdog has answered already."""
        self._called_off = self._called_off or self._once.acquire(blocking=False)
        return self._called_off

    def answer(self, answer: Answer) -> None:
        """Answer, unless the watchdog has done so."""
        if self.call_off():
            send(self._request, answer, _where(self._context))

    def _bark(self) -> None:
        if self._once.acquire(blocking=False):
            reason = "the provider's function ran out of time"
            # An earlier delivery may have begun its wait.
            send(self._request, Answer("FAILED", self._request.id_sought, reason), _where(self._context))
