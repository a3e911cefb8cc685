"""How events reach a custom resource's function, and what is remembered of a failed one.

AWS: invokes the function asynchronously, so that its EventInvokeConfig decides about retries and the on-failure
destination; keeps the PhysicalResourceId of a FAILED answer (an invented `<stack>-<logical id>-<random>` when no answer
named one) and sends it in the Delete that follows.
MiniStack: runs the function in place, ignores an error of the invocation, and forgets the id of a FAILED answer.
Here nobody waits for an answer that cannot come any more: AWS does, for an hour.
"""

from __future__ import annotations

import os
import secrets
import string
import uuid
from functools import partial
from typing import Any

from ministack.core.arn import ArnParseError, parse_arn
from ministack.core.responses import get_region, now_iso
from ministack.services import cloudformation, lambda_svc
from ministack.services.cloudformation import custom_resource

from lookout_local.corrections import answers, deliveries
from lookout_local.functions import sdk

_LONGEST_SECONDS = 3600.0
# How long the answer of a function that ended well may take: CloudFormation's hour by the clock of the cloud. What the
# function has handed its event to needs some time of this machine for it.
_PATIENCE_SECONDS = max(_LONGEST_SECONDS * float(os.environ.get("SFN_WAIT_SCALE", "1")), 300.0)
#: Why an event of each kind failed that was cancelled.
CANCELLED = {"Create": "Resource creation cancelled", "Update": "Resource update cancelled"}
_NO_ANSWER = (
    "CloudFormation did not receive a response from your Custom Resource. Please check your logs for requestId [{}]. "
    "If you are using the Python cfn-response module, you may need to update your Lambda function code so that "
    "CloudFormation can attach the updated version."
)
_WHY = " The function failed: {}"


class CustomResourceFailed(RuntimeError):
    """The event failed. `physical_id` is the id to go on with: answered, or invented for a Create without one."""

    def __init__(self, reason: str, physical_id: str) -> None:
        super().__init__(reason)
        self.physical_id = physical_id


def install() -> None:
    """Replace MiniStack's invocation; its CloudFormation looks the function up in the module at every call."""
    custom_resource.invoke_custom_resource = invoke


def invented_id(stack_name: str, logical_id: str) -> str:
    """The physical id that CloudFormation makes up: `<stack>-<logical id>-<12 to 13 capitals and digits>`."""
    alphabet = string.ascii_uppercase + string.digits
    return f"{stack_name}-{logical_id}-{''.join(secrets.choice(alphabet) for _ in range(13))}"


def invoke(
    request_type: str,
    logical_id: str,
    props: dict[str, Any],
    stack_name: str,
    stack_id: str,
    resource_type: str,
    physical_id: str | None = None,
    old_props: dict[str, Any] | None = None,
) -> tuple[str, dict[str, Any]]:
    """Send an event and wait for the answer: the physical id and the attributes. Raises CustomResourceFailed.

    Blocks, so it runs on a worker thread (MiniStack does that for custom resources).
    """
    request_id, token = str(uuid.uuid4()), uuid.uuid4().hex
    event: dict[str, Any] = {
        "RequestType": request_type,
        "ServiceToken": props.get("ServiceToken", ""),
        "ResponseURL": f"{custom_resource._gateway_url()}{answers.PATH}{token}",
        "StackId": stack_id,
        "RequestId": request_id,
        "LogicalResourceId": logical_id,
        "ResourceType": resource_type,
        "ResourceProperties": custom_resource._normalise_resource_properties(props),
    }
    if physical_id is not None:
        event["PhysicalResourceId"] = physical_id
    if old_props is not None:
        event["OldResourceProperties"] = custom_resource._normalise_resource_properties(old_props)
    function = _function(event["ServiceToken"])
    answers.expect(token, "" if request_type == "Delete" else stack_id)
    deliveries.invoke(function, event, partial(_delivered, token, props))
    if (cloudformation._stacks.get(stack_name) or {}).get("_cancel_requested"):  # before it was expected
        answers.cancel(stack_id)
    answer = answers.wait(token, _timeout(props))
    if answer is answers.CANCELLED:
        answer = answers.Answer(False, CANCELLED[request_type])
    elif not answer.received:
        answer = answers.Answer(False, f"{_NO_ANSWER.format(request_id)}{answer.reason and _WHY.format(answer.reason)}")
    elif not answer.succeeded:
        reason = (
            f"Received response status [FAILED] from custom resource. Message returned: {answer.reason} "
            f"(RequestId: {request_id})"
        )
        answer = answers.Answer(False, reason, answer.physical_id)
    if answer.succeeded:
        return answer.physical_id, dict(answer.data)
    known_id = answer.physical_id or physical_id or invented_id(stack_name, logical_id)
    remember(request_type, stack_name, logical_id, resource_type, known_id, props)
    missing = sdk.failure_of(event["ServiceToken"])
    raise CustomResourceFailed(answer.reason + (f"; {missing}" if missing not in answer.reason else ""), known_id)


def _function(service_token: str) -> dict[str, Any]:
    """MiniStack's record of the function behind a ServiceToken; raises ValueError when there is none."""
    try:
        region = parse_arn(service_token).region
    except ArnParseError as error:
        raise ValueError(f"ServiceToken {service_token!r} is not the ARN of a function") from error
    if region != get_region():
        raise ValueError(f"ServiceToken {service_token!r} must be in the Region of the stack, {get_region()}")
    record, config, _ = lambda_svc._get_func_record_for_ref(service_token)
    if record is None or config is None:
        raise ValueError(f"Function not found: {service_token}")
    function: dict[str, Any] = lambda_svc._execution_record_for_config(record, config)
    return function


def _timeout(props: dict[str, Any]) -> float:
    try:
        return min(max(float(props["ServiceTimeout"]), 1.0), _LONGEST_SECONDS)
    except (KeyError, TypeError, ValueError):
        return _LONGEST_SECONDS


def _delivered(token: str, props: dict[str, Any], reason: str) -> None:
    """Wait no longer when the function failed for a reason, and not for ever when it leaves the answer to others."""
    if reason:
        answers.give_up(token, reason)
    elif "ServiceTimeout" not in props:
        answers.hurry(token, _PATIENCE_SECONDS)


def remember(
    request_type: str,
    stack_name: str,
    logical_id: str,
    resource_type: str,
    physical_id: str,
    props: dict[str, Any],
) -> None:
    """Keep what a Create or a failed Update may have made, for the rollback and for the stack's deletion."""
    stack = cloudformation._stacks.get(stack_name)
    if stack is None or request_type == "Delete":
        return
    record = {
        "PhysicalResourceId": physical_id,
        "ResourceType": resource_type,
        "ResourceStatus": f"{request_type.upper()}_FAILED",
        "LogicalResourceId": logical_id,
        "Properties": props,
        "Attributes": {},
        "Timestamp": now_iso(),
    }
    resources = stack.setdefault("_resources", {})
    if request_type == "Create":
        resources[logical_id] = record
    else:
        # An update is failed until its rollback has seen it; the resource itself stays on record as it was.
        stack.setdefault("_failed_custom_updates", {})[logical_id] = record
