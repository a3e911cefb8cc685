"""Names that are the same for the same desired state, on any retry, rollback or machine.

The formula never changes: a resource of an old release must be found by every later one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from lookout_files.documents import check_depth


def canonical(value: Any) -> Any:
    """*value* with every JSON text in it parsed and what is absent or empty left out: its meaning, not its spelling."""
    if isinstance(value, str):
        try:
            parsed = json.loads(value)
            check_depth(parsed)
            return canonical(parsed) if isinstance(parsed, dict | list) else value
        except (ValueError, RecursionError):
            # No JSON, or more levels than any that the services take: it means what it says.
            return value
    if isinstance(value, Mapping):
        members = {key: canonical(item) for key, item in value.items()}
        return {key: item for key, item in sorted(members.items()) if item not in (None, {}, [])}
    if isinstance(value, list | tuple):
        return [canonical(item) for item in value]
    if isinstance(value, datetime):
        # The SDK gives times in the zone of the machine.
        return value.astimezone(UTC).isoformat()
    return value


def same(one: Any, other: Any) -> bool:
    """Whether both mean the same; what is absent means the same as what is empty."""
    return bool(canonical({"": one}) == canonical({"": other}))


def fingerprint(properties: Mapping[str, Any], members: Iterable[str]) -> str:
    """8 hex digits of those *members* of *properties* that are there."""
    chosen = {name: properties[name] for name in members if name in properties}
    text = json.dumps(canonical(chosen), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def generated_name(stack_name: str, construct: str, digits: str) -> str:
    return f"{stack_name}-{construct}-{digits}"


def text(value: Any) -> str:
    """An attribute as Fn::GetAtt hands it out: always a string, empty when there is no value."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
