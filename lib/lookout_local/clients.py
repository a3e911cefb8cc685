"""boto3 clients for a local cloud, those of services that boto3 does not know any more included."""

from __future__ import annotations

import os
import threading
from functools import cache
from typing import TYPE_CHECKING, Any

from lookout_local.api_models import MODELS

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

        vision = lookout_local.client("lookoutvision", endpoint_url=cloud.endpoint_url)
        vision.create_project(ProjectName="bottles")

    boto3 lost `lookoutvision` with release 1.40.61, and may lose `lookoutequipment`; their models come with this
    package, so that this function makes a client of either with any boto3, paginators included.

    `options` go to boto3, so `aws_access_key_id` and its companions make it a user or a role instead. The AWS profile
    and configuration files of the user have no effect. Raises botocore's UnknownServiceError for other services that
    boto3 does not know.
    """
    from botocore.config import Config

    config = Config(connect_timeout=5, read_timeout=120, retries={"mode": "standard"}, proxies={})
    settings: dict[str, Any] = {
        "aws_access_key_id": account,
        "aws_secret_access_key": "local",
        "region_name": region,
        "config": config,
        **options,
    }
    with _lock:  # a session must not make two clients at once
        # boto3's types know the services by literal names; this one is known when it is asked for.
        made: BaseClient = _session().client(service, endpoint_url=endpoint_url, **settings)  # type: ignore[call-overload]
    return made


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
