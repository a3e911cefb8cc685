"""Where GetFunction and GetLayerVersion say that the code is.

AWS: a presigned URL of S3, good for ten minutes.
MiniStack: a URL of its own administration, which needs no signature. Here it is signed by the root of the account.
"""

from __future__ import annotations

import re

from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from ministack.core.responses import get_account_id, get_region
from ministack.services import lambda_svc

from lookout_local.secret import ROOT_SECRET

_SECONDS = 600
_LOCATION = re.compile(r"/_ministack/lambda-(?:code|layers)/(?P<account>[0-9]{12})/.+")
_code_url = lambda_svc._presigned_code_url
_layer_url = lambda_svc._layer_content_url


def install() -> None:
    """Replace the functions that make the URLs."""
    lambda_svc._presigned_code_url = code_url
    lambda_svc._layer_content_url = layer_url


def code_url(function: str) -> str:
    """Where the code of a function is."""
    return _signed(_code_url(function).partition("?")[0])


def layer_url(layer: str, version: int) -> str:
    """Where the content of a layer is."""
    return _signed(_layer_url(layer, version))


def owner(path: str) -> str | None:
    """The account whose root signs the URL with this path; None when it is not one of code."""
    found = _LOCATION.fullmatch(path)
    return found["account"] if found else None


def _signed(url: str) -> str:
    request = AWSRequest("GET", url)
    credentials = Credentials(get_account_id(), ROOT_SECRET)
    S3SigV4QueryAuth(credentials, "s3", get_region(), expires=_SECONDS).add_auth(request)
    return str(request.url)
