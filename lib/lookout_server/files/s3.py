"""Buckets of S3: of AWS, or of anything else that speaks its API.

What S3 refuses is told in its own words. A large object is read piece by piece, each piece again if its connection
breaks; what is replaced in the middle of that is not read half and half.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any, BinaryIO, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from lookout_server.files.storage import Buckets, StoredObject
from lookout_server.protocol.errors import StorageError, Unreachable

#: The bytes that are fetched at once of an object that is streamed.
PIECE = 8 * 1024**2
_ATTEMPTS = 4
_BUFFER = 64 * 1024
_RANGE = re.compile(r"bytes [0-9]+-[0-9]+/(?P<size>[0-9]+)")

T = TypeVar("T")


class S3Buckets(Buckets):
    """The buckets that a client of botocore reaches, with its rights. The methods are as `Buckets` describes them."""

    def __init__(self, client: Any) -> None:
        self._s3 = client

    def region(self, bucket: str) -> str:
        """Where a bucket is (s3:GetBucketLocation)."""
        with _told():
            # S3 answers nothing for us-east-1, and EU for the oldest buckets of Ireland.
            found = self._s3.get_bucket_location(Bucket=bucket).get("LocationConstraint") or "us-east-1"
            return "eu-west-1" if found == "EU" else str(found)

    def list(self, bucket: str, prefix: str) -> list[StoredObject]:
        """All objects whose keys begin with the prefix (s3:ListBucket)."""
        with _told():
            pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
            return [
                StoredObject(key=item["Key"], size=item["Size"]) for page in pages for item in page.get("Contents", [])
            ]

    def open(self, bucket: str, key: str) -> BinaryIO:
        """The content of an object, piece by piece (s3:GetObject)."""
        return io.BufferedReader(_Object(self._s3, bucket, key), _BUFFER)

    def read(self, bucket: str, key: str, version_id: str | None = None, *, most: int) -> bytes:
        """The content of an object, or of a version of it (s3:GetObject, s3:GetObjectVersion)."""
        version = {} if version_id is None else {"VersionId": version_id}

        def content() -> bytes:
            answer = self._s3.get_object(Bucket=bucket, Key=key, **version)
            with closing(answer["Body"]):
                size = answer["ContentLength"]
                if size > most:
                    raise StorageError(f"it has {size} bytes, the quota is {most}")
                return _body(answer)

        return _persistent(content)

    def write(self, bucket: str, key: str, body: bytes) -> None:
        """Put an object (s3:PutObject)."""
        with _told():
            self._s3.put_object(Bucket=bucket, Key=key, Body=body)


class _Object(io.RawIOBase):
    """An object as a file that can be read anywhere: there is one piece of it at a time."""

    def __init__(self, client: Any, bucket: str, key: str) -> None:
        self._s3 = client
        self._where = {"Bucket": bucket, "Key": key}
        self._at = self._start = 0
        self._size, self._tag, self._piece = _persistent(self._first)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError(f"seek: got the place {base + offset}, expected 0 or more")
        self._at = base + offset
        return self._at

    def readinto(self, buffer: Any) -> int:
        if not 0 <= self._at - self._start < len(self._piece):
            if self._at >= self._size:
                return 0
            self._piece, self._start = _persistent(self._next), self._at
        inside = self._at - self._start
        found = self._piece[inside : inside + len(buffer)]
        buffer[: len(found)] = found
        self._at += len(found)
        return len(found)

    def _first(self) -> tuple[int, str, bytes]:
        """Size, tag and first piece."""
        try:
            answer = self._s3.get_object(**self._where, Range=f"bytes=0-{PIECE - 1}")
        except ClientError as error:
            if error.response["Error"].get("Code") != "InvalidRange":
                raise
            return 0, "", b""  # an empty object has no first byte
        with closing(answer["Body"]):
            found = _RANGE.fullmatch(answer.get("ContentRange") or "")
            size = int(found["size"]) if found else int(answer["ContentLength"])
            if not found and size > PIECE:
                raise StorageError("the endpoint sends whole objects only, expected it to serve ranges (HTTP 206)")
            return size, answer["ETag"], _body(answer)

    def _next(self) -> bytes:
        end = min(self._at + PIECE, self._size) - 1
        try:
            answer = self._s3.get_object(**self._where, Range=f"bytes={self._at}-{end}", IfMatch=self._tag)
        except ClientError as error:
            if error.response["Error"].get("Code") in ("PreconditionFailed", "412"):
                raise Unreachable("it was replaced while it was read; try again") from error
            raise
        with closing(answer["Body"]):
            piece = _body(answer)
            if len(piece) != end + 1 - self._at:
                raise Unreachable(f"the endpoint sent {len(piece)} bytes, expected {end + 1 - self._at}")
            return piece


class _Broken(Exception):
    """A connection broke in the middle of a body. Everything before that botocore repeats itself."""


def _body(answer: Any) -> bytes:
    try:
        return bytes(answer["Body"].read())
    except BotoCoreError as error:
        raise _Broken(str(error)) from error


def _persistent(fetch: Callable[[], T]) -> T:
    """What is fetched, again when it breaks off."""
    said = ""
    for _ in range(_ATTEMPTS):
        try:
            with _told():
                return fetch()
        except _Broken as error:
            said = str(error)
    raise Unreachable(said)


@contextmanager
def _told() -> Iterator[None]:
    """Turns what S3 says into a StorageError."""
    try:
        yield
    except ClientError as error:
        is_its_fault = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500
        raise (Unreachable if is_its_fault else StorageError)(words_of(error)) from error
    except BotoCoreError as error:
        raise Unreachable(str(error)) from error


def words_of(error: ClientError) -> str:
    """What a service of AWS says, in its own words."""
    answer: dict[str, Any] = {**error.response["Error"]}
    missing = f": {answer['BucketName']}" if "BucketName" in answer else ""
    return f"{answer.get('Code', 'Error')}: {answer.get('Message', '')}{missing}"
