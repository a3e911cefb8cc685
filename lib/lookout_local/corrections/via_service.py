"""Whether a service makes a request for somebody (aws:ViaAWSService).

AWS: every request says so, and one that the caller makes itself says no.
MiniStack: knows nothing of it, so that a policy about what a service alone may do would let its caller do the same.
"""

from __future__ import annotations

from typing import Any

from ministack.core import iam_evaluator

_KEY = "aws:viaawsservice"
_resolve_condition_key = iam_evaluator._resolve_condition_key


def install() -> None:
    """Replace the function that looks up condition keys."""
    iam_evaluator._resolve_condition_key = resolve_condition_key


def resolve_condition_key(key: str, context: Any) -> Any:
    """The value of a condition key; None when a request has none."""
    found = _resolve_condition_key(key, context)
    return "false" if found is None and key.lower() == _KEY else found
