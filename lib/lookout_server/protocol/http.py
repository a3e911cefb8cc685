"""What comes in and what goes out, without a web framework."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class HttpRequest:
    """One signed request to a service, after the signature was read.

    `service` is the name that the request was signed for, `account` the caller's account (12 digits) and `access_key`
    the access key id of the signature. `path` is as it was sent: encoded, and with the query string if there is one.
    `source_ip` is the caller's address, '' where it is not known, and `secure` whether it came over TLS. `holder` is
    what was found out of the caller when the signature was checked, for an authorizer that would have to read it again.
    """

    service: str
    account: str
    region: str
    access_key: str
    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    source_ip: str = ""
    secure: bool = False
    holder: object = None

    def header(self, name: str) -> str:
        """The value of a header, whatever the case of its name; '' when there is none."""
        wanted = name.lower()
        return next((value for key, value in self.headers.items() if key.lower() == wanted), "")


@dataclass(frozen=True)
class HttpResponse:
    """The answer to one request."""

    status: int
    headers: Mapping[str, str]
    body: bytes
