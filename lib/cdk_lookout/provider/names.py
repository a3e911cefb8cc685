"""The construct's part of a generated name."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from cdk_lookout.construct import LookoutResource

#: The stack's name takes up to 128 of the 200 characters that a name may have, the digits and hyphens 10.
LONGEST = 62
_DIGITS = 8


def construct_name(construct: LookoutResource) -> str:
    """The part that *construct* has in the name which is generated for it: its path below its stack.

    Different constructs of a stack get different names.
    """
    return name_of_path(construct._path)


def name_of_path(ids: Sequence[str], longest: int = LONGEST) -> str:
    """*ids* joined by hyphens, at most *longest* of the characters that the service takes.

    A digest follows whenever another path could have led to the same text: when characters had to be replaced
    or cut, and when an id itself holds the hyphen that joins them.
    """
    joined = "-".join(ids)
    plain = re.sub(r"[^0-9a-zA-Z_-]+", "-", joined)
    if plain == joined and len(joined) <= longest and not any("-" in part for part in ids):
        return plain
    digest = hashlib.sha256("/".join(ids).encode()).hexdigest()[:_DIGITS]
    return f"{plain[: longest - _DIGITS - 1]}-{digest}"
