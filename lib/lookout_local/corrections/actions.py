"""What a request asks for, as IAM is asked about it.

AWS: an operation is named in one place, which its service's protocol tells, and has an action in IAM.
MiniStack: asks IAM about whatever a query, a form or a header names first, whatever the service reads then, and about
nothing where it has no name for an operation. Here what is not told in one way is for the root of an account alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any
from urllib.parse import parse_qs, unquote

from ministack.core import iam_actions

from lookout_local.corrections.replacing import replace

#: What a request asks for that does not say it in one way, or that has no name.
UNTOLD = "Untold"
# Services that read an operation's name from a query or from a form alone, whatever a header says.
_QUERY = (
    *("autoscaling", "cloudformation", "ec2", "elasticache", "elasticloadbalancing", "iam", "rds", "ses", "sns"),
    "sts",
)
_SQS_TARGET = "AmazonSQS."
# Actions of AWS Lambda that are not called as their operations are.
_LAMBDA = {
    "GetLayerVersionByArn": "GetLayerVersion",
    "Invoke": "InvokeFunction",
    "InvokeAsync": "InvokeFunction",
    "InvokeWithResponseStream": "InvokeFunction",
}
_DURABLE = "/2025-12-01/durable-execution"
_extract_iam_action = iam_actions.extract_iam_action
_s3_action = iam_actions._s3_action
_SUBRESOURCES = {
    *iam_actions._S3_QUERY_ACTIONS,
    *iam_actions._S3_BUCKET_QUERY_ACTIONS,
    *iam_actions._S3_OBJECT_QUERY_ACTIONS,
}


def install() -> None:
    """Replace the functions that find an action."""
    iam_actions._BOTOCORE_SERVICE_MAP["lambda"] = ["lambda"]
    replace(iam_actions.extract_iam_action, extract_iam_action)
    replace(iam_actions._s3_action, s3_action)


def extract_iam_action(
    service: str, method: str, path: str, headers: dict[str, str], body: bytes, query_params: dict[str, Any]
) -> str:
    """The action in IAM that a request needs: `<namespace>:<name>`, where UNTOLD is a name as well."""
    namespace = iam_actions.SERVICE_TO_IAM_NAMESPACE.get(service)
    untold = f"{namespace or service}:{UNTOLD}"
    if namespace is None:
        return untold
    if service != "s3" and (path == "/" or service == "sqs"):
        return f"{namespace}:{_named(service, method, headers, body, query_params)}"
    if service == "monitoring":
        name = _match("/operation/", path)
        return f"{namespace}:{name}" if "x-amz-target" not in headers and name else untold
    if service == "lambda":
        return f"{namespace}:{_lambda_action(method, unquote(path), query_params)}"
    # Neither of these names the operation of a request whose path does it.
    headers = {name: value for name, value in headers.items() if name != "x-amz-target"}
    query_params = {name: value for name, value in query_params.items() if name != "Action"}
    return _extract_iam_action(service, method, path, headers, b"", query_params) or untold


def s3_action(method: str, path: str, query_params: dict[str, Any]) -> str:
    """The name of S3's action; a request is about one subresource at most."""
    if len(_SUBRESOURCES & query_params.keys()) > 1:
        return UNTOLD
    return _s3_action(method, path, query_params) or UNTOLD


def _lambda_action(method: str, path: str, query: dict[str, Any]) -> str:
    """The action of a path, whose parts are as many as its operation says, so that the service reads the same ones."""
    operation: str | None = iam_actions._match_rest_action("lambda", method, path, query)
    if operation is None:
        return UNTOLD
    # The name of a durable execution has parts of its own.
    if path.rstrip("/").count("/") != _lambda_parts()[operation] and not path.startswith(_DURABLE):
        return UNTOLD
    return _LAMBDA.get(operation, operation)


@cache
def _lambda_parts() -> dict[str, int]:
    """How many parts the path of each operation has."""
    operations = iam_actions._load_botocore_model("lambda")["operations"]
    paths = {name: operation["http"]["requestUri"].partition("?")[0] for name, operation in operations.items()}
    return {name: path.rstrip("/").count("/") for name, path in paths.items()}


def _named(service: str, method: str, headers: dict[str, str], body: bytes, params: dict[str, Any]) -> str:
    """The operation that a header, a query or a form names; UNTOLD when there is not exactly one name.

    `params` is what IAM is asked with: a query, and under it a form. A service reads it the other way round, and takes
    any body for a form. So both must say the same.
    """
    if target := headers.get("x-amz-target", ""):
        told = service not in _QUERY and (service != "sqs" or target.startswith(_SQS_TARGET))
        return target.rpartition(".")[2] if told and not _unsigned(params) else UNTOLD
    form = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
    names = params.get("Action", ())
    told = len(names) == 1 and (method == "POST" or not body) and form.items() <= params.items()
    return str(names[0]) if told else UNTOLD


def _unsigned(params: Iterable[str]) -> list[str]:
    """What there is besides a signature."""
    return [name for name in params if not name.lower().startswith("x-amz-")]


def _match(before: str, path: str) -> str:
    return path.rpartition(before)[2] if before in path else ""
