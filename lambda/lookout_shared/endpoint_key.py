"""The key that signs for an endpoint of one's own, out of the secret that has it; nothing of it is ever shown."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

#: As `lookout-server keys add --json` prints them; what else is in the secret is not looked at.
_MEMBERS = ("access_key", "secret_access_key")
_EXPECTED = "expected JSON with access_key and secret_access_key, as lookout-server keys add --json prints it"
_VALUE = re.compile("[!-~]+")


class Key(NamedTuple):
    """An access key."""

    access_key: str
    secret_access_key: str

    def __repr__(self) -> str:
        return "Key()"


def parse(text: str | None) -> Key:
    """The key that *text* has.

    Raises ValueError, which says what it got and expected.
    """
    if text is None:
        raise ValueError(f"got bytes, {_EXPECTED}")
    try:
        found: Any = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        # The error of the parser would quote it.
        raise ValueError(f"got something else, {_EXPECTED}")
    for member in _MEMBERS:
        if member not in found:
            raise ValueError(f"got no {member}, {_EXPECTED}")
        if not isinstance(found[member], str) or not _VALUE.fullmatch(found[member]):
            raise ValueError(f"got {member} that is no key, {_EXPECTED}")
    return Key(*(found[member] for member in _MEMBERS))
