"""Where S3 is, and with which credentials: those of an endpoint, or those of a role that is assumed for the work."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from lookout_server.files.s3 import S3Buckets, words_of
from lookout_server.protocol.errors import StorageError

_SESSION_NAME = "lookout-server"
_LIFETIME, _MARGIN = timedelta(hours=1), timedelta(minutes=5)
# How many roles there are clients for at once.
_ROLES = 64
_LOCK = threading.Lock()


@cache
def _session() -> botocore.session.Session:
    """One for all: each session reads the descriptions of the services and of their endpoints again."""
    return botocore.session.Session()


@dataclass(frozen=True)
class Credentials:
    """A key for an endpoint."""

    access_key: str
    secret: str = field(repr=False)
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Endpoint:
    """An S3, and how it is spoken to."""

    region: str
    #: None: the one of AWS in the Region.
    url: str | None = None
    #: None: those that botocore finds, in the environment, a profile, or of the machine.
    credentials: Credentials | None = None
    #: Whether the role that a call names is assumed, with these credentials. Otherwise they do the work themselves.
    assume_roles: bool = False
    #: None: the one of AWS in the Region.
    sts_url: str | None = None
    #: What the trust policies of the roles ask for (sts:ExternalId), against use on behalf of somebody else.
    external_id: str | None = None
    #: Tags of the sessions, which trust policies can ask for (aws:RequestTag).
    session_tags: Mapping[str, str] = field(default_factory=dict)
    connect_timeout: float = 5.0
    read_timeout: float = 60.0
    #: How often a request is tried before its error counts.
    attempts: int = 4


class S3:
    """The buckets at an endpoint, with its credentials or with those of a role. May be used from any thread."""

    def __init__(self, endpoint: Endpoint, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._endpoint = endpoint
        self._now = now
        self._own: S3Buckets | None = None
        self._sts: Any = None
        self._roles: OrderedDict[str, tuple[S3Buckets, datetime]] = OrderedDict()

    def buckets(self) -> S3Buckets:
        """With the credentials of the endpoint; raises StorageError when there are none."""
        with _LOCK:
            if self._own is None:
                self._own = S3Buckets(self._client("s3", self._endpoint.url, self._endpoint.credentials))
            return self._own

    def as_role(self, role_arn: str) -> S3Buckets:
        """With the rights of a role, if roles are assumed here; raises StorageError when it cannot be."""
        if not self._endpoint.assume_roles:
            return self.buckets()
        with _LOCK:
            found = self._roles.get(role_arn)
            if found and self._now() < found[1] - _MARGIN:
                self._roles.move_to_end(role_arn)
                return found[0]
            # Nobody waits for STS but who needs it, since the lock is held for making clients only.
            sts = self._sts = self._sts or self._client("sts", self._endpoint.sts_url, self._endpoint.credentials)
        credentials, expires = self._assume(sts, role_arn)
        with _LOCK:
            client = self._client("s3", self._endpoint.url, credentials)
            made = S3Buckets(client, newest=lambda: self.as_role(role_arn))
            self._roles[role_arn] = (made, expires)
            self._roles.move_to_end(role_arn)
            while len(self._roles) > _ROLES:
                self._roles.popitem(last=False)
            return made

    def _assume(self, sts: Any, role_arn: str) -> tuple[Credentials, datetime]:
        request: dict[str, Any] = {"DurationSeconds": int(_LIFETIME.total_seconds())}
        if self._endpoint.external_id is not None:
            request["ExternalId"] = self._endpoint.external_id
        if self._endpoint.session_tags:
            request["Tags"] = [{"Key": key, "Value": value} for key, value in self._endpoint.session_tags.items()]
        try:
            answer = sts.assume_role(RoleArn=role_arn, RoleSessionName=_SESSION_NAME, **request)["Credentials"]
        except ClientError as error:
            raise StorageError(f"cannot assume the role {role_arn}: {words_of(error)}") from error
        except BotoCoreError as error:
            raise StorageError(f"cannot assume the role {role_arn}: {error}") from error
        credentials = Credentials(answer["AccessKeyId"], answer["SecretAccessKey"], answer["SessionToken"])
        return credentials, answer["Expiration"]

    def _client(self, service: str, url: str | None, credentials: Credentials | None) -> Any:
        """A client, made under the lock: a session must not make two at once."""
        endpoint = self._endpoint
        # Others than AWS know buckets by the path, and not all of them the newer checksums.
        others: dict[str, Any] = {
            "s3": {"addressing_style": "path"},
            "request_checksum_calculation": "when_required",
            "response_checksum_validation": "when_required",
        }
        config = Config(
            connect_timeout=endpoint.connect_timeout,
            read_timeout=endpoint.read_timeout,
            retries={"mode": "standard", "total_max_attempts": endpoint.attempts},
            **(others if url else {}),
        )
        given = credentials or _session().get_credentials()
        if given is None:
            raise StorageError(f"credentials for {url or f'{service} of AWS'}: got none; set them up for its place")
        keys: dict[str, str | None] = {}
        if credentials:
            keys = {
                "aws_access_key_id": credentials.access_key,
                "aws_secret_access_key": credentials.secret,
                "aws_session_token": credentials.token,
            }
        try:
            return _session().create_client(
                service,
                region_name=endpoint.region,
                endpoint_url=url,
                config=config,
                **keys,  # type: ignore[arg-type]
            )
        except (BotoCoreError, ValueError) as error:
            raise StorageError(f"client for {url or f'{service} of AWS'}: {error}") from error
