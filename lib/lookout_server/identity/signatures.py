"""Who signed a request: Signature Version 4, recomputed with the secret of the key that it names.

A request without a signature is nobody's. One that carries anything of a signature is refused unless all of it holds:
the key, its token, the time, the headers that matter, and the body. All of it is read from what came over the wire,
and nothing of the request is done before.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Protocol
from urllib.parse import quote

from botocore.utils import normalize_url_path

ALGORITHM = "AWS4-HMAC-SHA256"
#: How far the time of a signature may be from ours.
TOLERANCE = timedelta(minutes=15)
MISMATCH = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
)
# What a query holds that claims to be signed.
_CLAIMS = ("x-amz-algorithm", "x-amz-credential", "x-amz-signature", "awsaccesskeyid")
_QUERY = ("Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature", "Security-Token")
_PARTS = ("Credential", "SignedHeaders", "Signature")
_UNSIGNED_BODY = ("UNSIGNED-PAYLOAD", "STREAMING-")
_LONGEST_SECONDS = 7 * 24 * 3600
_SIGNATURE = re.compile("[0-9a-f]{64}")
_NUMBER = re.compile("[0-9]{1,12}")
_TIME = re.compile("[0-9]{8}T[0-9]{6}Z")
_DATE = re.compile("[0-9]{8}")
_UNRESERVED = "-_.~"
_STAMP = "%Y%m%dT%H%M%SZ"
_SCOPE = re.compile(r"[^/,\s]/[0-9]{8}/[^/,\s]+/(?P<service>[^/,\s]+)/aws4_request")


class Refused(Exception):
    """A signature that does not hold; `code` is the one of AWS."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Request(Protocol):
    """What a signature is about, but the body: as it came, undecoded where it says raw."""

    @property
    def method(self) -> str: ...

    @property
    def raw_path(self) -> str:
        """The path as it was sent, without the query."""

    @property
    def query(self) -> Mapping[str, list[str]]:
        """The parameters of the query, decoded, each with its values in order."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers by their names in lower case; the values of a repeated one are joined with a comma."""

    def repeated(self, name: str) -> bool:
        """Whether a header stands on several lines."""


#: Finds the secret of a key that is used together with a session token ('': without one); raises Refused.
Secrets = Callable[[str, str], str]


@dataclass(frozen=True)
class Claim:
    """What a request says of its signature: that it is so is yet to be checked."""

    access_key: str
    #: The scope: a day as YYYYMMDD, a Region, and the name that the service signs with.
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str
    #: When it was made, and as the request has it.
    time: datetime
    stamp: str
    #: The session token, '' for a key that has none.
    token: str
    #: For how many seconds it holds, when it stands in the query; None in a header.
    expires: str | None


@dataclass(frozen=True)
class Rules:
    """What is particular to a service. What nothing is said about is as with most."""

    tolerance: timedelta = TOLERANCE
    #: S3 signs a path as it is sent, others once more encoded.
    path_as_sent: bool = False
    #: S3 takes bodies that are signed chunk by chunk, by a checksum at their end, or not at all.
    unsigned_bodies: bool = False
    #: What is signed in place of the body's digest, whatever the body is: the URLs of S3.
    payload: str | None = None


def is_claimed(request: Request) -> bool:
    """Whether a request carries anything of a signature."""
    return request.headers.get("authorization", "").startswith("AWS") or _in_query(request)


def service(request: Request) -> str:
    """The service that a request says to be signed for; '' when it says nothing."""
    found = _SCOPE.search(request.headers.get("authorization", "") + "".join(request.query.get("X-Amz-Credential", [])))
    return found["service"] if found else ""


def claim(request: Request) -> Claim | None:
    """What a request says of its signature, None when it says nothing. Raises Refused for what says it badly."""
    authorization = request.headers.get("authorization", "")
    in_query = _in_query(request)
    if request.repeated("authorization") or (in_query and authorization):
        raise Refused("UnsupportedSignature", "a request is signed once: in one Authorization header, or in its query")
    if authorization.startswith(f"{ALGORITHM} "):
        return _in_header(request, authorization)
    if in_query:
        return _of_query(request)
    if authorization.startswith("AWS"):
        raise Refused("UnsupportedSignature", f"the signature of a header must be {ALGORITHM}")
    return None


