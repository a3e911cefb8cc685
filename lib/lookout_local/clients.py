"""boto3 clients for a local cloud, those of services that boto3 does not know any more included."""

from __future__ import annotations

import os
import threading
from functools import cache
from typing import TYPE_CHECKING, Any

from lookout_local.errors import LocalCloudError
from lookout_server.api_models import MODELS

if TYPE_CHECKING:
    from boto3.session import Session
    from botocore.client import BaseClient

ACCOUNT = "111111111111"
REGION = "us-east-1"
_lock = threading.Lock()


def client(
    service: str, *, endpoint_url: str, account: str = ACCOUNT, region: str = REGION, **options: Any
) -> BaseClient:
    """A client that signs as the root of an account (its access key id is the account's 12 digits).

        vision = lookout_local.client("lookoutvision", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
        vision.create_project(ProjectName="bottles")

    Its secret is that of the cloud, in AWS_SECRET_ACCESS_KEY: it is among the variables of `cloud.env()` and of
    `lookout-local env`. Where there is a LocalCloud, `cloud.client` has it by itself.

    boto3 lost `lookoutvision` with release 1.40.61, and may lose `lookoutequipment`; their models come with this
    package, so that this function makes a client of either with any boto3, paginators included.

    `options` go to boto3, so `aws_access_key_id` and its companions make it a user or a role instead. The AWS profile
    and configuration files of the user have no effect. Raises LocalCloudError without a secret, and botocore's
    UnknownServiceError for other services that boto3 does not know.
    """
    from botocore.config import Config

    if "aws_secret_access_key" not in options:
        options["aws_secret_access_key"] = _secret(service)
    config = Config(connect_timeout=5, read_timeout=120, retries={"mode": "standard"}, proxies={})
    settings: dict[str, Any] = {
        "aws_access_key_id": account,
        "region_name": region,
        "config": config,
        **options,
    }
    with _lock:  # a session must not make two clients at once
        # boto3's types know the services by literal names; this one is known when it is asked for.
        made: BaseClient = _session().client(service, endpoint_url=endpoint_url, **settings)  # type: ignore[call-overload]
    return made


def _secret(service: str) -> str:
    secret = os.environ.get("AWS_SECRET_ACCESS_KEY")
    if not secret:
        raise LocalCloudError(
            f"client of {service}: got no secret, expected one in AWS_SECRET_ACCESS_KEY, as `lookout-local env` and "
            f'`cloud.env()` give it, or the client that has it: cloud.client("{service}")'
        )
    return secret


@cache
def _session() -> Session:
    """One session for all clients: each session reads all the descriptions of endpoints again."""
    import boto3.session
    import botocore.session

    nowhere = (None, None, os.devnull, None)
    variables = {
        "profile": (None, None, None, None),
        "config_file": nowhere,
        "credentials_file": nowhere,
        "data_path": (None, None, str(MODELS), None),
    }
    return boto3.session.Session(botocore_session=botocore.session.Session(session_vars=variables))
