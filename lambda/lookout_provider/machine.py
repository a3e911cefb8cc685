"""The state machine that waits between two polls, and the fence that stops an older wait."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from typing import Any

from lookout_provider import log
from lookout_provider.aws import Kind, Service, ServiceError
from lookout_provider.protocol import Request

#: Step Functions takes 262,144 bytes of input; the rest is room for what the machine adds.
_INPUT_LIMIT = 250_000
#: IAM's changes are known everywhere within two minutes.
_PROPAGATION_SECONDS = 120


class InputTooLarge(Exception):
    """What a poll would need to know does not fit into the state machine's input."""


class Machine:
    """The stack's state machine, as far as one custom resource is concerned."""

    def __init__(self, request: Request) -> None:
        self._arn = os.environ["STATE_MACHINE_ARN"]
        self._states = Service("stepfunctions", request.region)
        self._request = request
        #: The physical id that the wait which this event has stopped would have answered with.
        self.left_behind: str | None = None

    def fence(self) -> bool:
        """Stop every wait that an earlier event of this resource left running.

        Without it a cancelled Create would go on behind the Delete that follows. Returns True when the wait of
        this very event is running already: the event was delivered twice, and that wait will answer it.
        """
        delivered = False
        for execution in self._running():
            if execution["name"] == self._request.execution_name:
                delivered = True
            elif execution["name"].startswith(self._request.execution_prefix):
                log.write("fence", request=self._request, execution=execution["name"])
                self.left_behind = self._id_in(execution["executionArn"]) or self.left_behind
                self._stop(execution["executionArn"])
        return delivered

    def _id_in(self, execution_arn: str) -> str | None:
        """The physical id of what that wait is about; None when it was not certain to be ours."""
        state = json.loads(self._states.call("DescribeExecution", executionArn=execution_arn).get("input") or "{}")
        # Later states are not told; what was being made when the wait began is what it is about.
        return state["PhysicalId"] if state.get("Phase") == "settle" else None

    def _stop(self, execution_arn: str) -> None:
        """Stop an execution; one that has just answered may end by itself meanwhile."""
        try:
            self._states.call("StopExecution", executionArn=execution_arn, cause="a later event of this resource")
        except ServiceError:
            if self.wanted(execution_arn):
                raise

    def _running(self) -> list[dict[str, Any]]:
        """The executions that run.

        This is the first call that a new stack's provider makes, maybe before IAM knows its role everywhere; and
        as long as the machine cannot be asked, it cannot wait for us either.
        """
        patience = time.monotonic() + _PROPAGATION_SECONDS
        while True:
            try:
                return list(
                    self._states.pages(
                        "ListExecutions", "executions", stateMachineArn=self._arn, statusFilter="RUNNING"
                    )
                )
            except ServiceError as error:
                if error.kind is not Kind.DENIED or time.monotonic() > patience:
                    raise
                time.sleep(2)

    def start(self, state: Mapping[str, Any]) -> None:
        """Hand the wait over. The same event delivered again finds its own execution, which is as good."""
        body = json.dumps(state)
        if len(body.encode()) > _INPUT_LIMIT:
            raise InputTooLarge(f"{len(body.encode())} bytes to remember, Step Functions takes {_INPUT_LIMIT}")
        try:
            self._states.call(
                "StartExecution", stateMachineArn=self._arn, name=self._request.execution_name, input=body
            )
        except ServiceError as error:
            if "ExecutionAlreadyExists" not in str(error):
                raise

    def wanted(self, execution_arn: str) -> bool:
        """Whether the poll's own execution still runs: a later event may have fenced it off meanwhile."""
        answer = self._states.call("DescribeExecution", executionArn=execution_arn)
        return bool(answer["status"] == "RUNNING")
