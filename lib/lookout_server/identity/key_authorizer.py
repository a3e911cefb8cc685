"""May the holder of a key do this? Its policy says so, and nothing else does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from lookout_server.identity.authorization import Context, partition_of
from lookout_server.identity.keys import Holder, Keys
from lookout_server.identity.policies import Verdict, decide
from lookout_server.protocol.errors import AccessDenied
from lookout_server.protocol.http import HttpRequest


class KeyAuthorizer:
    """Evaluates the policy of the key that a request was signed with: default deny, one Deny outweighs every Allow.

    It is an `Authorizer`. What the services ask of others than themselves (iam:PassRole, kms:*, s3:*) is answered from
    the same policy.
    """

    def __init__(self, keys: Keys, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._keys = keys
        self._now = now

    def authorize(self, request: HttpRequest, action: str, resources: Sequence[str], context: Context) -> None:
        """Return when the caller may take the action on every one of the resources; raise AccessDenied otherwise."""
        holder = self._holder(request)
        principal = _arn(holder, request)
        keys = {**self._context(holder, principal, request), **{key.lower(): value for key, value in context.items()}}
        for resource in resources or ["*"]:
            verdict = decide(holder.statements, principal=principal, action=action, resource=resource, keys=keys)
            if verdict is not Verdict.ALLOW:
                why = (
                    "with an explicit deny in an identity-based policy"
                    if verdict is Verdict.DENY
                    else f"because no identity-based policy allows the {action} action"
                )
                raise AccessDenied(
                    f"User: {principal} is not authorized to perform: {action} on resource: {resource} {why}"
                )

    def principal_arn(self, request: HttpRequest) -> str:
        """The ARN of the user that the key's holder is."""
        return _arn(self._holder(request), request)

    def _holder(self, request: HttpRequest) -> Holder:
        # What is done later on behalf of a caller has no signature: its key may have been taken back since.
        holder = request.holder if isinstance(request.holder, Holder) else self._keys.holder(request.access_key)
        if holder is None or holder.account != request.account:
            raise AccessDenied("The security token included in the request is invalid.")
        return holder

    def _context(self, holder: Holder, principal: str, request: HttpRequest) -> dict[str, str | list[str]]:
        """What is true of every request (IAM user guide, "AWS global condition context keys"), in lower case."""
        now = self._now()
        keys: dict[str, str | list[str]] = {
            "aws:currenttime": now.isoformat(timespec="seconds"),
            "aws:epochtime": str(int(now.timestamp())),
            "aws:principalaccount": holder.account,
            "aws:principalarn": principal,
            "aws:principaltype": "User",
            "aws:requestedregion": request.region,
            "aws:securetransport": str(request.secure).lower(),
            "aws:userid": holder.id,
            "aws:username": holder.name,
            "aws:viaawsservice": "false",
            **{f"aws:principaltag/{key.lower()}": value for key, value in holder.tags.items()},
        }
        if request.source_ip:
            keys["aws:sourceip"] = request.source_ip
        return keys


def _arn(holder: Holder, request: HttpRequest) -> str:
    return f"arn:{partition_of(request.region)}:iam::{holder.account}:user/{holder.name}"
