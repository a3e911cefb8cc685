"""S3 as the Lookout services see it: with the rights of the role that the caller passed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from ministack.core.responses import get_account_id, get_region, set_request_account_id, set_request_region
from ministack.services import sts

from lookout_local.account_storage import AccountBuckets, content_of, told
from lookout_local.clients import client
from lookout_local.roles import name_of, obstacle
from lookout_local.secret import session_credentials
from lookout_server.files.storage import StoredObject
from lookout_server.identity.authorization import partition_of
from lookout_server.protocol.errors import StorageError

if TYPE_CHECKING:
    from botocore.client import BaseClient

SERVICE_PRINCIPAL = "lookoutequipment.amazonaws.com"


class RoleStorage:
    """Reads and writes MiniStack's S3 through its front door, signed by a session of the role.

    The role must exist, trust `lookoutequipment.amazonaws.com` and allow what is done; every method raises StorageError
    when it does not, or when S3 refuses.
    """

    def __init__(self, endpoint_url: str) -> None:
        self._endpoint_url = endpoint_url

    def list(self, role_arn: str, bucket: str, prefix: str) -> list[StoredObject]:
        """All objects whose keys begin with the prefix (s3:ListBucket)."""
        s3 = self._client(role_arn)
        with told():
            pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
            return [
                StoredObject(key=item["Key"], size=item["Size"]) for page in pages for item in page.get("Contents", [])
            ]

    def read(self, role_arn: str, bucket: str, key: str, *, most: int) -> bytes:
        """The content of an object (s3:GetObject)."""
        s3: Any = self._client(role_arn)
        with told():
            return content_of(s3.get_object(Bucket=bucket, Key=key), most)

    def write(self, role_arn: str, bucket: str, key: str, body: bytes) -> None:
        """Put an object (s3:PutObject)."""
        s3: Any = self._client(role_arn)
        with told():
            s3.put_object(Bucket=bucket, Key=key, Body=body)

    def of_account(self, account: str, region: str) -> AccountBuckets:
        """The buckets of an account, without a role."""
        return AccountBuckets(self._endpoint_url, account, region)

    def _client(self, role_arn: str) -> BaseClient:
        region = get_region()
        return _s3_client(self._endpoint_url, region, *_assume(role_arn, region))


@contextmanager
def on_behalf_of(account: str, region: str) -> Iterator[None]:
    """The context in which a RoleStorage works for an account in a Region, whoever the caller is, if there is one."""
    caller = get_account_id(), get_region()
    try:
        set_request_account_id(account)
        set_request_region(region)
        yield
    finally:
        set_request_account_id(caller[0])
        set_request_region(caller[1])


@cache
def _s3_client(endpoint_url: str, region: str, key: str, secret: str, token: str) -> BaseClient:
    return client(
        "s3",
        endpoint_url=endpoint_url,
        region=region,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
    )


def _assume(role_arn: str, region: str) -> tuple[str, str, str]:
    """Credentials of the role for the service; raises StorageError when the role does not let itself be assumed."""
    source_arn = f"arn:{partition_of(region)}:lookoutequipment:{region}:{get_account_id()}:dataset/*"
    if problem := obstacle(role_arn, SERVICE_PRINCIPAL, source_arn=source_arn, region=region):
        raise StorageError(problem)
    partition, account, name = role_arn.split(":")[1], role_arn.split(":")[4], name_of(role_arn)
    key, secret, token = session_credentials(SERVICE_PRINCIPAL, role_arn)
    session = {
        "Arn": f"arn:{partition}:sts::{account}:assumed-role/{name}/lookoutequipment",
        "UserId": f"{name}:lookoutequipment",
        "SecretAccessKey": secret,
        "SessionToken": token,
    }
    sts.register_session(key, session)
    return key, secret, token
