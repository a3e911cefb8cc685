"""The waits of a custom resource: executions of the stack's state machine, in line behind one another.

Whatever changes something does so in a wait, and an event begins its wait before it changes anything: what an event may
have begun can then always be read in the input of its wait, whoever dies in the meantime. An event that changes nothing
leaves a wait that is over at once, so that it is known when it comes again.

The name of a wait is made of the resource, of the physical id that CloudFormation knows, of the day and of a number.
Step Functions gives a name once, so two events of a resource cannot fail to notice one another; the list of executions
would not do for that, because it is eventually consistent, and throttled for the whole account.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from lookout_provider.protocol import Request, digest
from lookout_shared import log
from lookout_shared.aws import Kind, Service, ServiceError

#: Step Functions takes 262,144 bytes of input; the rest is room for what the machine adds.
_INPUT_LIMIT = 250_000
#: How long an error of Step Functions is waited out: IAM's changes are known everywhere within two minutes.
_PATIENCE_SECONDS = 120
_PASSES = (Kind.DENIED, Kind.BUSY, Kind.UNAVAILABLE, Kind.UNREACHABLE)
_LONGEST_PAUSE_SECONDS = 15
#: CloudFormation gives up on an event after an hour, and Lambda drops one that is older than a quarter of it.
_HORIZON = timedelta(hours=2)
#: How long a wait that was begun at midnight may take to be there.
_MIDNIGHT_SECONDS = 30
#: DescribeExecution is eventually consistent: what has just begun is asked for again after this time, and so often.
_LATE_SECONDS, _LATE_LOOKS = 1, 5
#: A change is not made longer than this after a look at whether it is still wanted.
_WARRANT_SECONDS = 5


class InputTooLarge(Exception):
    """What a poll would need to know does not fit into the state machine's input."""


class Busy(Exception):
    """Step Functions could not be asked for a long time; it may be later."""


class Stopped(Exception):
    """A later event has stopped the wait that this poll belongs to."""


@dataclass(frozen=True)
class Wait:
    """One wait, as it began and as it is now."""

    arn: str
    running: bool
    #: What it began with.
    state: Mapping[str, Any]
    #: What it answered at its end, as `Answer.record` has it; empty when it did not get that far.
    answered: Mapping[str, Any]

    @cached_property
    def request(self) -> Request:
        """The event that it is about."""
        return Request.parse(self.state["Event"])

    @property
    def changes(self) -> bool:
        """Whether it is one that changes something; else it was over at once."""
        return "Seconds" in self.state

    def is_of(self, request: Request) -> bool:
        """Whether it is about that very event."""
        return self.request.response_url == request.response_url

    def leaves(self, request: Request) -> bool:
        """Whether it may have made something that CloudFormation, which sent *request* next, has not heard of."""
        made_by, sent = self.request.request_type, request.request_type
        if made_by == "Delete" or not self.changes:
            return False
        if made_by == "Update" and sent == "Delete":
            # The id from before an Update is deleted when that was heard of, even if it still runs; what was not heard
            # of is taken back by another Update first.
            return False
        if self.answered.get("Status") != "SUCCESS":
            return True
        if made_by == "Create":
            # Its Delete comes under an invented id.
            return sent == "Delete"
        # An Update of the old id shows that the new one was not heard of.
        return bool(self.answered["PhysicalId"] != request.physical_id)

    def settles(self, request: Request) -> bool:
        """Whether nothing of those in front is left: it ended well, and that was heard of before *request* came."""
        return not self.running and self.answered.get("Status") == "SUCCESS" and not self.leaves(request)


def unheard(waits: Sequence[Wait], request: Request) -> tuple[list[Request], list[Request]]:
    """The events of *waits* that may have left something, and the others.

    The waits are in front of *request*, the last one first, and each is judged by the event that came next.
    """
    following = {arn: wait.request for wait in waits for arn in wait.state.get("Behind", [])}
    leaving = [wait for wait in waits if wait.leaves(following.get(wait.arn, request))]
    return [wait.request for wait in leaving], [wait.request for wait in waits if wait not in leaving]


