"""Files in S3, as the provider itself reads, writes and removes them."""

from __future__ import annotations

from collections.abc import Mapping

from lookout_provider.holding import Refused
from lookout_provider.protocol import Request
from lookout_shared import log
from lookout_shared.aws import Kind, Service, ServiceError

#: Bytes of a file that the function reads: it has 256 MB for that, and for what becomes of it.
_MOST = 32 * 1024 * 1024


class Files:
    """The files that one custom resource is about."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._s3 = Service("s3", request.region)

    def read(self, location: Mapping[str, str]) -> bytes:
        """The file at *location*, members of GetObject; raises Refused when there is none, or one that is too large."""
        try:
            content: bytes = self._s3.call("GetObject", **location)["Body"].read(_MOST + 1)
        except ServiceError as error:
            if error.kind is not Kind.REJECTED:
                raise
            raise Refused(f"cannot read {_name(location)}: {error}") from error
        if len(content) > _MOST:
            raise Refused(f"cannot read {_name(location)}: got more than {_MOST} bytes, expected a smaller file")
        return content

    def read_any(self, location: Mapping[str, str]) -> bytes:
        """The same, or nothing for a file that is not there: S3 denies what may not be listed."""
        try:
            return self.read(location)
        except Refused:
            return b""
        except ServiceError as error:
            if error.kind not in (Kind.DENIED, Kind.NOT_FOUND):
                raise
            return b""

    def keep(self, bucket: str, key: str, content: bytes) -> None:
        """Put a file there that may be missed: where none may be written, the log says so."""
        try:
            self.write(bucket, key, content)
        except ServiceError as error:
            if error.kind not in (Kind.REJECTED, Kind.DENIED, Kind.NOT_FOUND):
                raise
            log.write("not kept", request=self._request, level="WARN", file=f"s3://{bucket}/{key}", error=str(error))
            # What was there is not right any more.
            self.remove(bucket, key)

    def write(self, bucket: str, key: str, content: bytes) -> None:
        """Put a file there."""
        self._s3.call("PutObject", Bucket=bucket, Key=key, Body=content)

    def keys(self, bucket: str, prefix: str) -> list[str]:
        """The names of all files below *prefix*."""
        found: list[str] = []
        more: dict[str, str] = {}
        while True:
            page = self._s3.call("ListObjectsV2", Bucket=bucket, Prefix=prefix, **more)
            found += [item["Key"] for item in page.get("Contents", [])]
            if not page.get("NextContinuationToken"):
                return found
            more = {"ContinuationToken": page["NextContinuationToken"]}

    def remove(self, bucket: str, key: str) -> None:
        """Remove a file of ours; one that may not be removed (any more) stays, and the log says so."""
        try:
            self._s3.call("DeleteObject", Bucket=bucket, Key=key)
        except ServiceError as error:
            if error.kind not in (Kind.REJECTED, Kind.DENIED, Kind.NOT_FOUND):
                raise
            log.write("file left", request=self._request, level="WARN", file=f"s3://{bucket}/{key}", error=str(error))


def _name(location: Mapping[str, str]) -> str:
    return f"s3://{location['Bucket']}/{location['Key']}"
