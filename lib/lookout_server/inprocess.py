"""An ordinary botocore or boto3 client that talks to a Backend without any HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse, HeadersDict

from lookout_server.backend import Backend
from lookout_server.protocol.http import HttpRequest

_CREDENTIAL = re.compile(r"Credential=([^/]+)/[0-9]{8}/([^/]+)/([^/]+)/")


def connect(client: Any, backend: Backend, *, account: str) -> None:
    """Send every request of a client to the backend, as a caller of `account` (12 digits).

    The client serialises, signs, retries and parses as always; it needs credentials (any will do) and a Region.
    """
    service = str(client.meta.service_model.signing_name)
    region = str(client.meta.region_name)

    def answer(request: AWSPreparedRequest, **_: object) -> AWSResponse:
        headers = {str(name): _text(value) for name, value in request.headers.items()}
        signed = _CREDENTIAL.search(headers.get("Authorization", ""))
        response = backend.handle(
            HttpRequest(
                service=service,
                account=account,
                region=region,
                access_key=signed.group(1) if signed else "",
                method=str(request.method),
                path="/" + str(request.url).split("://", 1)[-1].partition("/")[2],
                headers=headers,
                body=_bytes(request.body),
            )
        )
        raw: Any = _Raw(response.body)
        headers_back: Any = HeadersDict(response.headers)
        return AWSResponse(str(request.url), response.status, headers_back, raw)

    client.meta.events.register(f"before-send.{client.meta.service_model.service_id.hyphenize()}", answer)


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _bytes(body: Any) -> bytes:
    """The body of a prepared request: nothing, text, bytes or a file."""
    content = body.read() if hasattr(body, "read") else body or b""
    return content.encode() if isinstance(content, str) else bytes(content)


class _Raw:
    """The body of a response, as botocore reads it."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        yield self._body
