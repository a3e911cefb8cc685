"""Requests as they stand on the wire, and how they are signed."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http.client import HTTPResponse

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from lookout_local import LocalCloud

ACCOUNT = "111111111111"
REGION = "us-east-1"
#: Any signature: nobody has made it.
FORGED = "0" * 64


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def port_of(cloud: LocalCloud) -> int:
    return int(cloud.endpoint_url.rpartition(":")[2])


def secret_of(cloud: LocalCloud) -> str:
    return cloud.env()["AWS_SECRET_ACCESS_KEY"]


def send(cloud: LocalCloud, raw: bytes, method: str = "GET") -> Answer:
    """Send bytes, and read one answer."""
    with socket.create_connection(("127.0.0.1", port_of(cloud)), timeout=30) as connection:
        connection.sendall(raw)
        response = HTTPResponse(connection, method=method)
        response.begin()
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())


def ask(
    cloud: LocalCloud,
    method: str = "GET",
    target: str = "/",
    headers: Iterable[tuple[str, str]] = (),
    body: bytes = b"",
    *,
    host: str | None = None,
) -> Answer:
    """Send a request with these headers and those that HTTP demands; `host` is by default the right one."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host or f'127.0.0.1:{port_of(cloud)}'}"]
    lines += [f"{name}: {value}" for name, value in headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return send(cloud, "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1") + body, method)


def signed(
    cloud: LocalCloud,
    service: str,
    method: str = "GET",
    target: str = "/",
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    *,
    key: str = ACCOUNT,
    secret: str | None = None,
    token: str | None = None,
) -> list[tuple[str, str]]:
    """The headers of a request, signed as botocore does it."""
    request = AWSRequest(method, f"{cloud.endpoint_url}{target}", headers=dict(headers or {}), data=body)
    credentials = Credentials(key, secret or secret_of(cloud), token)
    SigV4Auth(credentials, service, REGION).add_auth(request)
    return [(name, value) for name, value in request.headers.items() if name != "Content-Length"]


def claimed(service: str, key: str = ACCOUNT) -> str:
    """An Authorization that names a key, and has a signature that nobody made."""
    scope = f"{key}/20260101/{REGION}/{service}/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature={FORGED}"
