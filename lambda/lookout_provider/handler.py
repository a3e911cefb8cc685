"""The entry point: CloudFormation's events, the state machine's polls, and what is left of failed deliveries.

It can always answer: everything that may fail to import is imported inside the handler's own `try`.
"""

from __future__ import annotations

import os
import threading
import traceback
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lookout_provider import log
from lookout_provider.protocol import REFUSED, Answer, Request, digest, send

if TYPE_CHECKING:
    from lookout_provider.lifecycle import Progress

#: The watchdog answers this many seconds before the function would be stopped.
_WATCHDOG_SECONDS = 15
_LONGEST_WAIT_SECONDS = 60


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Handle one invocation. What a poll returns is the state machine's new state."""
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


def _begin(request: Request, watchdog: _Watchdog, context: Any) -> dict[str, Any]:
    try:
        from lookout_provider import lifecycle
        from lookout_provider.machine import Machine

        machine = Machine(request)
        progress = lifecycle.begin(request)
        watchdog.progress = progress
        if machine.fence():
            # Delivered twice, and the first delivery's wait will answer.
            return {}
        if machine.left_behind:
            lifecycle.take_over(request, progress, machine.left_behind)
        outcome = lifecycle.advance(request, progress)
        if not isinstance(outcome, Answer):
            # What the watchdog has answered must not go on: CloudFormation's next event may be under way.
            if watchdog.call_off():
                machine.start(_state(request, outcome, context.invoked_function_arn))
            return {}
    except Exception as error:
        outcome = _unexpected(request, error, watchdog.physical_id)
    watchdog.answer(outcome)
    return {}


def _poll(state: Mapping[str, Any], execution_arn: str, context: Any) -> dict[str, Any]:
    """One poll; an exception is the state machine's to retry, and to answer when retries are used up."""
    from lookout_provider import lifecycle
    from lookout_provider.machine import Machine

    request = Request.parse(state["Event"])
    progress = lifecycle.Progress(
        lifecycle.Phase(state["Phase"]),
        state["PhysicalId"],
        state["Waited"] + state["Seconds"],
        state["Since"],
        state.get("Memo", {}),
        state.get("Abandoned", ""),
    )
    if progress.phase is not lifecycle.Phase.SETTLE and not Machine(request).wanted(execution_arn):
        return {}
    log.write("poll", request=request, phase=progress.phase, waited=progress.waited, physical_id=progress.physical_id)
    outcome = lifecycle.advance(request, progress)
    if isinstance(outcome, Answer):
        send(request, outcome, _where(context))
        return {}
    return _state(request, outcome, state["FunctionArn"])


def _state(request: Request, progress: Progress, function_arn: str) -> dict[str, Any]:
    """The state machine's state. Properties go along only while something is still to be made or removed."""
    from lookout_provider.lifecycle import Phase

    properties = {"Options": request.options} if progress.phase is Phase.SETTLE else request.properties
    return {
        "Event": request.event(properties),
        "FunctionArn": function_arn,
        "Phase": progress.phase.value,
        "PhysicalId": progress.physical_id,
        "Waited": progress.waited,
        "Seconds": _seconds(request, progress),
        "Since": progress.since,
        "Memo": progress.memo,
        "Abandoned": progress.abandoned,
    }


def _seconds(request: Request, progress: Progress) -> int:
    """The next wait: as many seconds as the type says at first, then half the time already waited, 60 at most.

    What waits for its turn is spread, because CloudFormation starts many custom resources at once.
    """
    from lookout_provider.resources import resource_for

    first = resource_for(request).first_wait_seconds
    seconds = min(_LONGEST_WAIT_SECONDS, max(first, progress.waited // 2))
    if not progress.since:
        return seconds
    return seconds + int(digest(request.logical_id, str(progress.waited))[:8], 16) % (seconds + 1)


def _give_up(state: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """The polls themselves failed, and went on failing."""
    request = Request.parse(state["Event"])
    cause = state.get("Error", {})
    log.write("gave up", request=request, level="ERROR", cause=cause)
    reason = f"waiting failed: {cause.get('Error', '')} {cause.get('Cause', '')}"
    send(request, Answer("FAILED", state["PhysicalId"], reason), _where(context))
    return {}


def _undelivered(record: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """An invocation died without an answer (out of memory, say): Lambda hands the event to this destination."""
    payload = record["requestPayload"]
    if "ResponseURL" not in payload:
        return {}
    request = Request.parse(payload)
    if _inert(request):
        return _forget(request, context)
    condition = record.get("requestContext", {}).get("condition", "")
    reason = f"the provider's function ended without an answer ({condition}); its log has the details"
    send(request, Answer("FAILED", _last_known_id(request), reason), _where(context))
    return {}


def _last_known_id(request: Request) -> str:
    """The id under which the dead invocation may have made something, so that a Delete finds it.

    For an Update that is the id of what would replace the resource: its rollback leads back to the old one, and
    then deletes what is under this one, if there is anything.
    """
    known = request.physical_id or f"unknown:{request.logical_id}"
    if request.request_type == "Delete":
        return known
    try:
        from lookout_provider.resources import resource_for

        resource = resource_for(request)
        resource.accept(request.properties)
        return resource.id_after(known)
    except Exception:
        return known


def _inert(request: Request) -> bool:
    return request.request_type == "Delete" and (request.physical_id or "").startswith(REFUSED)


def _forget(request: Request, context: Any) -> dict[str, Any]:
    """The Delete of what never was succeeds, whatever cannot be imported or asked."""
    send(request, Answer("SUCCESS", request.physical_id or ""), _where(context))
    return {}


def _unexpected(request: Request, error: Exception, physical_id: str) -> Answer:
    log.write("unexpected", request=request, level="ERROR", trace=traceback.format_exc())
    return Answer("FAILED", physical_id, f"{type(error).__name__}: {error}")


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
        self.progress: Progress | None = None

    @property
    def physical_id(self) -> str:
        if self.progress is not None:
            return self.progress.physical_id
        return self._request.physical_id or f"{REFUSED}{self._request.logical_id}"

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
            send(self._request, Answer("FAILED", self.physical_id, reason), _where(self._context))
