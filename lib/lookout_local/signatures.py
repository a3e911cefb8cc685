"""Who signed a request: recomputed with the secret of the key that it names, before any service sees it.

A request without a signature is nobody's. One that carries anything of a signature is refused unless all of it holds:
the key, its token, the time, the headers that matter, and the body.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import SplitResult, quote, unquote

from botocore.auth import HmacV1Auth
from botocore.awsrequest import HTTPHeaders
from botocore.credentials import Credentials
from ministack import app as ministack_app
from ministack.core import iam_evaluator, responses, sigv4
from ministack.core.router import detect_service, extract_access_key_id

from lookout_local import hosts
from lookout_server.http.arrival import Arrival

#: The access key of a request that nobody signed.
NOBODY = ""
_V4 = "AWS4-HMAC-SHA256"
# What a query holds that claims to be signed.
_CLAIMS = ("x-amz-algorithm", "x-amz-credential", "x-amz-signature", "awsaccesskeyid")
_LONGEST_SECONDS = 7 * 24 * 3600
_TOLERANCE_SECONDS = 15 * 60
# S3 takes bodies that are signed chunk by chunk, by a checksum at their end, or not at all.
_UNSIGNED_BODY = ("UNSIGNED-PAYLOAD", "STREAMING-")
_BODY_MAY_BE_UNSIGNED = ("s3", "s3-object-lambda", "s3express")
_QUERY = ("Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature", "Security-Token")
_SIGNATURE = re.compile("[0-9a-f]{64}")
_NUMBER = re.compile("[0-9]{1,12}")
_SCOPE = re.compile(r"[^/,\s]/[0-9]{8}/[^/,\s]+/(?P<service>[^/,\s]+)/aws4_request")
_PLAIN_HOST = re.compile(r"(127\.0\.0\.1|localhost)(:[0-9]+)?", re.IGNORECASE)


class Refused(Exception):
    """A signature that does not hold; `code` is the one of AWS."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def is_claimed(arrival: Arrival) -> bool:
    """Whether a request carries anything of a signature."""
    return arrival.headers.get("authorization", "").startswith("AWS") or _in_query(arrival)


def service(arrival: Arrival) -> str:
    """The service that a request says to be signed for; '' when it says nothing."""
    found = _SCOPE.search(arrival.headers.get("authorization", "") + "".join(arrival.query.get("X-Amz-Credential", [])))
    return found["service"] if found else ""


def signer(arrival: Arrival, body: bytes | None) -> str:
    """The access key that a request is signed with, NOBODY for one without a signature. Raises Refused.

    Without a body, it is that of the head, which has to say what the body will be.
    """
    authorization = arrival.headers.get("authorization", "")
    in_query = _in_query(arrival)
    if arrival.repeated("authorization") or (in_query and authorization):
        raise Refused("UnsupportedSignature", "a request is signed once: in one Authorization header, or in its query")
    if authorization.startswith(_V4):
        key = _signed_headers(arrival, body)
    elif in_query:
        key = _signed_query(arrival, body)
    elif authorization.startswith("AWS"):
        raise Refused("UnsupportedSignature", f"the signature of a header must be {_V4}")
    else:
        key = NOBODY
    # What follows reads the key by itself: it must find this one.
    if extract_access_key_id(arrival.headers, arrival.query) != key:
        raise Refused("IncompleteSignature", "the request names more than one access key")
    return key


def is_signed(arrival: Arrival) -> bool:
    """Whether the head of a request is signed with a key, before its body is there."""
    try:
        return signer(arrival, None) != NOBODY
    except Refused:
        return False


def _in_query(arrival: Arrival) -> bool:
    return any(name.lower() in _CLAIMS for name in arrival.query)


def _signed_headers(arrival: Arrival, body: bytes | None) -> str:
    signature = _parsed(sigv4.parse_header_signature(arrival.headers))
    _check_time(signature.amz_date)
    if skewed := sigv4.request_time_failure(signature):
        raise Refused(*skewed)
    _check_version_4(signature, arrival, body, arrival.headers.get("x-amz-security-token", ""))
    return str(signature.access_key_id)


