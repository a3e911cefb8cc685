"""Requests as they stand on the wire, and policies."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from unittest import mock
from urllib.parse import parse_qs, urlsplit

from botocore import auth
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from lookout_server.identity.keys import NewKey

ACCOUNT = "111122223333"
REGION = "eu-west-1"
HOST = "127.0.0.1:9000"


def policy(*statements: Mapping[str, Any], version: str = "2012-10-17") -> str:
    return json.dumps({"Version": version, "Statement": list(statements)})


def allow(action: str | Sequence[str] = "*", resource: str | Sequence[str] = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


EVERYTHING = policy(allow())


@dataclass(frozen=True)
class Sent:
    """A request that came over the wire."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""
    twice: frozenset[str] = field(default_factory=frozenset)

    @property
    def raw_path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(self.target.partition("?")[2], keep_blank_values=True)

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.body).hexdigest()

    def repeated(self, name: str) -> bool:
        return name in self.twice

    def with_headers(self, **headers: str | None) -> Sent:
        """The same with other headers, by their names with _ for -; None takes one out."""
        changed = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return replace(self, headers={name: value for name, value in changed.items() if value is not None})

    @classmethod
    def prepared(cls, request: Any) -> Sent:
        """What botocore is about to send."""
        parts = urlsplit(request.url)
        headers = {
            name.lower(): value.decode() if isinstance(value, bytes) else value
            for name, value in request.headers.items()
        }
        body = request.body or b""
        content = body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else body.read()
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        return cls(request.method, target, {"host": parts.netloc, **headers}, content)


def signed(
    key: NewKey,
    at: datetime,
    *,
    method: str = "POST",
    target: str = "/",
    headers: Mapping[str, str] | None = None,
    body: bytes = b'{"MaxResults": 5}',
    service: str = "lookoutequipment",
    region: str = REGION,
    token: str | None = None,
    expires: int | None = None,
) -> Sent:
    """A request as botocore signs it, in its query when it *expires*."""
    credentials = Credentials(key.access_key, key.secret, token if token is not None else key.token)
    given = {"X-Amz-Target": "AWSLookoutEquipmentFrontendService.ListDatasets", **(headers or {})}
    request = AWSRequest(method, f"http://{HOST}{target}", headers=given if expires is None else {}, data=body)
    if expires is None:
        signer: SigV4Auth = SigV4Auth(credentials, service, region)
    else:
        signer = SigV4QueryAuth(credentials, service, region, expires=expires)
    with mock.patch.object(auth, "get_current_datetime", return_value=at):
        signer.add_auth(request)
    return Sent.prepared(request.prepare())