class Machine:
    """The stack's state machine, as far as one custom resource is concerned."""

    def __init__(self, request: Request, line: str = "") -> None:
        """Speak for *request*, which stands in *line*: the physical id that it is about, '' for one to be made."""
        self._arn = os.environ["STATE_MACHINE_ARN"]
        self._states = Service("stepfunctions", request.region)
        self._request = request
        self._line = self._line_behind(line)
        #: The day whose line is joined, and the number of the next wait in it.
        self._day, self._next = datetime.now(UTC), 0

    def _line_behind(self, physical_id: str) -> str:
        return f"{digest(self._request.stack_id, self._request.logical_id)[:24]}-{digest(physical_id)[:16]}"

    # -- the line -----------------------------------------------------------------------------------------

    def earlier(self) -> list[Wait]:
        """The waits in line that are not too old to matter, the oldest first."""
        self._let_midnight_pass()
        self._day = datetime.now(UTC)
        found, today = self._in(self._line)
        self._next = len(today)
        return found + today

    @staticmethod
    def _let_midnight_pass() -> None:
        """Just after midnight, wait until those are in yesterday's line who were about to get there."""
        now = datetime.now(UTC)
        since = (now - now.replace(hour=0, minute=0, second=0, microsecond=0)).total_seconds()
        if since < _MIDNIGHT_SECONDS:
            time.sleep(_MIDNIGHT_SECONDS - since)

    def in_front(self, earlier: Sequence[Wait]) -> list[Wait]:
        """Whatever still runs, and those of *earlier* that nothing has settled since, the last one first."""
        found: list[Wait] = []
        following, settled = self._request, False
        for wait in reversed(earlier):
            settled = settled or wait.settles(following)
            following = wait.request
            if wait.running or (wait.changes and not settled):
                found.append(wait)
            if not wait.changes:
                # What has led here may not have ended yet.
                found += [led for arn in wait.state.get("Behind", []) if (led := self.read(arn)) and led.running]
        return found + [wait for wait in self._creates() if wait.running]

    def _creates(self) -> list[Wait]:
        """The waits for what was to be made, where those are another line."""
        creates = self._line_behind("")
        found, today = self._in(creates) if creates != self._line else ([], [])
        return found + today

    def _in(self, line: str) -> tuple[list[Wait], list[Wait]]:
        """The waits of yesterday, if that is not long ago, and those of today."""
        before = self._day - _HORIZON
        yesterday = list(self._of_day(line, before)) if before.date() != self._day.date() else []
        return yesterday, list(self._of_day(line, self._day))

    def _of_day(self, line: str, day: datetime) -> Iterator[Wait]:
        number = 0
        while (wait := self.read(self._execution_arn(_name(line, day, number)))) is not None:
            yield wait
            number += 1

    def _execution_arn(self, name: str) -> str:
        return self._arn.replace(":stateMachine:", ":execution:") + f":{name}"

    def begin(self, state: Mapping[str, Any]) -> bool:
        """Begin a wait behind those that are known; False when somebody else may have got into line meanwhile."""
        if datetime.now(UTC).date() != self._day.date():
            # Who comes after midnight may not have seen it in yesterday's line.
            return False
        body = json.dumps(state)
        if len(body.encode()) > _INPUT_LIMIT:
            raise InputTooLarge(f"{len(body.encode())} bytes to remember, Step Functions takes {_INPUT_LIMIT}")
        name = _name(self._line, self._day, self._next)
        try:
            self._call("StartExecution", stateMachineArn=self._arn, name=name, input=body)
        except ServiceError as error:
            if "ExecutionAlreadyExists" not in str(error):
                raise
            # What has just begun may not be described yet.
            time.sleep(_LATE_SECONDS)
            return False
        return True

    # -- single waits -------------------------------------------------------------------------------------

    def read(self, execution_arn: str) -> Wait | None:
        """The wait of that ARN; None when there is none."""
        try:
            found = self._call("DescribeExecution", executionArn=execution_arn)
        except ServiceError as error:
            if "ExecutionDoesNotExist" in str(error):
                return None
            raise
        output = json.loads(found.get("output") or "{}")
        return Wait(
            execution_arn,
            found["status"] == "RUNNING",
            json.loads(found.get("input") or "{}"),
            output.get("Answered") or {},
        )

    def stop_all(self, execution_arns: Sequence[str]) -> bool:
        """Stop those waits; whether any was still running."""
        stopped = [self._stop(arn) for arn in execution_arns]
        return any(stopped)

    def _stop(self, execution_arn: str) -> bool:
        if self._is_over(execution_arn):
            return False
        log.write("fence", request=self._request, execution=execution_arn.rsplit(":", 1)[1])
        try:
            self._call("StopExecution", executionArn=execution_arn, cause="a later event of this resource")
        except ServiceError as error:
            # One that has just answered ends by itself.
            if "ExecutionDoesNotExist" not in str(error) and not self._is_over(execution_arn):
                raise
            return False
        return True

    def _is_over(self, execution_arn: str) -> bool:
        """Whether it is known to run no more; what has just begun may not be described yet."""
        found = self.read(execution_arn)
        return found is not None and not found.running

    def runs(self, execution_arn: str) -> bool:
        """Whether a wait that has begun still runs.

        Raises Busy when it is not described yet: that is no reason to believe either.
        """
        for _ in range(_LATE_LOOKS):
            if (found := self.read(execution_arn)) is not None:
                return found.running
            time.sleep(_LATE_SECONDS)
        raise Busy(f"{execution_arn} is not described yet")

    def _call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """Call Step Functions, and wait out what passes.

        It is asked before anything is changed, maybe before IAM knows the role of a new stack everywhere; and as long
        as it cannot be asked, it cannot wait for us either. All stacks of an account share its rate.
        """
        waited, pause = 0.0, 1.0
        while True:
            try:
                return self._states.call(operation, **parameters)
            except ServiceError as error:
                if error.kind not in _PASSES:
                    raise
                if waited >= _PATIENCE_SECONDS:
                    if error.kind is Kind.DENIED:
                        raise
                    raise Busy(str(error)) from error
                seconds = pause * (1 + random.random()) / 2
                time.sleep(seconds)
                waited += seconds
                pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)


def _name(line: str, day: datetime, number: int) -> str:
    return f"{line}-{day:%Y%m%d}-{number}"


class Warrant:
    """What allows a poll to change something: that its own wait still runs, and no later event has stopped it."""

    def __init__(self, machine: Machine, execution_arn: str) -> None:
        self._machine = machine
        self._arn = execution_arn
        self._until = float("-inf")

    def check(self) -> None:
        """Raise Stopped unless the wait runs, or Busy if that cannot be known; an answer is good for some seconds."""
        if time.monotonic() <= self._until:
            return
        if not self._machine.runs(self._arn):
            raise Stopped
        self._until = time.monotonic() + _WARRANT_SECONDS