def check(
    claim: Claim, request: Request, digest: str | None, secrets: Secrets, now: datetime, rules: Rules | None = None
) -> None:
    """Raise Refused unless the claim holds for the request and the SHA-256 of its body, in hexadecimal digits.

    Without a digest the body is not there yet, and the head has to say what it will be: check again when it is.
    """
    rules = rules or Rules()
    _check_time(claim, now, rules)
    if not _SIGNATURE.fullmatch(claim.signature):
        raise Refused("SignatureDoesNotMatch", MISMATCH)
    for name in request.headers:
        if name not in claim.signed_headers and (name == "host" or name.startswith("x-amz-")):
            raise Refused("SignatureDoesNotMatch", f"the header {name} was sent, and is not signed")
    for name in claim.signed_headers:
        if name not in request.headers:
            raise Refused("SignatureDoesNotMatch", f"the header {name} is signed, and was not sent")
    payload = _payload(request.headers.get("x-amz-content-sha256"), digest, rules)
    expected = _signature(claim, request, payload, secrets(claim.access_key, claim.token), rules)
    if not hmac.compare_digest(expected, claim.signature):
        raise Refused("SignatureDoesNotMatch", MISMATCH)


def only(request: Request, name: str) -> str:
    """The value of a parameter that may stand in a query once, as it is spelled here; '' when it does not."""
    found = [value for spelled, values in request.query.items() if spelled.lower() == name.lower() for value in values]
    if len(found) > 1 or (found and name not in request.query):
        raise Refused("IncompleteSignature", f"the query has {name} more than once, or in another spelling")
    return found[0] if found else ""


def _signature(claim: Claim, request: Request, payload: str, secret: str, rules: Rules) -> str:
    """The signature that a request would have (IAM user guide, "Create a signed AWS API request").

    Written out: botocore's own, which is made for requests to be sent, takes three times as long.
    """
    names = sorted(set(claim.signed_headers))
    canonical = (
        request.method.upper(),
        _canonical_path(request.raw_path, rules),
        _canonical_query(request, claim),
        *(f"{name}:{' '.join(request.headers[name].split())}" for name in names),
        "",
        ";".join(names),
        request.headers.get("x-amz-content-sha256", payload),
    )
    scope = (claim.date, claim.region, claim.service, "aws4_request")
    digest = hashlib.sha256("\n".join(canonical).encode()).hexdigest()
    key = f"AWS4{secret}".encode()
    for part in scope:
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, "\n".join((ALGORITHM, claim.stamp, "/".join(scope), digest)).encode(), "sha256").hex()


def _canonical_path(path: str, rules: Rules) -> str:
    # What begins a fragment in a URL is no part of a path that any client sends.
    path = path.replace("#", "%23")
    return (path or "/") if rules.path_as_sent else quote(normalize_url_path(path), safe="/~")


def _canonical_query(request: Request, claim: Claim) -> str:
    pairs = [
        (quote(name, safe=_UNRESERVED), quote(value, safe=_UNRESERVED))
        for name, values in request.query.items()
        for value in values
        if claim.expires is None or name != "X-Amz-Signature"
    ]
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def _payload(declared: str | None, digest: str | None, rules: Rules) -> str:
    """What is signed for the body; one without a digest in the head has it in the signature."""
    if rules.payload is not None:
        return rules.payload
    if declared is None:
        if digest is not None:
            return digest
    elif declared.startswith(_UNSIGNED_BODY):
        if rules.unsigned_bodies:
            return declared
        raise Refused("SignatureDoesNotMatch", "the body is not signed: x-amz-content-sha256 must be its SHA-256")
    elif digest is None or hmac.compare_digest(declared.encode(), digest.encode()):
        return declared
    raise Refused("SignatureDoesNotMatch", "the body is not the one that x-amz-content-sha256 is the digest of")


