"""What only this cloud and its owner know: the secret of its root keys, and what the secrets of its sessions come from.

It is made anew whenever a server starts, stays in its memory, and leaves it through the pipe to the process that
started it. It is not in the environment, which functions inherit.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets

#: The secret access key of every account's root.
ROOT_SECRET = secrets.token_hex(20)
_SEED = secrets.token_bytes(32)


def is_root_secret(text: str) -> bool:
    """Whether this is the cloud's secret; takes as long for a wrong one as for the right one."""
    return hmac.compare_digest(text.encode(), ROOT_SECRET.encode())


def session_credentials(*names: str) -> tuple[str, str, str]:
    """Access key id, secret and token of the session with these names: always the same, and unknown outside."""

    def derived(part: str) -> str:
        return hmac.new(_SEED, json.dumps([part, *names]).encode(), hashlib.sha256).hexdigest()

    return f"ASIA{derived('id')[:16].upper()}", derived("secret")[:40], derived("token")
