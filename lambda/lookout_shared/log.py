"""One JSON line per thing that happened; never a ResponseURL, never the text of a policy.

Lambda files a line under its `level` only if it has a `timestamp` that it can read, and else under INFO: an error would
be lost wherever INFO is not logged.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from typing import Any, Protocol

_LEVELS = {"TRACE": 5, "DEBUG": 10, "INFO": 20, "WARN": 30, "WARNING": 30, "ERROR": 40, "FATAL": 50}


class Request(Protocol):
    """What a line says of CloudFormation's event that it is about."""

    @property
    def request_type(self) -> str: ...
    @property
    def request_id(self) -> str: ...
    @property
    def stack_name(self) -> str: ...
    @property
    def logical_id(self) -> str: ...
    @property
    def resource_type(self) -> str: ...
    @property
    def response_url(self) -> str: ...


def write(message: str, *, request: Request | None = None, level: str = "INFO", **fields: Any) -> None:
    """Write *message* with *fields* to standard output, which the runtime hands to CloudWatch Logs."""
    if _LEVELS[level] < _LEVELS.get(os.environ.get("LOG_LEVEL", "INFO").upper(), 20):
        return
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    line: dict[str, Any] = {"timestamp": now, "level": level, "message": message}
    if request is not None:
        line |= {
            "requestType": request.request_type,
            "requestId": request.request_id,
            "stack": request.stack_name,
            "logicalId": request.logical_id,
            "resourceType": request.resource_type,
        }
    line |= {name: value for name, value in fields.items() if value not in (None, "")}
    text = json.dumps(line, default=str)
    if request is not None:
        # An error may quote it, as urllib's do; whoever holds it can answer in our name.
        text = text.replace(json.dumps(request.response_url)[1:-1], "<ResponseURL>")
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
