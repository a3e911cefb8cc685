"""How a service's calls and answers travel over HTTP."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import parse_qs, unquote

from botocore.model import ListShape, Shape, StructureShape

from lookout_files import documents
from lookout_server.protocol.errors import ServiceError, validation
from lookout_server.protocol.http import HttpRequest, HttpResponse
from lookout_server.protocol.model import Model


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

    def __init__(self, model: Model) -> None:
        self._model = model
        self._prefix = f"{model.target_prefix}."

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
        return _json_object(operation, request.body)

    def answer(self, operation: str, body: Mapping[str, Any], request_id: str) -> HttpResponse:
        """Status 200 and the answer as JSON."""
        return self._response(200, body, request_id)

    def error(self, error: ServiceError, request_id: str) -> HttpResponse:
        """The status that the model gives the exception, its code as `__type` and its message."""
        body = {"__type": error.code, "Message": error.message}
        return self._response(_status(self._model, error), body, request_id)

    def _response(self, status: int, body: Mapping[str, Any], request_id: str) -> HttpResponse:
        headers = {"Content-Type": self._CONTENT_TYPE, "x-amzn-RequestId": request_id}
        return HttpResponse(status, headers, json.dumps(body).encode())


class RestJson:
    """restJson1: method and path name the operation, whose parameters are in path, query, headers and body."""

    #: What the header Retry-After says where the model has it and the service knows nothing better.
    _RETRY_AFTER_SECONDS = 1

    def __init__(self, model: Model) -> None:
        self._model = model
        self._routes = {
            operation: (model.http(operation).method, _path_pattern(model.http(operation).path))
            for operation in sorted(model.operations)
        }

    def operation(self, request: HttpRequest) -> str:
        """The operation whose method and path the request has."""
        path = request.path.partition("?")[0]
        for operation, (method, pattern) in self._routes.items():
            if request.method == method and pattern.fullmatch(path):
                return operation
        raise ServiceError("UnknownOperationException", f"{request.method} {path} is not an operation", status=404)

    def parameters(self, operation: str, request: HttpRequest) -> dict[str, Any]:
        """What path, query, headers and body say, each member from the place where the model puts it."""
        shape = self._model.input_shape(operation)
        if shape is None:
            return {}
        path, _, query_string = request.path.partition("?")
        match = self._routes[operation][1].fullmatch(path)
        labels = match.groupdict() if match else {}
        query = parse_qs(query_string, keep_blank_values=True)
        found: dict[str, Any] = {}
        for name, member in shape.members.items():
            place, wire_name = member.serialization.get("location"), member.serialization.get("name", name)
            if place == "uri":
                found[name] = unquote(labels[wire_name])
            elif place == "querystring" and wire_name in query:
                values = [_from_text(member, value) for value in query[wire_name]]
                found[name] = values if isinstance(member, ListShape) else values[0]
            elif place == "header" and request.header(wire_name):
                found[name] = _from_text(member, request.header(wire_name))
        return {**found, **self._body(operation, shape, request.body)}

    def answer(self, operation: str, body: Mapping[str, Any], request_id: str) -> HttpResponse:
        """The operation's own status, and the answer as JSON."""
        return self._response(self._model.http(operation).status, {}, body, request_id)

    def error(self, error: ServiceError, request_id: str) -> HttpResponse:
        """Status and headers that the model gives the exception; its code is in x-amzn-ErrorType."""
        shape = self._model.error_shape(error.code)
        headers = {"x-amzn-ErrorType": error.code}
        body: dict[str, Any] = {"Message": error.message, **error.members}
        for name, member in shape.members.items() if shape else ():
            if member.serialization.get("location") == "header":
                value = body.pop(name, self._RETRY_AFTER_SECONDS)
                headers[member.serialization["name"]] = str(value)
        return self._response(_status(self._model, error), headers, body, request_id)

    def _body(self, operation: str, shape: StructureShape, body: bytes) -> dict[str, Any]:
        payload = shape.serialization.get("payload")
        if payload:
            return {payload: body}
        inside = {name for name, member in shape.members.items() if not member.serialization.get("location")}
        if not inside:
            return {}
        raw = _json_object(operation, body)
        for name in raw.keys() & shape.members.keys() - inside:
            place = shape.members[name].serialization["location"]
            raise ServiceError("SerializationException", f"body of {operation}: expected {name} in the {place}")
        return raw

    def _response(
        self, status: int, headers: Mapping[str, str], body: Mapping[str, Any], request_id: str
    ) -> HttpResponse:
        common = {"Content-Type": "application/json", "x-amzn-RequestId": request_id}
        return HttpResponse(status, {**common, **headers}, json.dumps(body).encode())


def _status(model: Model, error: ServiceError) -> int:
    return model.error_status(error.code) or error.status


def _path_pattern(path: str) -> re.Pattern[str]:
    """A path with `{labels}` as an expression with a group for each; a label holds no slash that is not encoded."""
    parts = re.split(r"\{(\w+)\}", path)
    expressions = [f"(?P<{part}>[^/]+)" if i % 2 else re.escape(part) for i, part in enumerate(parts)]
    return re.compile("".join(expressions))


def _from_text(shape: Shape, text: str) -> Any:
    """A value of path, query or header as it would be in JSON; as it came where it is no such value."""
    if isinstance(shape, ListShape):
        return _from_text(shape.member, text)
    kind = shape.type_name
    if kind == "boolean" and text in ("true", "false"):
        return text == "true"
    if kind == "integer" and re.fullmatch(r"-?[0-9]{1,18}", text):
        return int(text)
    if kind == "timestamp":
        try:
            time = datetime.fromisoformat(text)
            return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            return text
    return text


def _json_object(operation: str, body: bytes) -> dict[str, Any]:
    try:
        raw = documents.parse(body or b"{}")
    except documents.Senseless as error:
        raise validation(f"body of {operation}: {error}") from error
    except documents.NotJson as error:
        raise ServiceError("SerializationException", f"body of {operation}: not JSON: {error}") from error
    if not isinstance(raw, dict):
        raise ServiceError("SerializationException", f"body of {operation}: expected a JSON object")
    return raw
