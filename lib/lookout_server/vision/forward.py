"""Amazon S3 with the caller's own rights: this service has no role.

Source: developer guide, "Set up SDK permissions", which says what each operation needs.
"""

from __future__ import annotations

from dataclasses import dataclass

from lookout_server.files.storage import AccountStorage
from lookout_server.identity.authorization import partition_of
from lookout_server.protocol.errors import AccessDenied, ServiceError, StorageError, validation
from lookout_server.protocol.http import HttpRequest
from lookout_server.service import FORWARDED, Invocation, World
from lookout_server.vision.errors import Invalid


@dataclass(frozen=True)
class _Place:
    region: str


class CallersS3:
    """What a call asks of the objects that it names. What was allowed once stays allowed for this call."""

    def __init__(self, invocation: Invocation) -> None:
        self._invocation = invocation
        self._storage = invocation.storage.of_account(invocation.account, invocation.region)

    def check_bucket(self, bucket: str, where: str) -> None:
        """The bucket must be in the caller's account and Region (s3:GetBucketLocation).

        Raises an AccessDeniedException, or a ValidationException that names `where` the bucket was given.
        """
        region = self._invocation.region
        self._invocation.forward("s3:GetBucketLocation", _arn(region, bucket))
        place = self._invocation.look_up(("bucket", bucket), lambda: _place(self._storage, bucket))
        _check_place(bucket, where, place, region)

    def may_read(self, bucket: str, key: str, version_id: str | None = None) -> None:
        """Raise an AccessDeniedException unless the caller may read an object; a version of it needs both rights."""
        for action in _reading(version_id):
            self._invocation.forward(action, _arn(self._invocation.region, f"{bucket}/{key}"))

    def may_write(self, bucket: str, key: str) -> None:
        """Raise an AccessDeniedException unless the caller may put an object (s3:PutObject)."""
        self._invocation.forward("s3:PutObject", _arn(self._invocation.region, f"{bucket}/{key}"))


@dataclass(frozen=True)
class Caller:
    """Who wanted something that is done later: what an Authorizer must know of the request by then."""

    access_key: str
    source_ip: str = ""
    secure: bool = False

    @classmethod
    def of(cls, request: HttpRequest) -> Caller:
        """Who sent a request."""
        return cls(request.access_key, request.source_ip, request.secure)

    def request(self, account: str, region: str) -> HttpRequest:
        """A request that stands for the one that was sent."""
        return HttpRequest(
            "lookoutvision",
            account,
            region,
            self.access_key,
            "",
            "",
            source_ip=self.source_ip,
            secure=self.secure,
        )


class ErrandsS3:
    """The objects that an errand works with, with the rights that who wanted it has then. All raise Invalid."""

    def __init__(self, world: World, account: str, region: str, caller: Caller) -> None:
        self._authorizer = world.authorizer
        self._storage = world.storage.of_account(account, region)
        self._region = region
        self._request = caller.request(account, region)

    def check_images(self, bucket: str) -> None:
        """The bucket of a dataset's images must be in the account and Region (s3:GetBucketLocation)."""
        try:
            self._ask("s3:GetBucketLocation", bucket)
            _check_place(bucket, "source-ref", _place(self._storage, bucket), self._region)
        except (AccessDenied, ServiceError) as error:
            raise Invalid(str(error)) from error

    def read(self, bucket: str, key: str, version_id: str | None = None, *, most: int) -> bytes:
        """The content of an object; one of more than `most` bytes is not read."""
        try:
            for action in _reading(version_id):
                self._ask(action, f"{bucket}/{key}")
            return self._storage.read(bucket, key, version_id, most=most)
        except (AccessDenied, StorageError) as error:
            raise Invalid(f"s3://{bucket}/{key} cannot be read: {error}") from error

    def write(self, bucket: str, key: str, body: bytes) -> None:
        """Put an object, for which the right was asked when the errand was wanted."""
        try:
            self._storage.write(bucket, key, body)
        except StorageError as error:
            raise Invalid(f"s3://{bucket}/{key} cannot be written: {error}") from error

    def _ask(self, action: str, path: str) -> None:
        self._authorizer.authorize(self._request, action, [_arn(self._region, path)], FORWARDED)


def key_below(prefix: str | None, name: str) -> str:
    """The key of a file in the folder that a Prefix names, with or without a slash at its end."""
    folder = (prefix or "").rstrip("/")
    return f"{folder}/{name}" if folder else name


def _reading(version_id: str | None) -> list[str]:
    return ["s3:GetObject"] if version_id is None else ["s3:GetObject", "s3:GetObjectVersion"]


def _place(storage: AccountStorage, bucket: str) -> _Place | str:
    """Where a bucket is, or why it cannot be used."""
    try:
        return _Place(storage.region(bucket))
    except StorageError as error:
        return str(error)


def _check_place(bucket: str, where: str, place: _Place | str, region: str) -> None:
    if isinstance(place, str):
        raise validation(f"{where}: the bucket {bucket} cannot be used: {place}")
    if place.region != region:
        raise validation(f"{where}: the bucket {bucket} is in {place.region}, expected {region}")


def _arn(region: str, path: str) -> str:
    return f"arn:{partition_of(region)}:s3:::{path}"
