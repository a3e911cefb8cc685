"""Whom a request comes from that carries no key, or the key of an account's root.

AWS: without a signature a caller is nobody, who may do what is open to everybody; root has a secret.
MiniStack: takes an empty key, the key `test` and the one in its environment for root, all with a secret of its
environment, and believes whoever names an account of 12 digits. Here those 12 digits are root with the secret of this
cloud, which `signatures.py` checks; nothing else is.
"""

from __future__ import annotations

import re
from typing import Any

from ministack.core import iam_actions, iam_evaluator
from ministack.core.iam_evaluator import AuthError, CredentialResolutionError, ResolvedCredential

from lookout_local.corrections.actions import UNTOLD
from lookout_local.corrections.replacing import replace
from lookout_local.secret import ROOT_SECRET

_ACCOUNT = re.compile(r"[0-9]{12}")
_NOT_CHECKED = iam_evaluator._SESSION_TOKEN_NOT_CHECKED
# What a bucket may open to everybody: S3 asks its policy and the objects' access control lists, or checks a form.
_OBJECTS = ("s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket", "s3:ListBucketVersions", "s3:PutObject")
_resolve_credential = iam_evaluator.resolve_credential
_enforce = iam_evaluator.enforce


def install() -> None:
    """Replace who is root, the look-up of keys, and the check of permissions for nobody."""
    replace(iam_evaluator.is_root_access_key, is_root_access_key)
    replace(iam_evaluator.resolve_credential, resolve_credential)
    replace(iam_evaluator.enforce, enforce)


def is_root_access_key(access_key_id: str) -> bool:
    """Whether a key is that of an account's root."""
    return _ACCOUNT.fullmatch(access_key_id) is not None


def resolve_credential(
    access_key_id: str, account_id: str | None = None, session_token: Any = _NOT_CHECKED
) -> ResolvedCredential | CredentialResolutionError:
    """The secret and the principal of a key; root has no session tokens."""
    if not is_root_access_key(access_key_id):
        return _resolve_credential(access_key_id, account_id, session_token)
    if problem := iam_evaluator._validate_session_token(None, session_token):
        return problem
    if account_id not in (None, access_key_id):
        return iam_evaluator._unknown_access_key()
    return ResolvedCredential(
        access_key_id=access_key_id,
        secret_access_key=ROOT_SECRET,
        account_id=access_key_id,
        principal_arn=f"arn:aws:iam::{access_key_id}:root",
        principal_id=access_key_id,
        principal_type="Root",
        source_access_key_id=access_key_id,
    )


def enforce(
    access_key_id: str,
    iam_action: str,
    service: str,
    region: str,
    resource_arn: str = "*",
    service_context: dict[str, Any] | None = None,
) -> Any:
    """Why a request is denied; None when it is allowed, or when S3 is to decide about nobody."""
    if access_key_id and iam_action.endswith(f":{UNTOLD}") and not is_root_access_key(access_key_id):
        return AuthError("AccessDenied", f"the operation of {service} is not told in one way, or has no action in IAM")
    if access_key_id:
        return _enforce(access_key_id, iam_action, service, region, resource_arn, service_context)
    if service == "s3" and iam_action in _OBJECTS:
        return None
    if iam_action == "lambda:InvokeFunctionUrl" and (service_context or {}).get("lambda:FunctionUrlAuthType") == "NONE":
        return None
    message = iam_actions.anonymous_denial_message(service, iam_action, resource_arn)
    return AuthError("MissingAuthenticationToken", message)
