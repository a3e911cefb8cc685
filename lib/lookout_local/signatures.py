"""Who signed a request to the local cloud: by Signature Version 4, or the older one of S3, with secrets of MiniStack.

What all services have in common is `lookout_server.identity.signatures`; here is what S3 takes besides.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
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
from lookout_server.identity.signatures import MISMATCH, Claim, Refused, Rules, check, claim, is_claimed, only, service

__all__ = ["NOBODY", "Refused", "is_claimed", "is_signed", "service", "signer"]

#: The access key of a request that nobody signed.
NOBODY = ""
_CHUNKS = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
_MOST, _LESS = timedelta(minutes=15), timedelta(minutes=5)
# S3 takes bodies that are signed chunk by chunk, by a checksum at their end, or not at all.
_BODY_MAY_BE_UNSIGNED = ("s3", "s3-object-lambda", "s3express")
_NUMBER = re.compile("[0-9]{1,12}")
_PLAIN_HOST = re.compile(r"(127\.0\.0\.1|localhost)(:[0-9]+)?", re.IGNORECASE)


def signer(arrival: Arrival, body: bytes | None) -> str:
    """The access key that a request is signed with, NOBODY for one without a signature. Raises Refused.

    Without a body, it is that of the head, which has to say what the body will be.
    """
    if "AWSAccessKeyId" in arrival.query and "authorization" not in arrival.headers:
        key = _signed_in_the_older_way(arrival, body)
    elif found := claim(arrival):
        key = _signed(found, arrival, body)
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


def _signed(found: Claim, arrival: Arrival, body: bytes | None) -> str:
    presigned = found.expires is not None and found.service == "s3"
    rules = Rules(
        tolerance=_MOST if found.service in sigv4._FIFTEEN_MINUTE_SERVICES else _LESS,
        path_as_sent=found.service == "s3",
        unsigned_bodies=found.service in _BODY_MAY_BE_UNSIGNED,
        payload="UNSIGNED-PAYLOAD" if presigned else None,
    )
    digest = None if body is None else hashlib.sha256(body).hexdigest()
    # URLs are written anew on their way through other programs.
    signed = replace(arrival, raw_path=quote(unquote(arrival.raw_path), safe="/~")) if presigned else arrival
    check(found, signed, digest, _secret, datetime.now(UTC), rules)
    if presigned:
        _check_that_it_is_for_s3(arrival, body)
    elif body is not None and arrival.headers.get("x-amz-content-sha256", "").startswith(_CHUNKS):
        _check_chunks(found, body)
    return found.access_key


def _check_chunks(found: Claim, body: bytes) -> None:
    """Each chunk is signed, and so is the one before it; the head is before the first one."""
    key = sigv4._cached_signing_key(_secret(found.access_key, found.token), found.date, found.region, found.service)
    names = ";".join(found.signed_headers)
    parts = (found.access_key, found.date, found.region, found.service, names, found.signature, found.stamp)
    if not sigv4._chunk_signatures_match(body, found.signature, sigv4.HeaderSignature(*parts), key):
        raise Refused("SignatureDoesNotMatch", MISMATCH)


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


def _signed_in_the_older_way(arrival: Arrival, body: bytes | None) -> str:
    """Signature version 2 in the query, which boto3 presigns for S3 with. It signs neither host nor every parameter."""
    key, expires, signature = (only(arrival, name) for name in ("AWSAccessKeyId", "Expires", "Signature"))
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
    token = only(arrival, "x-amz-security-token")
    verifier = _OlderSignature(Credentials(key, _secret(key, token), token or None), expires)
    expected = verifier.get_signature(arrival.method, SplitResult("http", "s3", path, "&".join(signed), ""), headers)
    if not hmac.compare_digest(expected.encode(), signature.encode()):
        raise Refused("SignatureDoesNotMatch", MISMATCH)
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
