"""The policy of a KMS key in another account.

AWS: the key's own policy must allow a caller of another account; an unknown key allows nothing.
MiniStack: looks the key up in the caller's account only, finds none, and asks the caller's policies alone.
"""

from __future__ import annotations

from ministack.core.responses import get_account_id, set_request_account_id
from ministack.services import kms

_in_this_account = kms.key_policy_for_arn


def install() -> None:
    """Replace the look-up."""
    kms.key_policy_for_arn = policy_of


def policy_of(key_arn: str) -> tuple[str, str] | None:
    """The policy of a key and the account that it is in."""
    caller, owner = get_account_id(), key_arn.split(":")[4]
    set_request_account_id(owner)
    try:
        found: tuple[str, str] | None = _in_this_account(key_arn)
    finally:
        set_request_account_id(caller)
    return found or (("", owner) if owner != caller else None)
