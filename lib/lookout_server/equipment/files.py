"""The files of an S3 location."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from lookout_server.files.storage import Storage, StoredObject


@dataclass(frozen=True)
class Files:
    """The objects below a prefix of a bucket, read with a role."""

    storage: Storage
    role_arn: str
    #: Bucket, and Prefix where there is one.
    location: Mapping[str, Any]

    @property
    def bucket(self) -> str:
        """The bucket."""
        return str(self.location["Bucket"])

    @property
    def prefix(self) -> str:
        """The prefix; '' means the whole bucket."""
        return self.location.get("Prefix") or ""

    def list(self) -> list[StoredObject]:
        """All of them; raises StorageError."""
        return self.storage.list(self.role_arn, self.bucket, self.prefix)

    def read(self, key: str, most: int) -> bytes:
        """The content of one that has at most so many bytes; raises StorageError."""
        return self.storage.read(self.role_arn, self.bucket, key, most=most)

    def open(self, key: str) -> BinaryIO:
        """The content of one, piece by piece; the caller closes it. Raises StorageError, also while it is read."""
        return self.storage.open(self.role_arn, self.bucket, key)

    def name(self, key: str = "") -> str:
        """Where an object is, or where all of them are."""
        return f"s3://{self.bucket}/{key or self.prefix}"
