"""Asynchronous invocations of functions.

AWS: tries an event as often as the function's settings say, with minutes in between, and sends the one that it gives up
to a destination.
MiniStack: does so without telling anybody that an event was given up. Here that is told, because it is the last that
can be known of a custom resource; and code that cannot be made ready is not tried again.
"""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable
from typing import Any

from ministack.services import lambda_svc

from lookout_local.corrections import service_roles
from lookout_local.corrections.initialisations import failed_at_init

_DEFAULT_RETRIES = 2
_DEFAULT_AGE_SECONDS = 21_600


def install() -> None:
    """Replace asynchronous invocations."""
    lambda_svc.invoke_async_with_retry = invoke


def invoke(function: dict[str, Any], event: dict[str, Any], ended: Callable[[str], None] = lambda reason: None) -> None:
    """Invoke a function asynchronously. `ended` is called when all is done: with the reason why the event has come to
    nothing, or with '' when an invocation ended well or a queue or a topic has got the event.
    """
    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(_deliver, function, event, ended), daemon=True).start()


def _deliver(function: dict[str, Any], event: dict[str, Any], ended: Callable[[str], None]) -> None:
    config = function.get("config") or function
    account, region = lambda_svc._account_region_from_function_config(config)
    lambda_svc._request_account_id.set(account)
    lambda_svc._request_region.set(region)
    settings = function.get("event_invoke_config") or (function.get("event_invoke_configs") or {}).get("$LATEST") or {}
    result = _try(function, event, settings)
    if result.get("error"):
        destination = _destination(config, settings)
        if destination.split(":")[2:3] == ["lambda"]:
            result = _tell(destination, config, event, result)
        elif destination and service_roles.may_deliver(config, destination):
            lambda_svc._route_async_failure(destination, config["FunctionName"], event, result)
            result = {}
    ended(_reason(result) if result.get("error") else "")


def _destination(config: dict[str, Any], settings: dict[str, Any]) -> str:
    """The ARN of what is told of an event that is given up; '' when nothing is."""
    on_failure = settings.get("DestinationConfig", {}).get("OnFailure", {})
    dead_letters = config.get("DeadLetterConfig") or {}
    return str(on_failure.get("Destination") or dead_letters.get("TargetArn") or "")


def _try(function: dict[str, Any], event: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
    """The result of the last attempt."""
    retries = settings.get("MaximumRetryAttempts", _DEFAULT_RETRIES)
    latest = time.monotonic() + float(settings.get("MaximumEventAgeInSeconds", _DEFAULT_AGE_SECONDS))
    result: dict[str, Any] = lambda_svc._execute_function(function, event)
    for attempt in range(int(retries)):
        delay = min(
            lambda_svc._LAMBDA_ASYNC_RETRY_BASE_SECONDS * 2**attempt, lambda_svc._LAMBDA_ASYNC_RETRY_MAX_SECONDS
        )
        if not result.get("error") or failed_at_init(result) or time.monotonic() + delay > latest:
            break
        time.sleep(delay)
        result = lambda_svc._execute_function(function, event)
    return result


def _tell(destination: str, config: dict[str, Any], event: dict[str, Any], result: dict[str, Any]) -> dict[str, Any]:
    """Run the function that is told of the failure; its result, or the failure when it cannot be told."""
    function, target, _ = lambda_svc._get_func_record_for_ref(destination)
    if function is None or target is None or not service_roles.may_deliver(config, destination):
        return result
    record = {
        "version": "1.0",
        "requestContext": {"functionArn": config["FunctionArn"], "condition": "RetriesExhausted"},
        "requestPayload": event,
        "responseContext": {"statusCode": 200, "functionError": "Unhandled"},
        "responsePayload": result.get("body"),
    }
    told: dict[str, Any] = lambda_svc._execute_function_with_config_scope(
        lambda_svc._execution_record_for_config(function, target), record
    )
    return told


def _reason(result: dict[str, Any]) -> str:
    body = result.get("body")
    if not isinstance(body, dict):
        return str(body)
    return ": ".join(str(body[part]) for part in ("errorType", "errorMessage") if body.get(part))
