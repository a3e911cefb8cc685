"""Buckets of S3: of AWS, or of anything else that speaks its API.

What S3 refuses is told in its own words. A large object is read piece by piece, each piece again if its connection
breaks; what is replaced in the middle of that is not read half and half. It is written piece by piece as well, as a
multipart upload, which shows nothing before it is complete.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any, BinaryIO, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from lookout_server.files.storage import Buckets, StoredObject
from lookout_server.protocol.errors import StorageError, Unreachable

#: The bytes that are fetched or sent at once of an object that is streamed; S3 takes 5 MB at least, and 10,000 pieces.
PIECE = 8 * 1024**2
_ATTEMPTS = 4
_BUFFER = 64 * 1024
_RANGE = re.compile(r"bytes [0-9]+-[0-9]+/(?P<size>[0-9]+)")

T = TypeVar("T")


class S3Buckets(Buckets):
    """The buckets that a client of botocore reaches, with its rights. The methods are as `Buckets` describes them."""

    def __init__(self, client: Any, newest: Callable[[], S3Buckets] | None = None) -> None:
        """`newest` are the same buckets with a client whose credentials have not expired, if those of this one do."""
        self._s3 = client
        self._newest = newest

    @property
    def client(self) -> Any:
        """For work that may take longer than credentials are valid."""
        return self._newest()._s3 if self._newest else self._s3

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
        return io.BufferedReader(_Object(self, bucket, key), _BUFFER)

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

    @contextmanager
    def writer(self, bucket: str, key: str) -> Iterator[BinaryIO]:
        """Put an object, a large one piece by piece (s3:PutObject, and s3:AbortMultipartUpload to give one up)."""
        new = _NewObject(self, bucket, key)
        try:
            file = io.BufferedWriter(new, _BUFFER)
            yield file
            file.flush()
            new.finish()
        except BaseException:
            new.abandon()
            raise
        finally:
            new.close()  # with what is in the buffer


class _Object(io.RawIOBase):
    """An object as a file that can be read anywhere: there is one piece of it at a time."""

    def __init__(self, buckets: S3Buckets, bucket: str, key: str) -> None:
        self._buckets = buckets
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
            answer = self._buckets.client.get_object(**self._where, Range=f"bytes=0-{PIECE - 1}")
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
            wanted = {"Range": f"bytes={self._at}-{end}", "IfMatch": self._tag}
            answer = self._buckets.client.get_object(**self._where, **wanted)
        except ClientError as error:
            if error.response["Error"].get("Code") in ("PreconditionFailed", "412"):
                raise Unreachable("it was replaced while it was read; try again") from error
            raise
        with closing(answer["Body"]):
            piece = _body(answer)
            if len(piece) != end + 1 - self._at:
                raise Unreachable(f"the endpoint sent {len(piece)} bytes, expected {end + 1 - self._at}")
            return piece


class _NewObject(io.RawIOBase):
    """An object that is written from its beginning to its end: there is one piece of it at a time.

    One that is no larger than a piece is put when it is whole.
    """

    def __init__(self, buckets: S3Buckets, bucket: str, key: str) -> None:
        self._buckets = buckets
        self._where = {"Bucket": bucket, "Key": key}
        self._upload: dict[str, str] = {}
        self._sent: list[dict[str, Any]] = []
        self._rest = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        view = memoryview(content)
        for start in range(0, len(view), PIECE):
            self._rest += view[start : start + PIECE]
            if len(self._rest) > PIECE:
                self._send(bytes(self._rest[:PIECE]))
                del self._rest[:PIECE]
        return len(view)

    def finish(self) -> None:
        if not self._upload:
            with _told():
                self._buckets.client.put_object(**self._where, Body=bytes(self._rest))
            return
        self._send(bytes(self._rest))
        with _told():
            parts = {"Parts": self._sent}
            self._buckets.client.complete_multipart_upload(**self._where, **self._upload, MultipartUpload=parts)

    def abandon(self) -> None:
        """Have what was sent deleted, where the role may do that; else it waits for a rule of the bucket."""
        if self._upload:
            with suppress(StorageError), _told():
                self._buckets.client.abort_multipart_upload(**self._where, **self._upload)

    def _send(self, piece: bytes) -> None:
        with _told():
            client = self._buckets.client
            if not self._upload:
                # Where botocore sends checksums of its own accord, S3 has to know of which kind before the first one.
                sums = client.meta.config.request_checksum_calculation == "when_supported"
                kind = {"ChecksumAlgorithm": "CRC32"} if sums else {}
                self._upload = {"UploadId": client.create_multipart_upload(**self._where, **kind)["UploadId"]}
            number = len(self._sent) + 1
            answer = client.upload_part(**self._where, **self._upload, PartNumber=number, Body=piece)
            # These it wants to hear again when all is there.
            known = {name: value for name, value in answer.items() if name == "ETag" or name.startswith("Checksum")}
            self._sent.append({"PartNumber": number, **known})


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
