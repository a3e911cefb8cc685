"""How a service's calls and answers travel over HTTP."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol

from lookout_local.services.errors import ServiceError
from lookout_local.services.http import HttpRequest, HttpResponse


class WireProtocol(Protocol):
    """Finds operation and parameters in a request, and wraps answers and errors."""

    def operation(self, request: HttpRequest) -> str:
        """The name of the operation that is called; raises UnknownOperationException."""
        ...

    def parameters(self, operation: str, request: HttpRequest) -> dict[str, Any]:
        """The parameters as they came; raises SerializationException."""
        ...

    def answer(self, operation: str, body: Mapping[str, Any], request_id: str) -> HttpResponse:
        """The response for a success."""
        ...

    def error(self, error: ServiceError, request_id: str) -> HttpResponse:
        """The response for an error."""
        ...


class AwsJson:
    """awsJson1.0: everything is a POST, the operation is named by the header X-Amz-Target."""

    _CONTENT_TYPE = "application/x-amz-json-1.0"

    def __init__(self, target_prefix: str) -> None:
        self._prefix = f"{target_prefix}."

    def operation(self, request: HttpRequest) -> str:
        """The part of X-Amz-Target behind the service's prefix."""
        target = request.header("X-Amz-Target")
        if request.method != "POST" or not target.startswith(self._prefix):
            raise ServiceError(
                "UnknownOperationException",
                f"{request.method} {request.path} with X-Amz-Target '{target}': "
                f"expected a POST with '{self._prefix}<operation>'",
            )
        return target.removeprefix(self._prefix)

    def parameters(self, operation: str, request: HttpRequest) -> dict[str, Any]:
        """The body, which is a JSON object; an empty body has no parameters."""
        try:
            raw = json.loads(request.body or b"{}", parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            raise ServiceError("SerializationException", f"body of {operation}: not JSON: {error}") from error
        if not isinstance(raw, dict):
            raise ServiceError("SerializationException", f"body of {operation}: expected a JSON object")
        return raw

    def answer(self, operation: str, body: Mapping[str, Any], request_id: str) -> HttpResponse:
        """Status 200 and the answer as JSON."""
        return self._response(200, body, request_id)

    def error(self, error: ServiceError, request_id: str) -> HttpResponse:
        """The status of the error, its code as `__type` and its message."""
        body = {"__type": error.code, "Message": error.message}
        return self._response(error.status, body, request_id)

    def _response(self, status: int, body: Mapping[str, Any], request_id: str) -> HttpResponse:
        headers = {"Content-Type": self._CONTENT_TYPE, "x-amzn-RequestId": request_id}
        return HttpResponse(status, headers, json.dumps(body).encode())


def _no_constant(name: str) -> object:
    """NaN and Infinity, which Python's parser takes, are not JSON."""
    raise ValueError(f"got {name}")
