"""Gates: limits that a finished thing has to keep, checked against what the service describes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any


def unmet(gate: Sequence[Mapping[str, Any]], description: Mapping[str, Any]) -> list[str]:
    """What of *gate* the *description* does not keep, with the figures.

    Each limit names a `Member` by its path, and what it may be: `AtLeast`, `AtMost`, or one of `OneOf`. A member that
    the service does not tell is not kept; of a list, its length counts.
    """
    return [complaint for limit in gate if (complaint := _complaint(limit, description))]


def _complaint(limit: Mapping[str, Any], description: Mapping[str, Any]) -> str | None:
    member = limit["Member"]
    expected = _expected(limit)
    found = _find(description, member.split("."))
    if found is None:
        return f"{member} is not known, expected {expected}"
    return None if _keeps(limit, found) else f"{member} is {found}, expected {expected}"


def _expected(limit: Mapping[str, Any]) -> str:
    if "OneOf" in limit:
        return " or ".join(limit["OneOf"])
    bounds = (("AtLeast", "at least"), ("AtMost", "at most"))
    return " and ".join(f"{words} {limit[bound]}" for bound, words in bounds if bound in limit)


def _keeps(limit: Mapping[str, Any], found: Any) -> bool:
    if "OneOf" in limit:
        return str(found) in limit["OneOf"]
    number = float(found)
    return float(limit.get("AtLeast", number)) <= number <= float(limit.get("AtMost", number))


def _find(value: Any, path: Sequence[str]) -> Any:
    """What stands at *path*; a text on the way is JSON, as the service's metrics are."""
    for name in path:
        if isinstance(value, str):
            value = json.loads(value)
        value = value.get(name) if isinstance(value, Mapping) else None
    return len(value) if isinstance(value, list) else value
