"""Policies that AWS manages (arn:aws:iam::aws:policy/...).

AWS: publishes about a thousand.
MiniStack: knows the common ones, and either refuses the others or lets them allow everything. Here the others can be
attached, so that a stack deploys, and allow nothing.
"""

from __future__ import annotations

import json
import logging
from typing import Any

from ministack.services import iam

_LOG = logging.getLogger(__name__)
_NOTHING = json.dumps({"Version": "2012-10-17", "Statement": []})
_autovivify = iam._autovivify_aws_managed_policy


def install() -> None:
    """Replace the function that makes up the policies that MiniStack does not know."""
    iam._autovivify_aws_managed_policy = autovivify


def autovivify(arn: str) -> dict[str, Any] | None:
    """A policy that allows nothing; None when the ARN names none."""
    record: dict[str, Any] | None = _autovivify(arn)
    if record is None:
        return None
    for version in record["Versions"].values():
        version["Document"] = _NOTHING
    _LOG.warning("%s is not known here: whoever has it attached is allowed nothing by it", arn)
    return record
