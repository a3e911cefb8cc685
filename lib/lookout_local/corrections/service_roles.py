"""What Lambda does with the role of a function.

AWS: Lambda assumes the role, whose trust policy must name it, and writes logs and sends a failed event to its
destination with the permissions of that role.
MiniStack: checks what the code of a function does with the role, and neither trust nor what Lambda does with it.
"""

from __future__ import annotations

import logging
from typing import Any

from ministack.core import lambda_runtime
from ministack.core.responses import get_region
from ministack.services import lambda_svc

from lookout_local.corrections import function_sessions
from lookout_local.corrections.replacing import replace
from lookout_local.roles import denial, obstacle

_LOG = logging.getLogger(__name__)
_DELIVERIES = {"lambda": "lambda:InvokeFunction", "sqs": "sqs:SendMessage", "sns": "sns:Publish"}
_route_async_failure = lambda_svc._route_async_failure
_emit_lambda_logs = lambda_svc._emit_lambda_logs


def install() -> None:
    """Put the checks before what MiniStack does."""
    replace(lambda_runtime.execution_credentials, execution_credentials)
    lambda_svc._route_async_failure = route_async_failure
    lambda_svc._emit_lambda_logs = emit_lambda_logs


def execution_credentials(config: dict[str, Any]) -> dict[str, str]:
    """The credentials of a function's role; raises RuntimeError when Lambda cannot assume it."""
    arn = config["FunctionArn"]
    region = arn.split(":")[3]
    if problem := obstacle(config.get("Role", ""), "lambda.amazonaws.com", source_arn=arn, region=region):
        raise RuntimeError(f"the function {arn} cannot be run: {problem}")
    return function_sessions.credentials(config)


def route_async_failure(target_arn: str, function_name: str, event: dict[str, Any], result: dict[str, Any]) -> None:
    """Send a failed event to its destination if the function's role may; drop it otherwise, as Lambda does."""
    config = (lambda_svc._functions.get(function_name) or {}).get("config", {})
    if not config or may_deliver(config, target_arn):
        _route_async_failure(target_arn, function_name, event, result)


def may_deliver(config: dict[str, Any], target_arn: str) -> bool:
    """Whether a function's role lets Lambda send its failed events to a destination."""
    action, name = _DELIVERIES.get(target_arn.split(":")[2]), config["FunctionName"]
    problem = action and denial(config.get("Role", ""), name, action, target_arn, get_region())
    if problem:
        _LOG.warning("the failed event of %s does not reach %s: %s", name, target_arn, problem)
    return not problem


def emit_lambda_logs(function: dict[str, Any], *arguments: Any, **options: Any) -> None:
    """Write what a function printed to its log group if the function's role may; drop it otherwise, as Lambda does."""
    config = function.get("config") or function
    name = config["FunctionName"]
    _, partition, _, region, account, *_ = config["FunctionArn"].split(":")
    group = (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{name}"
    stream = f"arn:{partition}:logs:{region}:{account}:log-group:{group}:log-stream:{name}"
    for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
        if problem := denial(config.get("Role", ""), name, action, stream, region):
            _LOG.warning("the logs of %s are lost: %s", name, problem)
            return
    _emit_lambda_logs(function, *arguments, **options)
