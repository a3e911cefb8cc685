"""Amazon S3 with the caller's own rights: this service has no role.

Source: developer guide, "Set up SDK permissions", which says what each operation needs.
"""

from __future__ import annotations

from dataclasses import dataclass

from lookout_server.identity.authorization import partition_of
from lookout_server.protocol.errors import ServiceError, StorageError, validation
from lookout_server.service import Invocation
from lookout_server.vision.errors import Invalid


@dataclass(frozen=True)
class _Place:
    region: str


class CallersS3:
    """The objects of the caller, through the caller's rights. What was allowed once stays allowed for this call."""

    def __init__(self, invocation: Invocation) -> None:
        self._invocation = invocation
        self._storage = invocation.storage.of_account(invocation.account, invocation.region)

    def check_bucket(self, bucket: str, where: str) -> None:
        """The bucket must be in the caller's account and Region (s3:GetBucketLocation).

        Raises an AccessDeniedException, or a ValidationException that names `where` the bucket was given.
        """
        self._invocation.forward("s3:GetBucketLocation", self._arn(bucket))
        self._check_place(bucket, where, self._invocation.look_up(("bucket", bucket), lambda: self._place(bucket)))

    def check_images(self, bucket: str) -> None:
        """The same for the bucket of a dataset's images, looked up at once; raises Invalid."""
        try:
            self._invocation.forward("s3:GetBucketLocation", self._arn(bucket))
            self._check_place(bucket, "source-ref", self._place(bucket))
        except ServiceError as error:
            raise Invalid(str(error)) from error

    def _place(self, bucket: str) -> _Place | str:
        """Where a bucket is, or why it cannot be used."""
        try:
            return _Place(self._storage.region(bucket))
        except StorageError as error:
            return str(error)

    def _check_place(self, bucket: str, where: str, place: _Place | str) -> None:
        if isinstance(place, str):
            raise validation(f"{where}: the bucket {bucket} cannot be used: {place}")
        if place.region != self._invocation.region:
            raise validation(f"{where}: the bucket {bucket} is in {place.region}, expected {self._invocation.region}")

    def may_read(self, bucket: str, key: str, version_id: str | None = None) -> None:
        """Raise an AccessDeniedException unless the caller may read an object; a version of it needs both rights."""
        arn = self._arn(f"{bucket}/{key}")
        self._invocation.forward("s3:GetObject", arn)
        if version_id is not None:
            self._invocation.forward("s3:GetObjectVersion", arn)

    def may_write(self, bucket: str, key: str) -> None:
        """Raise an AccessDeniedException unless the caller may put an object (s3:PutObject)."""
        self._invocation.forward("s3:PutObject", self._arn(f"{bucket}/{key}"))

    def read(self, bucket: str, key: str, version_id: str | None = None, *, most: int) -> bytes:
        """The content of an object; raises Invalid when the caller may not read it, or it cannot be read.

        One of more than `most` bytes is not read.
        """
        try:
            self.may_read(bucket, key, version_id)
            return self._storage.read(bucket, key, version_id, most=most)
        except (ServiceError, StorageError) as error:
            raise Invalid(f"s3://{bucket}/{key} cannot be read: {error}") from error

    def write(self, bucket: str, key: str, body: bytes) -> None:
        """Put an object, for which the right was asked before; raises Invalid when that cannot be done any more."""
        try:
            self._storage.write(bucket, key, body)
        except StorageError as error:
            raise Invalid(f"s3://{bucket}/{key} cannot be written: {error}") from error

    def _arn(self, path: str) -> str:
        return f"arn:{partition_of(self._invocation.region)}:s3:::{path}"


def key_below(prefix: str | None, name: str) -> str:
    """The key of a file in the folder that a Prefix names, with or without a slash at its end."""
    folder = (prefix or "").rstrip("/")
    return f"{folder}/{name}" if folder else name
