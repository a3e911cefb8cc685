"""Refusals of requests that were not read, in the form that the client of each service understands."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from xml.sax.saxutils import escape

from lookout_server.http.refusals import Refusal, Rendered, head, in_json

_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
#: What Amazon S3 calls it.
_S3_CODES = {"RequestEntityTooLargeException": "EntityTooLarge", "RequestTimeoutException": "RequestTimeout"}


def rendered(refusal: Refusal, service: str, headers: Mapping[str, str]) -> Rendered:
    """The answer, for a service by its signing name and a request by its headers."""
    request_id = str(uuid.uuid4())
    message = escape(refusal.message)
    if service == "s3":
        code = _S3_CODES[refusal.code]
        body = f"<Error><Code>{code}</Code><Message>{message}</Message><RequestId>{request_id}</RequestId>"
        return 400, head("application/xml", request_id), f"{_XML}{body}</Error>".encode()
    if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        error = f"<Code>{refusal.code}</Code><Message>{message}</Message>"
        if service == "ec2":
            body = f"<Response><Errors><Error>{error}</Error></Errors><RequestID>{request_id}</RequestID></Response>"
        else:
            error = f"<Error><Type>Sender</Type>{error}</Error>"
            body = f"<ErrorResponse>{error}<RequestId>{request_id}</RequestId></ErrorResponse>"
        return refusal.status, head("text/xml", request_id), f"{_XML}{body}".encode()
    return in_json(refusal, headers)