def _signed_query(arrival: Arrival, body: bytes | None) -> str:
    if "AWSAccessKeyId" in arrival.query:
        return _signed_in_the_older_way(arrival, body)
    given = {name: _only(arrival, f"X-Amz-{name}") for name in _QUERY}
    if given["Algorithm"] != _V4:
        raise Refused("UnsupportedSignature", f"the signature of a query must be {_V4}")
    signature = _parsed(sigv4.parse_query_signature(arrival.query))
    _check_lifetime(_check_time(signature.amz_date), given["Expires"])
    _check_version_4(signature, arrival, body, given["Security-Token"], presigned=True)
    if signature.service == "s3":
        _check_that_it_is_for_s3(arrival, body)
    return str(signature.access_key_id)


def _check_version_4(
    signature: Any, arrival: Arrival, body: bytes | None, token: str, *, presigned: bool = False
) -> None:
    if not _SIGNATURE.fullmatch(signature.signature):
        raise Refused("SignatureDoesNotMatch", sigv4.SIGNATURE_MISMATCH)
    signed = signature.signed_headers.lower().split(";")
    for name in arrival.headers:
        if name not in signed and (name == "host" or name.startswith("x-amz-")):
            raise Refused("SignatureDoesNotMatch", f"the header {name} was sent, and is not signed")
    path = arrival.raw_path
    if presigned and signature.service == "s3":
        path = quote(unquote(path), safe="/~")  # URLs are written anew on their way through other programs
    elif not _body_is_signed(signature.service, arrival.headers.get("x-amz-content-sha256"), body):
        raise Refused("SignatureDoesNotMatch", "the body is not the one that x-amz-content-sha256 is the digest of")
    secret = _secret(signature.access_key_id, token)
    parts = arrival.method, path, arrival.query, arrival.headers
    if body is None:
        _check_head(signature, secret, parts, presigned=presigned)
    elif failure := sigv4.header_signature_failure(signature, secret, *parts, body, presigned=presigned):
        raise Refused(*failure)


def _check_head(signature: Any, secret: str, parts: tuple[Any, ...], *, presigned: bool) -> None:
    """Check a signature but for those of the body's chunks."""
    _, text = sigv4.header_signing_documents(signature, *parts, b"", presigned=presigned)
    key = sigv4._cached_signing_key(secret, signature.date_stamp, signature.region, signature.service)
    expected = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, signature.signature):
        raise Refused("SignatureDoesNotMatch", sigv4.SIGNATURE_MISMATCH)


def _body_is_signed(service: str, digest: str | None, body: bytes | None) -> bool:
    """Whether a body is what the digest in the request says; one without a digest has it in its signature."""
    if digest is None:
        return body is not None
    if digest.startswith(_UNSIGNED_BODY):
        return service in _BODY_MAY_BE_UNSIGNED
    if body is None:
        return True
    return hmac.compare_digest(digest.encode(), hashlib.sha256(body).hexdigest().encode())


def _secret(key: str, token: str) -> str:
    """The secret of a key that is used together with a session token, or with none ('')."""
    try:
        scope = ministack_app._request_account_scope(key)
    except iam_evaluator.AmbiguousAccessKeyError:
        scope = ""
    account = responses._account_from_sts_session(key) or scope
    credential = iam_evaluator.resolve_credential(key, account, token)
    if isinstance(credential, iam_evaluator.CredentialResolutionError):
        raise Refused(credential.code, credential.message)
    return str(credential.secret_access_key)


def _parsed(signature: Any) -> Any:
    if isinstance(signature, tuple):
        raise Refused(*signature)
    return signature


