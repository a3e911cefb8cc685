"""Whose files are where, and who may have them: a role stands for a place and for what is allowed there.

The services never hold the rights of AWS's own; so what a role may read and write is said in a file, and what is not
said there is denied. Of several entries that fit, the first one counts.

    [places.disk]
    kind = "directory"
    path = "/srv/buckets"

    [[roles]]
    role = "arn:aws:iam::111122223333:role/Reader"
    place = "disk"
    read = ["sensors/plant-a/", "labels"]
    write = ["results/plant-a/"]

    [[accounts]]
    account = "111122223333"
    place = "disk"
    read = ["images"]
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import BinaryIO, Literal, TypeAlias

from lookout_server.files.directory import DirectoryBuckets
from lookout_server.files.endpoints import S3
from lookout_server.files.storage import AccountStorage, Buckets, Storage, StoredObject
from lookout_server.protocol.errors import StorageError

#: Where buckets are.
Place: TypeAlias = DirectoryBuckets | S3
Access: TypeAlias = Literal["read", "write"]


@dataclass(frozen=True)
class Area:
    """A bucket, `*` for all of them, and how the keys in it begin: with a folder, or anyhow."""

    bucket: str
    prefix: str = ""

    def covers(self, bucket: str, key: str) -> bool:
        """Whether a key, or everything that begins with it, is in the area."""
        return self.bucket in ("*", bucket) and key.startswith(self.prefix)


@dataclass(frozen=True)
class Grant:
    """Who may read and write what, at one place. `who` is the ARN of a role, with `*` and `?`, or an account."""

    who: str
    place: Place
    read: tuple[Area, ...] = ()
    write: tuple[Area, ...] = ()

    def allows(self, who: str, access: Access, bucket: str, key: str) -> bool:
        """Whether it is about them, and allows this."""
        areas = self.read if access == "read" else self.write
        return fnmatchcase(who, self.who) and any(area.covers(bucket, key) for area in areas)


@dataclass(frozen=True)
class Places:
    """Everything that is allowed. `where` is what a message calls the file that says so."""

    where: str
    roles: Sequence[Grant] = ()
    accounts: Sequence[Grant] = ()


class PlacedStorage(Storage):
    """The files of users, at the places that the roles stand for. The methods are as `Storage` describes them."""

    def __init__(self, places: Places) -> None:
        self._places = places

    def list(self, role_arn: str, bucket: str, prefix: str) -> list[StoredObject]:
        return self._buckets(role_arn, "read", bucket, prefix).list(bucket, prefix)

    def open(self, role_arn: str, bucket: str, key: str) -> BinaryIO:
        return self._buckets(role_arn, "read", bucket, key).open(bucket, key)

    def read(self, role_arn: str, bucket: str, key: str, *, most: int) -> bytes:
        return self._buckets(role_arn, "read", bucket, key).read(bucket, key, most=most)

    def writer(self, role_arn: str, bucket: str, key: str) -> AbstractContextManager[BinaryIO]:
        return self._buckets(role_arn, "write", bucket, key).writer(bucket, key)

    def of_account(self, account: str, region: str) -> AccountStorage:
        """The buckets of an account, as far as it has a place. Every place is in one Region, whatever `region` is."""
        return _OfAccount(self._places, account)

    def _buckets(self, role_arn: str, access: Access, bucket: str, key: str) -> Buckets:
        for grant in self._places.roles:
            if grant.allows(role_arn, access, bucket, key):
                return grant.place.as_role(role_arn) if isinstance(grant.place, S3) else grant.place
        raise _denied(self._places.where, "roles", "role", role_arn, access, bucket, key)


class _OfAccount(AccountStorage):
    """The buckets of an account. Whether its caller may have this was asked before, with the caller's own policy."""

    def __init__(self, places: Places, account: str) -> None:
        self._places = places
        self._account = account

    def region(self, bucket: str) -> str:
        for grant in self._places.accounts:
            if grant.who == self._account and any(area.bucket in ("*", bucket) for area in (*grant.read, *grant.write)):
                return _at(grant.place).region(bucket)
        raise _denied(self._places.where, "accounts", "account", self._account, "read", bucket, "")

    def read(self, bucket: str, key: str, version_id: str | None = None, *, most: int) -> bytes:
        return self._buckets("read", bucket, key).read(bucket, key, version_id, most=most)

    def write(self, bucket: str, key: str, body: bytes) -> None:
        self._buckets("write", bucket, key).write(bucket, key, body)

    def _buckets(self, access: Access, bucket: str, key: str) -> Buckets:
        for grant in self._places.accounts:
            if grant.allows(self._account, access, bucket, key):
                return _at(grant.place)
        raise _denied(self._places.where, "accounts", "account", self._account, access, bucket, key)


def _at(place: Place) -> Buckets:
    return place.buckets() if isinstance(place, S3) else place


def _denied(where: str, table: str, kind: str, who: str, access: Access, bucket: str, key: str) -> StorageError:
    folder = key.rpartition("/")[0]
    area = f"{bucket}/{folder}/" if folder else bucket
    entry = f'[[{table}]] {kind} = "{who}", {access} = ["{area}"]'
    message = (
        f"AccessDenied: the {kind} {who} may not {access} s3://{bucket}/{key} here; {where} has to allow it: {entry}"
    )
    return StorageError(message)
