"""Stacks in a local cloud: create or update, delete, wait, and say why it failed."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

_POLL_SECONDS = 0.03
_NO_UPDATE = "No updates are to be performed"
_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
# A stack in one of these states never came to be: nothing can be done with it but to delete it.
_STILLBORN = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "REVIEW_IN_PROGRESS")
_STUCK = "UPDATE_ROLLBACK_FAILED"
_WAY_OUT = (
    "; it takes no update until its rollback is complete: remove the cause, then call continue_update_rollback of a "
    "CloudFormation client or run `cdk rollback`; or destroy the stack"
)


class ClientFactory(Protocol):
    """Makes boto3 clients for an account and Region."""

    def __call__(self, service: str, *, account: str, region: str) -> Any: ...


class DeploymentFailed(RuntimeError):
    """A stack did not reach the state that was asked for.

    `status` is the state that it reached, `reasons` the texts of the events of what failed, in order.
    """

    def __init__(self, stack: str, status: str, reasons: list[str], came: str = "ended") -> None:
        why = "; ".join(reasons) or "no reason was given"
        super().__init__(f"stack {stack} {came} in {status}: {why}{_WAY_OUT if status == _STUCK else ''}")
        self.status = status
        self.reasons = reasons


@dataclass(frozen=True)
class Environment:
    """Where a stack is deployed."""

    account: str
    region: str


@dataclass(frozen=True)
class StackEvent:
    """One event of a stack, as CloudFormation tells it."""

    logical_id: str
    physical_id: str
    resource_type: str
    status: str
    reason: str


#: Bytes that CloudFormation takes of a template within a request.
LONGEST_BODY = 51_200


class Deployer:
    """Deploys templates into a local cloud."""

    def __init__(self, client: ClientFactory) -> None:
        self._client = client

    def put(
        self,
        name: str,
        template: str,
        environment: Environment,
        *,
        url: str | None = None,
        parameters: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
        rollback: bool = True,
    ) -> dict[str, str]:
        """Create the stack, or update it if it exists; its outputs. Raises DeploymentFailed.

        A stack whose creation failed earlier is deleted first, as the CDK CLI does. Parameters of the template that
        `parameters` does not name keep the values that the stack has. Without `rollback` a failed stack is left as it
        is. `url` is where the template is in a bucket, for one that is too long for a request.
        """
        status = self._status(name, environment)
        if status == _STUCK:
            failed = [event for event in self.events(name, environment) if event.status == _STUCK]
            raise DeploymentFailed(name, status, [event.reason for event in failed[-1:]], "is")
        if status in _STILLBORN:
            self.destroy(name, environment)
            status = ""
        arguments = {
            "StackName": name,
            **({"TemplateURL": url} if url else {"TemplateBody": template}),
            "Capabilities": _CAPABILITIES,
            "Parameters": _parameters(
                template, parameters or {}, self._describe(name, environment) if status else None
            ),
            "Tags": [{"Key": key, "Value": value} for key, value in (tags or {}).items()],
            "DisableRollback": not rollback,
        }
        cloudformation = self._cloudformation(environment)
        seen = len(self.events(name, environment)) if status else 0
        if not status:
            stack_id = cloudformation.create_stack(**arguments)["StackId"]
        else:
            try:
                stack_id = cloudformation.update_stack(**arguments)["StackId"]
            except cloudformation.exceptions.ClientError as error:
                if _NO_UPDATE not in error.response["Error"]["Message"]:
                    raise
                return self._outputs(name, environment)
        self._wait(stack_id, environment, "UPDATE_COMPLETE" if status else "CREATE_COMPLETE", seen)
        return self._outputs(name, environment)

    def destroy(self, name: str, environment: Environment) -> None:
        """Delete a stack; does nothing when there is none. Raises DeploymentFailed."""
        status = self._status(name, environment)
        if not status:
            return
        cloudformation = self._cloudformation(environment)
        stack_id = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackId"]
        seen = len(self.events(stack_id, environment))
        cloudformation.delete_stack(StackName=name)
        self._wait(stack_id, environment, "DELETE_COMPLETE", seen)

    def events(self, name: str, environment: Environment) -> list[StackEvent]:
        """The events of a stack, oldest first."""
        pages = self._cloudformation(environment).get_paginator("describe_stack_events")
        events = [event for page in pages.paginate(StackName=name) for event in page["StackEvents"]]
        return [
            StackEvent(
                logical_id=event["LogicalResourceId"],
                physical_id=event.get("PhysicalResourceId", ""),
                resource_type=event["ResourceType"],
                status=event["ResourceStatus"],
                reason=event.get("ResourceStatusReason", ""),
            )
            for event in reversed(events)
        ]

    def _cloudformation(self, environment: Environment) -> Any:
        return self._client("cloudformation", account=environment.account, region=environment.region)

    def _describe(self, name: str, environment: Environment) -> dict[str, Any] | None:
        cloudformation = self._cloudformation(environment)
        try:
            described: dict[str, Any] = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        except cloudformation.exceptions.ClientError as error:
            if "does not exist" in error.response["Error"]["Message"]:
                return None
            raise
        return described

    def _status(self, name: str, environment: Environment) -> str:
        """The state of a stack; '' when there is none."""
        described = self._describe(name, environment)
        status = described["StackStatus"] if described else ""
        return "" if status == "DELETE_COMPLETE" else status

    def _outputs(self, name: str, environment: Environment) -> dict[str, str]:
        described = self._describe(name, environment) or {}
        return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}

    def _wait(self, stack_id: str, environment: Environment, wanted: str, seen: int) -> None:
        """Until the operation is over; raises DeploymentFailed unless it ends in the wanted state."""
        while True:
            described = self._describe(stack_id, environment)
            status = described["StackStatus"] if described else "DELETE_COMPLETE"
            if not status.endswith("_IN_PROGRESS"):
                break
            time.sleep(_POLL_SECONDS)
        if status == wanted:
            return
        name = stack_id.split("/")[1]
        if status == "DELETE_COMPLETE":
            reasons = ["the stack was deleted meanwhile"]
        else:
            told = [event for event in self.events(stack_id, environment)[seen:] if event.reason]
            failed = [event for event in told if event.status.endswith("_FAILED")]
            # An operation that does not even begin tells so in the state that the stack is in.
            refused = [event for event in told if (event.logical_id, event.status) == (name, status)]
            reasons = [f"{event.logical_id}: {event.reason}" for event in failed or refused]
        raise DeploymentFailed(name, status, reasons)


def _parameters(template: str, given: Mapping[str, str], described: dict[str, Any] | None) -> list[dict[str, Any]]:
    """The parameters of a request: those given, and those of the stack that its template still has."""
    before = {parameter["ParameterKey"] for parameter in (described or {}).get("Parameters", [])}
    kept = (before & json.loads(template).get("Parameters", {}).keys()) - given.keys()
    return [
        *({"ParameterKey": key, "ParameterValue": value} for key, value in given.items()),
        *({"ParameterKey": key, "UsePreviousValue": True} for key in sorted(kept)),
    ]
