"""Patterns of `*` and `?`, and the variables of policies in them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import Enum
from functools import lru_cache
from typing import TypeAlias


class Wild(Enum):
    """What a pattern has in the place of characters."""

    ANY = "*"
    ONE = "?"


#: Characters as they are, and what stands for others.
Pattern: TypeAlias = Sequence[str | Wild]
#: The keys of a request, in lower case, and what it has for them.
Keys: TypeAlias = Mapping[str, str | Sequence[str]]

_VARIABLE = re.compile(r"\$\{(?P<name>[^}]*)\}")
_NAME = re.compile(r"(?P<key>[^,{}$'\s][^,{}$']*?)\s*(?:,\s*'(?P<default>[^']*)')?")
# How many texts of policies are kept as they were read.
_KEPT = 4096
# How a policy says a character that would mean something else.
_LITERAL = ("*", "?", "$")


def glob(pattern: str, value: str) -> bool:
    """Whether a value matches a pattern of `*` and `?`."""
    return pattern == "*" or matches(_read(pattern), value)


def matches(pattern: Pattern, value: str) -> bool:
    """Whether a value matches a pattern.

    What comes after a star is looked for as early as possible, and further on when the rest does not fit: a regular
    expression would try all combinations of many stars.
    """
    at = place = 0
    star, taken = -1, 0
    while place < len(value):
        if at < len(pattern) and pattern[at] is Wild.ANY:
            star, taken = at, place
            at += 1
        elif at < len(pattern) and (pattern[at] is Wild.ONE or pattern[at] == value[place]):
            at += 1
            place += 1
        elif star >= 0:
            taken += 1
            at, place = star + 1, taken
        else:
            return False
    return all(part is Wild.ANY for part in pattern[at:])


def resolved(text: str, keys: Keys, *, wild: bool) -> Pattern | None:
    """The pattern, or with `wild` false the characters, that a text of a policy stands for in a request.

    What comes out of a variable is never a wildcard. None for a variable that the request has nothing for, or several
    values: such a text matches nothing.
    """
    if "${" not in text:
        return _read(text) if wild else text
    found: list[str | Wild] = []
    end = 0
    for variable in _VARIABLE.finditer(text):
        before = text[end : variable.start()]
        found.extend(_read(before) if wild else before)
        value = _value(variable["name"], keys)
        if value is None:
            return None
        found.extend(value)
        end = variable.end()
    rest = text[end:]
    found.extend(_read(rest) if wild else rest)
    return found


def problem(text: str) -> str:
    """What is wrong with the variables of a text; '' when nothing is."""
    rest = _VARIABLE.sub("", text)
    if "${" in rest:
        return "got a variable without an end, expected ${key} or ${key, 'default'}"
    for variable in _VARIABLE.finditer(text):
        name = variable["name"]
        if name not in _LITERAL and not _NAME.fullmatch(name):
            return f"got the variable ${{{name}}}, expected ${{key}} or ${{key, 'default'}}"
    return ""


@lru_cache(_KEPT)
def _read(text: str) -> Pattern:
    if "*" not in text and "?" not in text:
        return text
    return tuple(Wild(character) if character in "*?" else character for character in text)


def _value(name: str, keys: Keys) -> str | None:
    if name in _LITERAL:
        return name
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    value = keys.get(found["key"].lower())
    if value is None or not isinstance(value, str):
        default: str | None = found["default"]
        return default
    return value
