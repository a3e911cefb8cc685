"""Pages of lists, with tokens that mean nothing to the caller."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any, TypeVar

from lookout_server.protocol.errors import validation

T = TypeVar("T")
#: Before everything: events are numbered by when they start, which may be before 1970.
_FIRST = -(2**80)
_PAGING = ("NextToken", "MaxResults")


def page(
    since: Callable[[int], Iterable[T]],
    key: Callable[[T], int],
    parameters: Mapping[str, Any],
    *,
    scope: str,
    default_size: int,
) -> tuple[list[T], str | None]:
    """One page, and the NextToken (None on the last page). `since` gives what has a `key` above one, in that order.

    A token belongs to one list with one set of filters (`scope` and the parameters); any other token raises a
    ValidationException. Items that come or go between two pages make no other item appear twice or not at all.
    """
    filters = {name: value for name, value in parameters.items() if name not in _PAGING}
    mark = hashlib.sha256(json.dumps([scope, filters], sort_keys=True, default=str).encode()).hexdigest()[:24]
    token = parameters.get("NextToken")
    after = _FIRST if token is None else _position(token, mark)
    size = parameters.get("MaxResults", default_size)
    found = list(islice(since(after), size + 1))
    shown = found[:size]
    return shown, (_token(key(shown[-1]), mark) if len(found) > size else None)


def _token(position: int, mark: str) -> str:
    return base64.urlsafe_b64encode(f"{mark}:{position}".encode()).decode()


def _position(token: str, mark: str) -> int:
    try:
        found, position = base64.b64decode(token, altchars=b"-_", validate=True).decode().split(":")
        number = int(position)
    except ValueError:
        raise validation("The NextToken is invalid") from None
    if found != mark:
        raise validation("The NextToken is invalid: it belongs to a list with other parameters")
    return number
