"""What is called and what came of it, by name, as logs and metrics have it."""

from __future__ import annotations

import json
from functools import cache

from lookout_server.protocol.errors import ServiceError
from lookout_server.protocol.http import HttpRequest, HttpResponse
from lookout_server.protocol.model import Model
from lookout_server.protocol.wire import AwsJson, RestJson, WireProtocol

OK = "OK"
_ERROR = "x-amzn-errortype"
_TYPE = "__type"


@cache
def _protocols() -> dict[str, tuple[Model, WireProtocol]]:
    equipment, vision = Model("lookoutequipment"), Model("lookoutvision")
    return {
        "lookoutequipment": (equipment, AwsJson(equipment)),
        "lookoutvision": (vision, RestJson(vision)),
    }


def operation(request: HttpRequest) -> str:
    """The operation that a request calls; '' for none that exists."""
    if request.service not in _protocols():
        return ""
    model, protocol = _protocols()[request.service]
    try:
        found = protocol.operation(request)
    except ServiceError:
        return ""
    return found if found in model.operations else ""


def code(response: HttpResponse) -> str:
    """The code of the error in a response; OK for a success."""
    if response.status < 400:
        return OK
    named = next((value for name, value in response.headers.items() if name.lower() == _ERROR), "")
    if named:
        return named
    try:
        return str(json.loads(response.body)[_TYPE])
    except (ValueError, TypeError, KeyError):
        return str(response.status)
