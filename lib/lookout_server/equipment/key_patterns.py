"""Which files of a bucket belong to which component (API reference, IngestionS3InputConfiguration)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lookout_server.protocol.errors import validation

DEFAULT = "{prefix}/{component_name}/*"
_PATTERN = re.compile(r"\{prefix\}/\{component_name\}([/ ._\-])\*")


class KeyPattern:
    """A key pattern such as `{prefix}/{component_name}_*`, below a prefix that is empty or ends with a slash.

    Raises a ValidationException for any other form.
    """

    def __init__(self, pattern: str, prefix: str) -> None:
        match = _PATTERN.fullmatch(pattern)
        if not match:
            raise validation(
                f"KeyPattern: got '{pattern}', expected {{prefix}}/{{component_name}}/* or "
                "{prefix}/{component_name}[DELIM]* with a space, dot, underscore or hyphen as delimiter"
            )
        self._prefix = prefix
        self._delimiter = match.group(1)

    def component_of(self, key: str, components: Iterable[str] | None) -> str | None:
        """The component that an object below the prefix belongs to; None when it belongs to none.

        With known components the longest name that fits wins; without, the name is what comes before the delimiter.
        """
        rest = key.removeprefix(self._prefix)
        if components is None:
            name, found, remainder = rest.partition(self._delimiter)
            return name if found and name and remainder and "/" not in name else None
        fitting = [name for name in components if rest.startswith(name + self._delimiter) and len(rest) > len(name) + 1]
        return max(fitting, key=len, default=None)
