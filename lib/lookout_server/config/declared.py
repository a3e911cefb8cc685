"""Every setting with its type, its default and what it means, as the classes of settings declare it."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from lookout_server.checked import Checked
from lookout_server.config import written
from lookout_server.config.configuration import Configuration

#: How long the states of work show is for tests; here it is over when the work is done.
OF_TESTS = ("progress", "training_progress")
_KINDS = {
    bool: "true or false",
    int: "whole number",
    float: "number",
    str: "text",
    timedelta: "duration",
    Path: "path",
    NoneType: "none",
}


@dataclass(frozen=True)
class Declared:
    """One setting."""

    name: str
    #: In words.
    kind: str
    #: As it is written.
    default: str
    #: What it means; '' where its name and that of its group say all.
    help: str
    is_path: bool


@dataclass(frozen=True)
class Group:
    """Settings that are declared together."""

    #: What stands before their names, '' for those on their own.
    name: str
    help: str
    settings: tuple[Declared, ...]


@cache
def groups() -> tuple[Group, ...]:
    """All settings, in their groups, as they are declared: those of the server before those of the services."""
    return tuple(group for group in _groups(Configuration(), "") if group.settings)


@cache
def declared() -> tuple[Declared, ...]:
    """All settings."""
    return tuple(setting for group in groups() for setting in group.settings)


def _groups(settings: Checked, prefix: str) -> Iterator[Group]:
    kinds, helps = get_type_hints(type(settings)), _helps(type(settings))
    below: list[Group] = []
    own: list[Declared] = []
    for field in dataclasses.fields(settings):  # type: ignore[arg-type]
        name, value = f"{prefix}{field.name}", getattr(settings, field.name)
        if isinstance(value, Checked):
            below += _groups(value, "" if name == "services" else f"{name}.")
        elif name not in OF_TESTS:
            kind = kinds[field.name]
            default = _pairs(value) if isinstance(value, Mapping) else written.text(value)
            own.append(Declared(name, _kind(kind), default, helps.get(field.name, ""), Path in (kind, *get_args(kind))))
    yield Group(prefix.removesuffix("."), inspect.cleandoc(type(settings).__doc__ or ""), tuple(own))
    yield from below


def _kind(hint: Any) -> str:
    origin = get_origin(hint)
    if origin is UnionType:
        return " or ".join(_kind(each) for each in get_args(hint))
    if origin is Literal:
        return " or ".join(f"`{each}`" for each in get_args(hint))
    if origin is tuple:
        return "texts"
    return "names with numbers" if isinstance(origin, type) and issubclass(origin, Mapping) else _KINDS[hint]


def _pairs(value: Mapping[str, Any]) -> str:
    return ",".join(f"{name}={written.text(each)}" for name, each in value.items())


def _helps(owner: type[Any]) -> dict[str, str]:
    """What stands above each attribute of a class, by `#:`."""
    found: dict[str, str] = {}
    above: list[str] = []
    for line in inspect.getsource(owner).splitlines():
        if comment := re.fullmatch(r" {4}#: (.*)", line):
            above.append(comment[1])
        else:
            if attribute := re.match(r" {4}(\w+): ", line):
                found[attribute[1]] = " ".join(above)
            above = []
    return found
