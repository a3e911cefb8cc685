"""Amazon S3 as a service sees it: through the role that its caller passed, or with the caller's own rights."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import BinaryIO, Protocol


@dataclass(frozen=True)
class StoredObject:
    """An object in a listing; size in bytes."""

    key: str
    size: int


class AccountStorage(Protocol):
    """The buckets of one account in one Region, for whom was found to have the rights (`Invocation.forward`).

    Every method raises StorageError, with a message for the user.
    """

    def region(self, bucket: str) -> str: ...

    def read(self, bucket: str, key: str, version_id: str | None = None, *, most: int) -> bytes:
        """The content of an object; one of more than `most` bytes is not fetched, but refused."""
        ...

    def write(self, bucket: str, key: str, body: bytes) -> None: ...


class Buckets(AccountStorage, Protocol):
    """Buckets at one place, with the rights that one has there, whoever asks."""

    def list(self, bucket: str, prefix: str) -> list[StoredObject]:
        """All objects whose keys begin with the prefix, in the order of their UTF-8 bytes."""
        ...

    def open(self, bucket: str, key: str) -> BinaryIO:
        """The content of an object, from the beginning; the caller closes it. Reading it raises StorageError, too.

        It is that of one version, and never whole in memory.
        """
        ...

    def writer(self, bucket: str, key: str) -> AbstractContextManager[BinaryIO]:
        """For an object that comes piece by piece: there at the end of the `with`, and not at all on an exception.

        It is never whole in memory. Writing raises StorageError, too; who writes neither seeks nor closes.
        """
        ...

    def write(self, bucket: str, key: str, body: bytes) -> None:
        with self.writer(bucket, key) as file:
            file.write(body)


class Storage(Protocol):
    """Reads and writes objects, acting as a role. Every method raises StorageError, with a message for the user."""

    def list(self, role_arn: str, bucket: str, prefix: str) -> list[StoredObject]: ...

    def open(self, role_arn: str, bucket: str, key: str) -> BinaryIO:
        """The content of an object, from the beginning; the caller closes it. Reading it raises StorageError, too.

        It is that of one version, and never whole in memory.
        """
        ...

    def read(self, role_arn: str, bucket: str, key: str, *, most: int) -> bytes:
        """The content of an object; one of more than `most` bytes is not fetched, but refused."""
        ...

    def writer(self, role_arn: str, bucket: str, key: str) -> AbstractContextManager[BinaryIO]:
        """For an object that comes piece by piece: there at the end of the `with`, and not at all on an exception.

        It is never whole in memory. Writing raises StorageError, too; who writes neither seeks nor closes.
        """
        ...

    def write(self, role_arn: str, bucket: str, key: str, body: bytes) -> None:
        with self.writer(role_arn, bucket, key) as file:
            file.write(body)

    def of_account(self, account: str, region: str) -> AccountStorage:
        """The buckets of an account, without a role."""
        ...