def _in_query(request: Request) -> bool:
    return any(name.lower() in _CLAIMS for name in request.query)


def _in_header(request: Request, authorization: str) -> Claim:
    parts: dict[str, str] = {}
    for part in authorization.removeprefix(ALGORITHM).split(","):
        name, _, value = part.strip().partition("=")
        if name in parts:
            raise Refused("IncompleteSignature", f"Authorization header has '{name:.40}' more than once.")
        parts[name] = value
    for name in _PARTS:
        if not parts.get(name):
            raise Refused("IncompleteSignature", f"Authorization header requires '{name}' parameter.")
    stamp = request.headers.get("x-amz-date") or _stamp_of(request.headers.get("date", ""))
    if not stamp:
        message = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
        raise Refused("IncompleteSignature", message)
    return _claim(parts, stamp, request.headers.get("x-amz-security-token", ""), None)


def _of_query(request: Request) -> Claim:
    given = {name: only(request, f"X-Amz-{name}") for name in _QUERY}
    if given["Algorithm"] != ALGORITHM:
        raise Refused("UnsupportedSignature", f"the signature of a query must be {ALGORITHM}")
    for name in (*_PARTS, "Date"):
        if not given[name]:
            raise Refused("IncompleteSignature", f"AWS query-string parameters must include 'X-Amz-{name}'.")
    return _claim(given, given["Date"], given["Security-Token"], given["Expires"])


def _claim(parts: Mapping[str, str], stamp: str, token: str, expires: str | None) -> Claim:
    scope = parts["Credential"].split("/")
    if len(scope) != 5 or not all(scope) or scope[4] != "aws4_request":
        message = (
            f"Credential: got '{parts['Credential']:.200}', expected 5 elements: "
            "access key, date, Region, service and aws4_request, with slashes between them"
        )
        raise Refused("IncompleteSignature", message)
    key, date, region, service, _ = scope
    time = _time(stamp)
    if not _DATE.fullmatch(date) or date != stamp[:8]:
        message = f"Credential: got the date {date:.40}, expected {stamp[:8]}, the day of X-Amz-Date"
        raise Refused("CredentialDateMismatch", message)
    names = tuple(parts["SignedHeaders"].lower().split(";"))
    return Claim(key, date, region, service, names, parts["Signature"], time, stamp, token, expires)


def _time(stamp: str) -> datetime:
    with suppress(ValueError):  # such as a day that there is not
        if _TIME.fullmatch(stamp):
            return datetime.fromisoformat(stamp)
    raise Refused("IncompleteSignature", f"X-Amz-Date: got {stamp:.40}, expected YYYYMMDDTHHMMSSZ")


def _stamp_of(date: str) -> str:
    """The header Date in the form of X-Amz-Date; '' when there is none that is a time."""
    try:
        return parsedate_to_datetime(date).astimezone(UTC).strftime(_STAMP)
    except (TypeError, ValueError, OverflowError):
        return ""


def _check_time(claim: Claim, now: datetime, rules: Rules) -> None:
    """Refuse what is not of now, or stands in a query and is not valid yet, or not any more."""
    if claim.expires is None:
        if abs(now - claim.time) > rules.tolerance:
            got = f"Signature {'expired' if claim.time < now else 'not yet current'}: {claim.stamp}"
            minutes = rules.tolerance // timedelta(minutes=1)
            message = f"{got} is more than {minutes} minutes from {now.strftime(_STAMP)}; check the clock"
            raise Refused("RequestTimeTooSkewed", message)
        return
    # AWS takes five minutes for granted.
    seconds = claim.expires or "300"
    if not _NUMBER.fullmatch(seconds) or not 0 < int(seconds) <= _LONGEST_SECONDS:
        raise Refused("IncompleteSignature", f"X-Amz-Expires: got {seconds:.40}, expected 1 to {_LONGEST_SECONDS}")
    if not -rules.tolerance <= now - claim.time <= timedelta(seconds=int(seconds)):
        raise Refused("RequestExpired", "Request has expired" if now > claim.time else "Request is not yet valid")
