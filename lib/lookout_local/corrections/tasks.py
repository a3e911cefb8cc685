"""What a state machine does in its tasks.

AWS: Step Functions assumes the role of the state machine, whose trust policy must name it, and calls functions and
services with the permissions of that role.
MiniStack: calls its services from inside, without asking for any permission.
"""

from __future__ import annotations

import contextvars
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ministack.core import iam_actions
from ministack.core.responses import get_account_id, get_region
from ministack.services import lambda_svc, stepfunctions

from lookout_local.corrections import passed_roles
from lookout_local.roles import denial, obstacle

# What a task waits for: MiniStack drops it wherever it stands, and reads the rest by its place.
_WAITS = re.compile(r"\.sync|\.waitForTaskToken")
_INTEGRATION = re.compile(r"(?:[^:]*:){5}(?:aws-sdk:)?(?P<service>[^:]+):(?P<operation>[^:.]+).*", re.DOTALL)
# Actions that are not called as their operations are.
_ACTIONS = {
    "lambda:Invoke": "lambda:InvokeFunction",
    "s3:CopyObject": "s3:PutObject",
    "s3:DeleteObjects": "s3:DeleteObject",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:ListObjects": "s3:ListBucket",
    "s3:ListObjectsV2": "s3:ListBucket",
}
# The function is known, and the role asked for it, where it is called.
_OF_LAMBDA = "states:::lambda:invoke"
_OTHERS = (":function:", ":activity:")
_NO_MACHINE = {"roleArn": "", "stateMachineArn": ":::::"}
_execute_task = stepfunctions._execute_task
_execute_map = stepfunctions._execute_map
_test_state = stepfunctions._test_state
_read_map_items = stepfunctions._read_map_items
_s3_object_text = stepfunctions._s3_object_text
_invoke_resource = stepfunctions._invoke_resource
_invoke_with_callback = stepfunctions._invoke_with_callback
_call_lambda = stepfunctions._call_lambda
# The state machine whose task is carried out.
_machine: contextvars.ContextVar[dict[str, Any]] = contextvars.ContextVar("machine", default=_NO_MACHINE)


def install() -> None:
    """Put the checks before what MiniStack does."""
    stepfunctions._execute_task = execute_task
    stepfunctions._execute_map = execute_map
    stepfunctions._test_state = test_state
    stepfunctions._read_map_items = read_map_items
    stepfunctions._s3_object_text = s3_object_text
    stepfunctions._invoke_resource = invoke_resource
    stepfunctions._invoke_with_callback = invoke_with_callback
    stepfunctions._call_lambda = call_lambda


def execute_task(state: dict[str, Any], content: Any, execution: dict[str, Any], context: Any) -> Any:
    """Carry out a task in the name of the state machine."""
    with _in_the_name_of(_machine_of(execution)):
        return _execute_task(state, content, execution, context)


def execute_map(state: dict[str, Any], content: Any, execution: dict[str, Any], context: Any) -> Any:
    """Carry out a map, whose items may be read from S3, in the name of the state machine."""
    with _in_the_name_of(_machine_of(execution)):
        return _execute_map(state, content, execution, context)


def test_state(content: dict[str, Any]) -> Any:
    """Carry out a single state in the name of the role that the request passes."""
    arn = f"arn:aws:states:{get_region()}:{get_account_id()}:stateMachine:TestState"
    with _in_the_name_of({"roleArn": content.get("roleArn") or "", "stateMachineArn": arn}):
        return _test_state(content)


def call_lambda(function: str, event: Any) -> Any:
    """Invoke a function if the role of the state machine may."""
    _, config, _ = lambda_svc._get_func_record_for_ref(function)
    target = (config or {}).get("FunctionArn", function)
    if problem := _denial(("lambda:InvokeFunction", target)):
        raise stepfunctions._ExecutionError("Lambda.AWSLambdaException", problem)
    return _call_lambda(function, event)


