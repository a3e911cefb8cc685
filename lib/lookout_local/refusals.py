"""Refusals of requests that were not read, in the form that the client of each service understands."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape


@dataclass(frozen=True)
class Refusal(Exception):
    """Why a request is refused: status and code in general, and at Amazon S3."""

    status: int
    code: str
    s3_code: str
    message: str
    #: Seconds for the client to finish what it is sending.
    patience: float


def too_large(most: int, got: str) -> Refusal:
    """The body is larger than it may be; the code is that of AWS Lambda."""
    message = f"body of the request: got {got}, expected at most {most} bytes"
    return Refusal(413, "RequestEntityTooLargeException", "EntityTooLarge", message, patience=5.0)


def too_slow(seconds: float) -> Refusal:
    """The body does not arrive."""
    message = f"body of the request: got it not within {seconds:g} seconds, expected it at once"
    return Refusal(408, "RequestTimeoutException", "RequestTimeout", message, patience=0.0)


def rendered(refusal: Refusal, service: str, headers: Mapping[str, str]) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the answer, for a service by its signing name and a request by its headers."""
    request_id = str(uuid.uuid4())
    message = escape(refusal.message)
    if service == "s3":
        body = f"<Error><Code>{refusal.s3_code}</Code><Message>{message}</Message><RequestId>{request_id}</RequestId>"
        return 400, _headers("application/xml", request_id), f"{_XML}{body}</Error>".encode()
    if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        error = f"<Code>{refusal.code}</Code><Message>{message}</Message>"
        if service == "ec2":
            body = f"<Response><Errors><Error>{error}</Error></Errors><RequestID>{request_id}</RequestID></Response>"
        else:
            error = f"<Error><Type>Sender</Type>{error}</Error>"
            body = f"<ErrorResponse>{error}<RequestId>{request_id}</RequestId></ErrorResponse>"
        return refusal.status, _headers("text/xml", request_id), f"{_XML}{body}".encode()
    kind = "application/x-amz-json-1.0" if "x-amz-target" in headers else "application/json"
    document = {"__type": refusal.code, "Message": refusal.message}
    fields = {**_headers(kind, request_id), "x-amzn-errortype": refusal.code}
    return refusal.status, fields, json.dumps(document).encode()


_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'


def _headers(content_type: str, request_id: str) -> dict[str, str]:
    # What is left of the request may still be on its way, so nothing else can come over this connection.
    return {"content-type": content_type, "x-amzn-requestid": request_id, "connection": "close"}
