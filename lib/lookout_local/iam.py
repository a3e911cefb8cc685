"""Who calls, and what the caller may do: MiniStack's IAM, asked on behalf of the Lookout services."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ministack.app import _request_account_scope
from ministack.core import iam_evaluator
from ministack.core.iam_actions import identity_denial_message
from ministack.core.responses import get_account_id, set_request_account_id, set_request_region
from ministack.core.router import extract_access_key_id, extract_region

from lookout_local.services import AccessDenied, HttpRequest


@dataclass(frozen=True)
class Caller:
    """The credentials that a request was signed with."""

    access_key: str
    account: str
    region: str


@dataclass(frozen=True)
class Refusal:
    """Credentials or a signature that do not hold."""

    code: str
    message: str


def identify(
    method: str,
    raw_path: str,
    query: Mapping[str, list[str]],
    raw_headers: list[tuple[bytes, bytes]],
    body: bytes,
    client_ip: str,
) -> tuple[Caller, Refusal | None]:
    """The caller of a request, and why it is turned away, if it is.

    Puts the caller into MiniStack's request context, as MiniStack does for its own services: the root key of an account
    is its 12 digits and is believed; every other key must have been issued and its signature must be right.
    """
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in raw_headers}
    params: dict[str, Any] = dict(query)
    access_key = extract_access_key_id(headers, params)
    try:
        set_request_account_id(_request_account_scope(access_key))
    except iam_evaluator.AmbiguousAccessKeyError:
        message = "The security token included in the request is invalid."
        return Caller(access_key, "", ""), Refusal("UnrecognizedClientException", message)
    region = extract_region(headers, params)
    set_request_region(region)
    caller = Caller(access_key, get_account_id(), region)
    iam_evaluator.pin_request_origin(client_ip, True)
    iam_evaluator.pin_signed_request(method, raw_path, params, raw_headers)
    iam_evaluator.pin_signed_body(body)
    iam_evaluator.pin_request_caller(headers, params)
    failure = iam_evaluator.check_credentials(access_key)
    return caller, Refusal(failure.code, failure.message) if failure else None


class MiniStackAuthorizer:
    """Evaluates the caller's identity policies, permissions boundary and session policies."""

    def authorize(
        self,
        request: HttpRequest,
        action: str,
        resources: Sequence[str],
        context: Mapping[str, str | list[str]],
    ) -> None:
        """Return when the caller may take the action on every one of the resources; raise AccessDenied otherwise."""
        set_request_account_id(request.account)
        service = action.partition(":")[0]
        for resource in resources:
            denied = iam_evaluator.enforce(request.access_key, action, service, request.region, resource, dict(context))
            if isinstance(denied, iam_evaluator.AuthError):
                raise AccessDenied(denied.message)
            if denied is not None:
                explicit = denied.decision == "Deny"
                raise AccessDenied(identity_denial_message(action, denied.principal_arn, resource, explicit))

    def principal_arn(self, request: HttpRequest) -> str:
        """The ARN of the caller: the root of its account, a user, or an assumed role session."""
        principal = iam_evaluator.resolve_principal(request.access_key, request.account)
        if isinstance(principal, iam_evaluator.AuthError):
            raise AccessDenied(principal.message)
        return str(principal.arn)
