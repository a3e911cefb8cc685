"""Calls to AWS: clients made when first needed, every call logged, every error put into a kind."""

from __future__ import annotations

import enum
import functools
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from lookout_shared import endpoint_key, log
from lookout_shared.properties import loader

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from botocore.session import Session

#: The default retry mode and number of attempts differ between releases of botocore, so both are said.
_RETRIES = {"mode": "standard", "total_max_attempts": 4}
_CONNECT_SECONDS, _READ_SECONDS = 5, 20
_LOOKOUT = ("lookoutequipment", "lookoutvision")
#: What the names of the operations begin with that change nothing.
_LOOKS = ("Describe", "List", "Get")
#: How an endpoint answers that it does not know the key, or not with this secret.
_KEY_REFUSED = (
    *("UnrecognizedClientException", "InvalidSignatureException"),
    *("InvalidClientTokenId", "SignatureDoesNotMatch"),
)


class Kind(enum.Enum):
    """What a failed call means for whoever made it."""

    NOT_FOUND = "not found"
    CONFLICT = "conflict"
    DENIED = "access denied"
    BUSY = "throttled"
    UNAVAILABLE = "unavailable"
    UNREACHABLE = "unreachable"
    QUOTA_OF_WORK = "quota of work in progress"
    REJECTED = "rejected"


class ServiceError(Exception):
    """An AWS call failed; the text holds the service's own code and words."""

    def __init__(self, operation: str, kind: Kind, code: str, message: str) -> None:
        super().__init__(f"{operation}: {code}: {message}")
        self.kind = kind


class WouldChange(Exception):
    """A call that would change something was about to be made where nothing may change."""


def only_look() -> None:
    """Raise WouldChange: no call may change anything."""
    raise WouldChange


_before_change: ContextVar[Callable[[], None]] = ContextVar("before_change", default=lambda: None)


@contextmanager
def before_change(check: Callable[[], None]) -> Iterator[None]:
    """Let *check* be asked before each call that changes something; what it raises keeps that from being made.

    Step Functions is not meant: it changes what waits, not what is managed.
    """
    token = _before_change.set(check)
    try:
        yield
    finally:
        _before_change.reset(token)


@functools.cache
def _session() -> Session:
    from botocore.session import Session

    session = Session()
    session.register_component("data_loader", loader())
    return session


@functools.cache
def client(service: str, region: str) -> BaseClient:
    """A client of *service*. The two Lookout services answer at `LOOKOUT_ENDPOINT_URL` when that is set.

    There it signs with the key in the secret `LOOKOUT_ENDPOINT_SECRET`, where that is set, too.

    Raises ServiceError when there is no key in that.
    """
    from botocore.config import Config

    endpoint = os.environ.get("LOOKOUT_ENDPOINT_URL") if service in _LOOKOUT else None
    key = _key_of(secret) if endpoint and (secret := _secret_of(service)) else None
    made = _session().create_client(
        service,
        region_name=region,
        endpoint_url=endpoint or None,
        aws_access_key_id=key.access_key if key else None,
        aws_secret_access_key=key.secret_access_key if key else None,
        config=Config(retries=_RETRIES, connect_timeout=_CONNECT_SECONDS, read_timeout=_READ_SECONDS),  # type: ignore[arg-type]
    )
    if service != "stepfunctions":
        made.meta.events.register("before-send", _before_each_attempt)
    return made


#: What failing to read a key means for the call that needs it: what passes is waited out, all else counts at once.
#: That Secrets Manager is out of reach, or has no such secret, says nothing of what the endpoint has.
_OF_SECRET = {
    Kind.DENIED: Kind.DENIED,
    Kind.BUSY: Kind.BUSY,
    Kind.UNAVAILABLE: Kind.UNAVAILABLE,
    Kind.UNREACHABLE: Kind.UNAVAILABLE,
}


def _secret_of(service: str) -> str:
    """The ARN of the secret with which *service* is called; '' where the function's own role signs."""
    return os.environ.get("LOOKOUT_ENDPOINT_SECRET", "") if service in _LOOKOUT else ""


@functools.cache
def _key_of(secret: str) -> endpoint_key.Key:
    """The key in a secret, read once. Raises ServiceError."""
    try:
        answer = Service("secretsmanager", secret.split(":")[3]).call("GetSecretValue", SecretId=secret)
    except ServiceError as error:
        kind = _OF_SECRET.get(error.kind, Kind.REJECTED)
        expected = "expected a secret that exists and that the function can reach and its role can read"
        raise _no_key(secret, kind, f"got {error}, {expected}") from error
    try:
        return endpoint_key.parse(answer.get("SecretString"))
    except ValueError as error:
        raise _no_key(secret, Kind.REJECTED, str(error)) from None


def _no_key(secret: str, kind: Kind, why: str) -> ServiceError:
    return ServiceError("endpoint_credentials", kind, f"secret {secret}", why)


def _key_has_changed(secret: str) -> bool:
    """Read it again: whether the secret has another key than before. Raises ServiceError."""
    before = _key_of(secret)
    # Together, and before it is read: should that fail, no client is left with a key that nobody knows of any more.
    client.cache_clear()
    _key_of.cache_clear()
    return _key_of(secret) != before


