"""Refusals of requests that were not read."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

#: Status, headers and body of an answer.
Rendered: TypeAlias = tuple[int, dict[str, str], bytes]


@dataclass(frozen=True)
class Refusal(Exception):
    """Why a request is refused."""

    status: int
    code: str
    message: str
    #: Seconds for the client to finish what it is sending.
    patience: float


def too_large(most: int, got: str) -> Refusal:
    """The body is larger than it may be; the code is that of AWS Lambda."""
    message = f"body of the request: got {got}, expected at most {most} bytes"
    return Refusal(413, "RequestEntityTooLargeException", message, patience=5.0)


def too_slow(seconds: float) -> Refusal:
    """The body does not arrive."""
    message = f"body of the request: got it not within {seconds:g} seconds, expected it at once"
    return Refusal(408, "RequestTimeoutException", message, patience=0.0)


def in_json(refusal: Refusal, headers: Mapping[str, str]) -> Rendered:
    """The answer in JSON, which clients of both protocols that use it read; `headers` are those of the request."""
    kind = "application/x-amz-json-1.0" if "x-amz-target" in headers else "application/json"
    document = {"__type": refusal.code, "Message": refusal.message}
    fields = {**head(kind, str(uuid.uuid4())), "x-amzn-errortype": refusal.code}
    return refusal.status, fields, json.dumps(document).encode()


def head(content_type: str, request_id: str) -> dict[str, str]:
    """The headers of such an answer."""
    # What is left of the request may still be on its way, so nothing else can come over this connection.
    return {"content-type": content_type, "x-amzn-requestid": request_id, "connection": "close"}
