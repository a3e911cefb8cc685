"""Whose request is this? One that is signed with a key of ours, for a service and a Region of ours, now."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from lookout_server.identity.keys import Holder, Keys
from lookout_server.identity.signatures import Refused, Request, check, claim
from lookout_server.protocol.errors import ServiceError

_REGION = re.compile(r"[a-z]{2}(-[a-z]{2,12}){1,3}-[0-9]{1,2}")
# How the services' own exceptions are called; IAM's user guide has the codes of signatures under other names.
_CODES = {
    "CredentialDateMismatch": "InvalidSignatureException",
    "ExpiredToken": "ExpiredTokenException",
    "IncompleteSignature": "IncompleteSignatureException",
    "InvalidClientTokenId": "UnrecognizedClientException",
    "MissingAuthenticationToken": "MissingAuthenticationTokenException",
    "RequestExpired": "InvalidSignatureException",
    "RequestTimeTooSkewed": "InvalidSignatureException",
    "SignatureDoesNotMatch": "InvalidSignatureException",
    "UnsupportedSignature": "IncompleteSignatureException",
}
_NOT_UNDERSTOOD = ("IncompleteSignature", "UnsupportedSignature")


@dataclass(frozen=True)
class Caller:
    """Who signed a request, and for what."""

    #: Who had the key when the signature was checked.
    holder: Holder
    access_key: str
    region: str
    service: str


class Callers:
    """Knows the callers by their keys.

    `services` are the names that requests may be signed for, `regions` the Regions, by default any.
    """

    def __init__(
        self,
        keys: Keys,
        *,
        services: Collection[str],
        regions: Collection[str] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._keys = keys
        self._services = frozenset(services)
        self._regions = None if regions is None else frozenset(regions)
        self._now = now

    def identify(self, request: Request, digest: str | None) -> Caller:
        """Who signed the request with a body of this SHA-256, in hexadecimal digits. Raises Refused.

        Without a digest only the head is looked at, which then has to say what the body will be: few clients do.
        """
        found = claim(request)
        if found is None:
            raise Refused("MissingAuthenticationToken", "Request is missing Authentication Token")
        if found.service not in self._services:
            expected = " or ".join(sorted(self._services))
            raise Refused("SignatureDoesNotMatch", _scope("service", found.service, expected))
        if self._regions is not None and found.region not in self._regions:
            expected = " or ".join(sorted(self._regions))
            raise Refused("SignatureDoesNotMatch", _scope("Region", found.region, expected))
        if not _REGION.fullmatch(found.region):
            raise Refused("SignatureDoesNotMatch", _scope("Region", found.region, "one such as eu-west-1"))
        opened: list[Holder] = []

        def secret(access_key: str, token: str) -> str:
            secret, holder = self._keys.open(access_key, token)
            opened.append(holder)
            return secret

        check(found, request, digest, secret, self._now())
        return Caller(opened[0], found.access_key, found.region, found.service)


def error_of(refused: Refused) -> ServiceError:
    """A refusal as the services say it (API references, "Common Errors")."""
    status = 400 if refused.code in _NOT_UNDERSTOOD else 403
    return ServiceError(_CODES.get(refused.code, refused.code), refused.message, status=status)


def _scope(what: str, got: str, expected: str) -> str:
    return f"Credential should be scoped to a valid {what}: got '{got:.60}', expected {expected}"
