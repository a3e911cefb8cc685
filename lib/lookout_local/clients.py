"""boto3 clients for a local cloud."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.client import BaseClient

ACCOUNT = "111111111111"
REGION = "us-east-1"


def client(
    service: str, *, endpoint_url: str, account: str = ACCOUNT, region: str = REGION, **options: Any
) -> BaseClient:
    """A client that signs as the root of an account (its access key id is the account's 12 digits).

    `options` go to boto3, so `aws_access_key_id` and its companions make it a user or a role instead.
    """
    import boto3
    from botocore.config import Config

    credentials = {"aws_access_key_id": account, "aws_secret_access_key": "local"}
    session = boto3.session.Session(region_name=region)
    config = Config(
        connect_timeout=5, read_timeout=120, retries={"mode": "standard", "total_max_attempts": 3}, proxies={}
    )
    made: BaseClient = session.client(
        service, endpoint_url=endpoint_url, **{"config": config, **credentials, **options}  # type: ignore[call-overload]
    )
    return made
