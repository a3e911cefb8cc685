"""S3 as the Lookout services see it: with the rights of the role that the caller passed."""

from __future__ import annotations

import hashlib
import json
import secrets
from functools import cache
from typing import TYPE_CHECKING, Any

from ministack.core.iam_evaluator import EvalContext, _action_matches, _conditions_met
from ministack.core.responses import get_region
from ministack.services import iam, sts

from lookout_local.clients import client
from lookout_local.services import StorageError, StoredObject

if TYPE_CHECKING:
    from botocore.client import BaseClient

SERVICE_PRINCIPAL = "lookoutequipment.amazonaws.com"
_SECRET = secrets.token_hex(32)


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
        with _Told(f"s3://{bucket}/{prefix} cannot be listed by {role_arn}"):
            pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
            return [
                StoredObject(key=item["Key"], size=item["Size"])
                for page in pages
                for item in page.get("Contents", [])
            ]

    def read(self, role_arn: str, bucket: str, key: str) -> bytes:
        """The content of an object (s3:GetObject)."""
        s3: Any = self._client(role_arn)
        with _Told(f"s3://{bucket}/{key} cannot be read by {role_arn}"):
            content: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            return content

    def write(self, role_arn: str, bucket: str, key: str, body: bytes) -> None:
        """Put an object (s3:PutObject)."""
        s3: Any = self._client(role_arn)
        with _Told(f"s3://{bucket}/{key} cannot be written by {role_arn}"):
            s3.put_object(Bucket=bucket, Key=key, Body=body)

    def _client(self, role_arn: str) -> BaseClient:
        region = get_region()
        return _s3_client(self._endpoint_url, region, *_assume(role_arn, region))


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
    parts = role_arn.split(":", 5)
    if len(parts) != 6 or not parts[5].startswith("role/"):
        raise StorageError(f"{role_arn} is not the ARN of a role")
    account, name = parts[4], parts[5].rsplit("/", 1)[-1]
    role = iam._roles.get_scoped(account, None, name)
    if role is None:
        raise StorageError(f"the role {role_arn} does not exist")
    if not _trusts_service(role.get("AssumeRolePolicyDocument"), role_arn, account, region):
        raise StorageError(f"the role {role_arn} cannot be assumed by {SERVICE_PRINCIPAL}: see its trust policy")
    digest = hashlib.sha256(f"{_SECRET}{role_arn}".encode()).hexdigest()
    key, secret, token = f"ASIA{digest[:16].upper()}", digest[16:56], digest
    session = {
        "Arn": f"arn:{parts[1]}:sts::{account}:assumed-role/{name}/lookoutequipment",
        "UserId": f"{name}:lookoutequipment",
        "SecretAccessKey": secret,
        "SessionToken": token,
    }
    sts.register_session(key, session)
    return key, secret, token


def _trusts_service(policy: Any, role_arn: str, account: str, region: str) -> bool:
    document = json.loads(policy) if isinstance(policy, str) else policy or {}
    statements = document.get("Statement", [])
    partition = role_arn.split(":")[1]
    context = EvalContext(
        principal_arn=SERVICE_PRINCIPAL,
        principal_type="Service",
        principal_account=account,
        action="sts:AssumeRole",
        resource_arn=role_arn,
        region=region,
        service_context={
            "aws:sourceaccount": account,
            "aws:sourcearn": f"arn:{partition}:lookoutequipment:{region}:{account}:dataset/*",
        },
    )
    effects = set()
    for statement in [statements] if isinstance(statements, dict) else statements:
        actions, exclusions = _listed(statement.get("Action")), _listed(statement.get("NotAction"))
        principal = statement.get("Principal", {})
        services = _listed(principal.get("Service")) if isinstance(principal, dict) else _listed(principal)
        if (
            _action_matches("sts:AssumeRole", actions, exclusions)
            and any(service in (SERVICE_PRINCIPAL, "*") for service in services)
            and _conditions_met(statement.get("Condition", {}), context)
        ):
            effects.add(statement.get("Effect"))
    return effects == {"Allow"}


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


class _Told:
    """Turns what S3 says into a StorageError that names what was tried."""

    def __init__(self, what: str) -> None:
        self._what = what

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        if isinstance(error, ClientError):
            answer = error.response["Error"]
            raise StorageError(f"{self._what}: {answer['Code']}: {answer['Message']}") from error
        if isinstance(error, BotoCoreError):
            raise StorageError(f"{self._what}: {error}") from error
