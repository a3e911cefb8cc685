"""S3 as a Lookout service sees it that has no role: the buckets of its caller's account.

Whether the caller may do it was asked before, with its own policies (`Invocation.forward`): what is signed here is the
account's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from lookout_local.clients import client
from lookout_local.secret import ROOT_SECRET
from lookout_server.protocol.errors import StorageError

if TYPE_CHECKING:
    from botocore.client import BaseClient


class AccountBuckets:
    """The buckets of an account in a Region, through MiniStack's front door; every method raises StorageError."""

    def __init__(self, endpoint_url: str, account: str, region: str) -> None:
        self._s3: Any = _s3_client(endpoint_url, account, region)

    def region(self, bucket: str) -> str:
        """Where a bucket is."""
        with told():
            # S3 answers nothing for us-east-1.
            return self._s3.get_bucket_location(Bucket=bucket).get("LocationConstraint") or "us-east-1"

    def read(self, bucket: str, key: str, version_id: str | None = None, *, most: int) -> bytes:
        """The content of an object, or of a version of it."""
        version = {} if version_id is None else {"VersionId": version_id}
        with told():
            return content_of(self._s3.get_object(Bucket=bucket, Key=key, **version), most)

    def write(self, bucket: str, key: str, body: bytes) -> None:
        """Put an object."""
        with told():
            self._s3.put_object(Bucket=bucket, Key=key, Body=body)


def content_of(answer: Any, most: int) -> bytes:
    """The content in an answer to GetObject; raises StorageError, before it is fetched, when that is too large."""
    with closing(answer["Body"]) as body:
        size = answer["ContentLength"]
        if size > most:
            raise StorageError(f"it has {size} bytes, the quota is {most}")
        content: bytes = body.read()
        return content


@cache
def _s3_client(endpoint_url: str, account: str, region: str) -> BaseClient:
    return client("s3", endpoint_url=endpoint_url, account=account, region=region, aws_secret_access_key=ROOT_SECRET)


@contextmanager
def told() -> Iterator[None]:
    """Turns what S3 says into a StorageError."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        answer: dict[str, Any] = {**error.response["Error"]}
        missing = f": {answer['BucketName']}" if "BucketName" in answer else ""
        raise StorageError(f"{answer['Code']}: {answer['Message']}{missing}") from error
    except BotoCoreError as error:
        raise StorageError(str(error)) from error
