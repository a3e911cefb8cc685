"""Who calls, and what the caller may do: MiniStack's IAM, asked on behalf of the Lookout services."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ministack.app import _request_account_scope
from ministack.core import iam_evaluator
from ministack.core.iam_actions import identity_denial_message
from ministack.core.responses import get_account_id, set_request_account_id, set_request_region
from ministack.core.router import extract_region

from lookout_local.arrival import Arrival
from lookout_server.protocol.errors import AccessDenied
from lookout_server.protocol.http import HttpRequest


@dataclass(frozen=True)
class Caller:
    """The credentials that a request was signed with."""

    access_key: str
    account: str
    region: str


def enter(arrival: Arrival, access_key: str) -> Caller:
    """Put the one who signed a request into MiniStack's request context, as MiniStack does for its own services."""
    set_request_account_id(_request_account_scope(access_key))
    region = extract_region(arrival.headers, arrival.query)
    set_request_region(region)
    iam_evaluator.pin_request_origin(arrival.client, True)
    iam_evaluator.pin_request_caller(arrival.headers, arrival.query)
    return Caller(access_key, get_account_id(), region)


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
