"""JSON as callers send it, read strictly: what is read here can be worked with, shown and written out again."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from typing import Any

#: Levels of arrays and objects within one another: no shape of the services has ten.
DEEPEST = 100

DEEP = f"more than {DEEPEST} levels deep"
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class NotJson(ValueError):
    """The text is not JSON; the message says why."""


class Senseless(NotJson):
    """The text is JSON, but none that makes sense."""


def parse(text: str | bytes) -> Any:
    """The value of a JSON document; raises NotJson, or Senseless.

    Senseless is what readers of JSON understand in different ways, or fail at: numbers that are not finite, halves of
    characters, a member that an object has twice, and more than a hundred levels.
    """
    try:
        decoded = text if isinstance(text, str) else text.decode()
        value = json.loads(
            decoded, parse_float=_finite, parse_constant=_constant, object_pairs_hook=_members, parse_int=_whole
        )
    except UnicodeDecodeError as error:
        raise NotJson(f"not UTF-8: {error}") from error
    except RecursionError:
        ends = decoded.rstrip().endswith(("]", "}"))
        raise (Senseless(DEEP) if ends else NotJson(f"{DEEP}, and without an end")) from None
    except NotJson:
        raise
    except json.JSONDecodeError as error:
        line = f"line {error.lineno}, " if "\n" in decoded else ""
        raise NotJson(f"{error.msg} at {line}column {error.colno}") from error
    check_depth(value)
    if _ESCAPED_SURROGATE.search(decoded) or not decoded.isascii():
        _check_characters(value)
    return value


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise Senseless(f"got {text[:20]}, expected a finite number")
    return number


def _constant(name: str) -> float:
    # Python's parser takes them; JSON has no such thing.
    raise NotJson(f"got {name}, expected a finite number")


def _whole(text: str) -> int:
    # Python itself refuses thousands of digits, in words that speak of Python.
    if len(text) > 400:
        raise Senseless(f"got a number of {len(text)} digits")
    return int(text)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise Senseless(f"the member {twice[:100]!r} occurs more than once")
    return members


def check_depth(value: Any) -> None:
    """Raise Senseless for too many levels. It goes level by level, because recursion has an end of its own."""
    level = [value]
    for _ in range(DEEPEST + 1):
        nested = [each for each in level if isinstance(each, dict | list)]
        if not nested:
            return
        level = [item for each in nested for item in (each.values() if isinstance(each, dict) else each)]
    raise Senseless(DEEP)


def _check_characters(value: Any, path: str = "") -> None:
    """Raise Senseless, with the path, for a text that is no sequence of characters."""
    if isinstance(value, dict):
        for name, item in value.items():
            _check_characters(name, path)
            _check_characters(item, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check_characters(item, f"{path}[{index}]")
    elif isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            raise Senseless(f"{path or 'text'}: got one half of a surrogate pair, expected characters") from None
