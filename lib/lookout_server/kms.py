"""KMS keys that a call names."""

from __future__ import annotations

import re

from lookout_server.identity.authorization import partition_of
from lookout_server.protocol.errors import validation
from lookout_server.service import Invocation

_ARN = re.compile(r"arn:aws[a-z\-]*:kms:[a-z0-9\-]*:\d{12}:(?:key|alias)/[\w\-/]+", re.ASCII)


def kms_key_arn(invocation: Invocation, key: str | None, member: str) -> str | None:
    """A key's id, alias or ARN as an ARN; raises a ValidationException, with the member's name, for what is no key.

    A service works with the key under a grant that it makes with the caller's rights.
    """
    if key is None:
        return None
    arn = key
    if not key.startswith("arn:"):
        prefix = f"arn:{partition_of(invocation.region)}:kms:{invocation.region}:{invocation.account}"
        arn = f"{prefix}:{key}" if key.startswith("alias/") else f"{prefix}:key/{key}"
    if not _ARN.fullmatch(arn):
        raise validation(f"{member}: got '{key}', expected the id, alias or ARN of a KMS key")
    invocation.use_key(arn, "DescribeKey")
    invocation.use_key(arn, "CreateGrant", keys={"kms:GrantIsForAWSResource": "true"})
    return arn
