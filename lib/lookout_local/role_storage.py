"""S3 as the Lookout services see it: with the rights of the role that the caller passed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from typing import BinaryIO

from ministack.core.responses import get_account_id, get_region, set_request_account_id, set_request_region
from ministack.services import sts

from lookout_local.clients import client
from lookout_local.roles import name_of, obstacle
from lookout_local.secret import ROOT_SECRET, session_credentials
from lookout_server.files.s3 import S3Buckets
from lookout_server.files.storage import Storage, StoredObject
from lookout_server.identity.authorization import partition_of
from lookout_server.protocol.errors import StorageError

SERVICE_PRINCIPAL = "lookoutequipment.amazonaws.com"


class RoleStorage(Storage):
    """Reads and writes MiniStack's S3 through its front door, signed by a session of the role.

    The role must exist, trust `lookoutequipment.amazonaws.com` and allow what is done; every method raises StorageError
    when it does not, or when S3 refuses.
    """

    def __init__(self, endpoint_url: str) -> None:
        self._endpoint_url = endpoint_url

    def list(self, role_arn: str, bucket: str, prefix: str) -> list[StoredObject]:
        """All objects whose keys begin with the prefix (s3:ListBucket)."""
        return self._as(role_arn).list(bucket, prefix)

    def open(self, role_arn: str, bucket: str, key: str) -> BinaryIO:
        """The content of an object, piece by piece (s3:GetObject)."""
        return self._as(role_arn).open(bucket, key)

    def read(self, role_arn: str, bucket: str, key: str, *, most: int) -> bytes:
        """The content of an object (s3:GetObject)."""
        return self._as(role_arn).read(bucket, key, most=most)

    def writer(self, role_arn: str, bucket: str, key: str) -> AbstractContextManager[BinaryIO]:
        """Put an object, piece by piece (s3:PutObject)."""
        return self._as(role_arn).writer(bucket, key)

    def of_account(self, account: str, region: str) -> S3Buckets:
        """The buckets of an account, without a role.

        Whether the caller may do it was asked before, with its own policies (`Invocation.forward`): what is signed here
        is the account's own.
        """
        return _buckets(self._endpoint_url, region, account, ROOT_SECRET, None)

    def _as(self, role_arn: str) -> S3Buckets:
        region = get_region()
        return _buckets(self._endpoint_url, region, *_assume(role_arn, region))


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
def _buckets(endpoint_url: str, region: str, key: str, secret: str, token: str | None) -> S3Buckets:
    return S3Buckets(
        client(
            "s3",
            endpoint_url=endpoint_url,
            region=region,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
        )
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
