"""Amazon S3 as a service sees it: through the role that its caller passed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class StoredObject:
    """An object in a listing; size in bytes."""

    key: str
    size: int


class Storage(Protocol):
    """Reads and writes objects, acting as a role. Every method raises StorageError, with a message for the user."""

    def list(self, role_arn: str, bucket: str, prefix: str) -> list[StoredObject]: ...

    def read(self, role_arn: str, bucket: str, key: str) -> bytes: ...

    def write(self, role_arn: str, bucket: str, key: str, body: bytes) -> None: ...