def _only(arrival: Arrival, name: str) -> str:
    """The value of a parameter that may stand in a query once, as it is spelled here; '' when it does not."""
    found = [value for spelled, values in arrival.query.items() if spelled.lower() == name.lower() for value in values]
    if len(found) > 1 or (found and name not in arrival.query):
        raise Refused("IncompleteSignature", f"the query has {name} more than once, or in another spelling")
    return found[0] if found else ""


def _check_time(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise Refused("IncompleteSignature", f"X-Amz-Date: got {text}, expected YYYYMMDDTHHMMSSZ") from None


def _check_lifetime(since: datetime, seconds: str) -> None:
    """Refuse what is signed in a query, is not valid yet or not any more. AWS takes five minutes for granted."""
    seconds = seconds or "300"
    if not _NUMBER.fullmatch(seconds) or not 0 < int(seconds) <= _LONGEST_SECONDS:
        raise Refused("IncompleteSignature", f"X-Amz-Expires: got {seconds}, expected 1 to {_LONGEST_SECONDS}")
    age = (datetime.now(UTC) - since).total_seconds()
    if not -_TOLERANCE_SECONDS <= age <= int(seconds):
        raise Refused("RequestExpired", "Request has expired" if age > 0 else "Request is not yet valid")


def _signed_in_the_older_way(arrival: Arrival, body: bytes | None) -> str:
    """Signature version 2 in the query, which boto3 presigns for S3 with. It signs neither host nor every parameter."""
    key, expires, signature = (_only(arrival, name) for name in ("AWSAccessKeyId", "Expires", "Signature"))
    if not _NUMBER.fullmatch(expires) or int(expires) < time.time():
        raise Refused("RequestExpired", "Request has expired")
    headers: Any = HTTPHeaders()
    signed: list[str] = []
    for name, value in arrival.headers.items():
        headers[name] = value
    for name, values in arrival.query.items():
        if name in HmacV1Auth.QSAOfInterest:
            signed += [f"{name}={quote(value)}" if value else name for value in values]
        elif name.lower().startswith("x-amz-") or name.lower() in ("content-type", "content-md5"):
            # S3 reads these as the headers that they stand for, so they are signed as such.
            if name.lower() not in arrival.headers:
                headers[name] = ",".join(values)
        elif name not in ("AWSAccessKeyId", "Expires", "Signature"):
            raise Refused("SignatureDoesNotMatch", f"{name} stands in the query, and is not signed")
    bucket = ministack_app._extract_s3_vhost_bucket(arrival.host)
    if bucket is None and not _PLAIN_HOST.fullmatch(arrival.host) and hosts.service_of(arrival.host.lower()) != "s3":
        raise Refused("SignatureDoesNotMatch", f"{arrival.host} is not a host of S3")
    path = f"/{bucket}{arrival.raw_path}" if bucket else arrival.raw_path
    token = _only(arrival, "x-amz-security-token")
    verifier = _OlderSignature(Credentials(key, _secret(key, token), token or None), expires)
    expected = verifier.get_signature(arrival.method, SplitResult("http", "s3", path, "&".join(signed), ""), headers)
    if not hmac.compare_digest(expected.encode(), signature.encode()):
        raise Refused("SignatureDoesNotMatch", sigv4.SIGNATURE_MISMATCH)
    _check_that_it_is_for_s3(arrival, body)
    return key


class _OlderSignature(HmacV1Auth):
    """botocore's signature, with the time at which it expires in the place of the one at which it was made."""

    def __init__(self, credentials: Credentials, expires: str) -> None:
        super().__init__(credentials)
        self._expires = expires

    def _get_date(self) -> str:
        return self._expires


def _check_that_it_is_for_s3(arrival: Arrival, body: bytes | None) -> None:
    """Such a URL goes from hand to hand, and its body is not signed: no other service may read a request out of it."""
    headers = arrival.headers
    params = ministack_app._routing_params(arrival.method, arrival.path, headers, body or b"", arrival.query)
    if detect_service(arrival.method, arrival.path, headers, params) != "s3":
        raise Refused("SignatureDoesNotMatch", "Credential should be scoped to correct service. ")
