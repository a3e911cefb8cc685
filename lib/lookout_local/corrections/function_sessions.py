"""The credentials of a running function.

AWS: a new session of the function's role, which nobody can guess.
MiniStack: makes the key, the secret and the token of a function out of its ARN and its role's, which everybody knows.
"""

from __future__ import annotations

from typing import Any

from ministack.services import sts

from lookout_local.roles import name_of
from lookout_local.secret import session_credentials


def credentials(config: dict[str, Any]) -> dict[str, str]:
    """The variables in which a function finds its credentials. They stay the same while the server runs."""
    arn, role, name = config["FunctionArn"], config["Role"], config["FunctionName"][:64]
    key, secret, token = session_credentials(arn, role)
    _, partition, _, _, account, *_ = arn.split(":")
    sts.register_session(
        key,
        {
            "Arn": f"arn:{partition}:sts::{account}:assumed-role/{name_of(role)}/{name}",
            "UserId": f"{name_of(role)}:{name}",
            "SecretAccessKey": secret,
            "SessionToken": token,
        },
    )
    return {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": token}