def invoke_resource(resource: str, content: Any) -> Any:
    """Call a service if the role of the state machine may."""
    _check(resource, content)
    return _invoke_resource(resource, content)


def invoke_with_callback(resource: str, content: Any, *arguments: Any) -> Any:
    """Call a service that is to call back, if the role of the state machine may."""
    _check(resource, content)
    return _invoke_with_callback(resource, content, *arguments)


def read_map_items(reader: dict[str, Any], content: Any, context: Any) -> Any:
    """Read the items of a map from S3 if the role of the state machine may."""
    if reader.get("Resource", "").endswith("s3:listObjectsV2"):
        asked = reader.get("Parameters") or reader.get("Arguments") or {}
        bucket = stepfunctions._resolve_params_obj(asked, content, context).get("Bucket")
        _read("s3:ListBucket", f"arn:aws:s3:::{bucket}")
    return _read_map_items(reader, content, context)


def s3_object_text(bucket: str, key: str) -> str:
    """Read an object of S3 for a map if the role of the state machine may."""
    _read("s3:GetObject", f"arn:aws:s3:::{bucket}/{key}")
    return str(_s3_object_text(bucket, key))


def _read(action: str, resource: str) -> None:
    if problem := _denial((action, resource)):
        raise stepfunctions._ExecutionError("States.ItemReaderFailed", problem)


@contextmanager
def _in_the_name_of(machine: dict[str, Any]) -> Iterator[None]:
    token = _machine.set(machine)
    try:
        yield
    finally:
        _machine.reset(token)


def _machine_of(execution: dict[str, Any] | None) -> dict[str, Any]:
    found: dict[str, Any] | None = stepfunctions._state_machines.get((execution or {}).get("stateMachineArn", ""))
    return found or _machine.get()


def _check(resource: str, content: Any) -> None:
    if _OF_LAMBDA in resource or any(kind in resource for kind in _OTHERS):
        return
    found = _INTEGRATION.fullmatch(_WAITS.sub("", resource))
    if found is None:
        return
    name, operation = found["service"].lower(), found["operation"]
    service = stepfunctions._AWS_SDK_SERVICE_MAP.get(name, {}).get("service_key", name)
    operation = operation[:1].upper() + operation[1:]
    action = f"{iam_actions.SERVICE_TO_IAM_NAMESPACE.get(service, service)}:{operation}"
    content = content if isinstance(content, dict) else {}
    wanted = [(_ACTIONS.get(action, action), _resource_arn(service, operation, content))]
    if service not in ("iam", "sts"):
        wanted += [("iam:PassRole", role) for role in passed_roles.named(content)]
    if problem := _denial(*wanted):
        raise stepfunctions._ExecutionError(stepfunctions._prefix_sdk_error(name, "AccessDeniedException"), problem)


def _denial(*wanted: tuple[str, str]) -> str | None:
    """Why the role of the state machine may not take actions on resources; None when it may."""
    machine = _machine.get()
    role, region = machine["roleArn"], get_region()
    problem = obstacle(role, "states.amazonaws.com", source_arn=machine["stateMachineArn"], region=region)
    problems = (denial(role, "states", action, resource, region) for action, resource in wanted)
    return problem or next(filter(None, problems), None)


def _resource_arn(service: str, operation: str, content: dict[str, Any]) -> str:
    """What a call is about: '*' where that is not known."""
    path = "/"
    if service == "s3":
        path = f"/{content.get('Bucket', '')}/{content.get('Key', '')}"
    elif service == "lambda":
        path = f"/2015-03-31/functions/{content.get('FunctionName', '')}"
    elif service == "states" and isinstance(content.get("StateMachineArn"), str):
        return str(content["StateMachineArn"])
    params = {name: [value] for name, value in content.items() if isinstance(value, str)}
    headers = {"x-amz-target": f"Service.{operation}"}
    return str(
        iam_actions.extract_resource_arn(
            service, "POST", path, headers, json.dumps(content).encode(), params, get_region(), get_account_id()
        )
    )
