"""The environment variables by which AWS tools find a local cloud."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from lookout_local.clients import ACCOUNT, REGION
from lookout_local.errors import LocalCloudError
from lookout_server.api_models import MODELS


def variables(endpoint_url: str, secret: str, *, account: str = ACCOUNT, region: str = REGION) -> dict[str, str]:
    """Variables for the AWS CLI, the CDK CLI and any SDK, acting as the root of an account with the cloud's secret.

    Raises LocalCloudError for what is no account.

    They leave nothing of the user's own AWS configuration in force, so that no request can reach the real AWS. With
    them, botocore, boto3 and the AWS CLI know `lookoutvision`, which their newest releases do not have.
    """
    if not re.fullmatch(r"\d{12}", account, re.ASCII):
        raise LocalCloudError(f"account: got {account!r}, expected 12 digits")
    return {
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_ACCESS_KEY_ID": account,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_DATA_PATH": str(MODELS),
        "AWS_PAGER": "",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        "CDK_DEFAULT_ACCOUNT": account,
        "CDK_DEFAULT_REGION": region,
        "CDK_DISABLE_CLI_TELEMETRY": "1",
        # Of an app in Python they are those of the jsii runtime, and stand before each warning.
        "CDK_DISABLE_STACK_TRACE": "1",
        "CDK_DISABLE_VERSION_CHECK": "1",
        "CDK_NOTICES": "false",
    }


def proxied(url: str, certificate: str) -> dict[str, str]:
    """Further variables, for programs with AWS's own addresses in them: they go to the cloud by its proxy.

    Everything that is to be trusted is the cloud's own authority, because nothing else is behind the proxy.
    """
    trusted = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS")
    return {"HTTPS_PROXY": url, "https_proxy": url, "NODE_USE_ENV_PROXY": "1", **dict.fromkeys(trusted, certificate)}


def without_aws(outer: Mapping[str, str]) -> dict[str, str]:
    """An environment without any AWS setting: no profile, no session token, no endpoint of a single service."""
    return {name: value for name, value in outer.items() if not name.startswith("AWS_")}
