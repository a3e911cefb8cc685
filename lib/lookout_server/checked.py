"""Dataclasses that refuse what makes no sense: every attribute is checked by its type, whenever it is set."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import field, fields
from datetime import timedelta
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, cast, get_args, get_origin, get_type_hints

_LEAST, _MOST = "least", "most"
#: The largest number that makes any sense: a petabyte, or 30 million years in seconds.
_LARGEST = 10**15


def number(default: float | None, *, least: int = 0, most: int = _LARGEST) -> Any:
    """A field for a number within bounds; without it, a number is 0 or more."""
    return field(default=default, metadata={_LEAST: least, _MOST: most})


class Checked:
    """The base of a dataclass whose attributes hold what their types say, and nothing below 0.

    Raises ValueError for another value, and AttributeError for a name that it does not have.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        check(type(self), name, value)
        super().__setattr__(name, value)


def check_all(made: Any) -> None:
    """Check every attribute: for frozen dataclasses, whose attributes are set once, by themselves."""
    for each in fields(made):
        check(type(made), each.name, getattr(made, each.name))


def check(owner: type[Any], name: str, value: Any) -> None:
    """Raise ValueError unless a dataclass can have the value as the attribute of that name."""
    hint, least, most = _expected(cast(Hashable, owner), name)
    if not _fits(hint, value, least, most):
        raise ValueError(
            f"{name} of {owner.__name__}: got {_shown(value)}, expected {' or '.join(_described(hint, least, most))}"
        )


@cache
def _expected(owner: Any, name: str) -> tuple[Any, int, int]:
    known = {each.name: each for each in fields(owner)}
    if name not in known:
        raise AttributeError(f"{owner.__name__}: got '{name}', expected one of {', '.join(known)}")
    metadata = known[name].metadata
    return get_type_hints(owner)[name], metadata.get(_LEAST, 0), metadata.get(_MOST, _LARGEST)


def _fits(hint: Any, value: Any, least: int, most: int) -> bool:
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return any(_fits(each, value, least, most) for each in get_args(hint))
    if origin is Literal:
        return isinstance(value, str) and value in get_args(hint)
    if origin is Mapping:
        _, item = get_args(hint)
        return isinstance(value, Mapping) and all(
            isinstance(key, str) and _fits(item, each, least, most) for key, each in value.items()
        )
    if hint is float:
        return _is_number(value, int | float) and math.isfinite(value) and least <= value <= most
    if hint is int:
        return _is_number(value, int) and least <= value <= most
    if hint is timedelta:
        return isinstance(value, timedelta) and timedelta(0) <= value
    return isinstance(value, hint)


def _is_number(value: object, kind: Any) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)


def _described(hint: Any, least: int, most: int) -> list[str]:
    """What would fit, as a message says it."""
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return [part for each in get_args(hint) for part in _described(each, least, most)]
    if origin is Literal:
        return [repr(each) for each in get_args(hint)]
    if origin is Mapping:
        return [f"a mapping of names, each to {_described(get_args(hint)[1], least, most)[0]}"]
    if hint in (int, float):
        bounds = f"{least} or more" if most == _LARGEST else f"{least} to {most}"
        return [f"a {'whole ' if hint is int else ''}number ({bounds})"]
    named = {NoneType: "None", bool: "True or False", timedelta: "a timedelta that is not negative", str: "a text"}
    return [named.get(hint, f"a {hint.__name__}")]


def _shown(value: object) -> str:
    """A value as a message shows it; of a long one the beginning."""
    try:
        text = repr(value)
    except ValueError:  # Python does not write out whole numbers of thousands of digits
        text = "a number of thousands of digits"
    return text if len(text) <= 100 else f"{text[:97]}..."