def _before_each_attempt(event_name: str, **_: Any) -> None:
    """The SDK's own retries of a call may come long after it was made, when it is not wanted any more."""
    if not event_name.rpartition(".")[2].startswith(_LOOKS):
        _before_change.get()()


class Service:
    """One service in one Region, as the resources call it: `service.call("ListDatasets", MaxResults=5)`."""

    def __init__(self, name: str, region: str) -> None:
        self.name = name
        self.region = region

    def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """Call *operation*.

        Raises ServiceError, and what `before_change` has to say.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        if self.name != "stepfunctions" and not operation.startswith(_LOOKS):
            _before_change.get()()
        started = time.monotonic()
        outcome, request_id = "", ""
        try:
            answer = self._ask(operation, parameters)
        except ClientError as error:
            response: dict[str, Any] = dict(error.response)
            fault, metadata = response.get("Error", {}), response.get("ResponseMetadata", {})
            outcome, request_id = fault.get("Code", "Unknown"), metadata.get("RequestId", "")
            message = fault.get("Message") or response.get("Message") or ""
            if missing := fault.get("BucketName"):  # which S3's text does not say
                message = f"{message}: {missing}"
            kind = _kind(outcome, message, metadata.get("HTTPStatusCode", 0), response.get("QuotaCode", ""))
            if outcome in _KEY_REFUSED and (secret := _secret_of(self.name)):
                kind = Kind.REJECTED
                message = f"{message} - the endpoint refuses the key in secret {secret}: put a valid one there"
            raise ServiceError(operation, kind, outcome, message) from error
        except BotoCoreError as error:
            outcome = type(error).__name__
            raise ServiceError(operation, _connection_kind(error), outcome, str(error)) from error
        except Exception as error:
            outcome = type(error).__name__
            raise
        else:
            outcome = "ok"
            request_id = answer.pop("ResponseMetadata", {}).get("RequestId", "")
            return answer
        finally:
            log.write(
                "call",
                service=self.name,
                operation=operation,
                milliseconds=round((time.monotonic() - started) * 1000),
                outcome=outcome,
                awsRequestId=request_id,
            )

    def _ask(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """The answer; with the key that the secret has now, where that is another than the one that was refused."""
        from botocore.exceptions import ClientError

        def ask() -> dict[str, Any]:
            answer: dict[str, Any] = getattr(client(self.name, self.region), _snake(operation))(**parameters)
            return answer

        try:
            return ask()
        except ClientError as error:
            secret, code = _secret_of(self.name), error.response.get("Error", {}).get("Code")
            if not secret or code not in _KEY_REFUSED or not _key_has_changed(secret):
                raise
        return ask()

    def attempt(self, operation: str, **parameters: Any) -> dict[str, Any] | None:
        """Call *operation*; None when what it is about does not exist (any more)."""
        try:
            return self.call(operation, **parameters)
        except ServiceError as error:
            if error.kind is Kind.NOT_FOUND:
                return None
            raise

    def pages(self, operation: str, member: str, **parameters: Any) -> Iterator[dict[str, Any]]:
        """Every item of a List *operation*; Lookout for Equipment's model defines no paginators."""
        token: str | None = None
        while True:
            page = self.call(operation, **parameters, **({"NextToken": token} if token else {}))
            yield from page.get(member, [])
            token = page.get("NextToken")
            if not token:
                return


def _snake(operation: str) -> str:
    from botocore import xform_name

    return xform_name(operation)


def _connection_kind(error: Exception) -> Kind:
    from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, HTTPClientError

    if isinstance(error, EndpointConnectionError | ConnectTimeoutError):
        return Kind.UNREACHABLE
    # Closed, timed out or garbled after the request was sent: it may have been carried out.
    if isinstance(error, HTTPClientError):
        return Kind.UNAVAILABLE
    return Kind.REJECTED


def _kind(code: str, message: str, status: int, quota: str = "") -> Kind:
    if code == "ResourceNotFoundException":
        return Kind.NOT_FOUND
    if code == "ConflictException":
        return Kind.CONFLICT
    if "AccessDenied" in code or "UnrecognizedClient" in code or _ROLE_NOT_READY.search(message):
        return Kind.DENIED
    if "Throttling" in code or "TooManyRequests" in code or status == 429:
        return Kind.BUSY
    if status >= 500:
        return Kind.UNAVAILABLE
    if code == "ServiceQuotaExceededException" and (quota in _QUOTAS_OF_WORK or _WORK.search(message)):
        return Kind.QUOTA_OF_WORK
    return Kind.REJECTED


#: A new role, or a new policy of it, takes a while to be known everywhere.
_ROLE_NOT_READY = re.compile(
    r"(cannot|can't|could not|unable to) assume|not authorized to assume|cannot be assumed", re.I
)
#: Quotas of work in progress pass by waiting; quotas of things that exist do not.
_WORK = re.compile(r"pending|in progress|in-progress|concurrent|running", re.I)
#: Those that Lookout for Vision names: running models, trainings and packaging jobs at a time.
_QUOTAS_OF_WORK = ("L-82DA2ABD", "L-2489F742", "L-A2F581AB")
