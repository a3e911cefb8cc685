"""Settings as they are written in a line of text: `quotas.datasets=3`. What is shown can be given back."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from lookout_server.checked import Checked
from lookout_server.settings import Progress

S = TypeVar("S", bound=Checked)
T = TypeVar("T")
_PROGRESS = "describes=<count>, seconds=<seconds>, or both with a comma between them"
_DURATION = "a number with s, m, h or d behind it, such as 90s or 14d"
_NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")
_UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_WORDS: dict[str, Any] = {"none": None, "true": True, "false": False}


class UnknownSetting(ValueError):
    """There is no setting of that name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"setting: got '{name}', expected the name of one")
        self.name = name


def shown(settings: Checked) -> dict[str, str]:
    """Every setting by its name, with dots between the names of groups and what is in them, as it is written."""
    return dict(_shown(settings, ""))


def changed(settings: S, name: str, text: str) -> S:
    """Settings with one of them changed; raises UnknownSetting, and ValueError for what makes no sense."""
    made: S = _explained(_changed, settings, name.split("."), text, name)
    return made


def close(name: str, names: Iterable[str]) -> str:
    """The name that may have been meant."""
    return get_close_matches(name, list(names), n=1, cutoff=0)[0]


def progress(text: str, name: str = "progress") -> Progress:
    """A Progress out of `describes=2`, `seconds=60` or `describes=2,seconds=60`; raises ValueError."""
    parts = [part.partition("=")[::2] for part in text.split(",")]
    given = {word: number(value) for word, value in parts}
    if len(given) < len(parts) or not given.keys() <= {"describes", "seconds"}:
        raise ValueError(f"{name}: got '{text}', expected {_PROGRESS}")
    return _explained(Progress, given.get("describes"), given.get("seconds"))


def number(text: str) -> Any:
    """The number that a text says; any other text stays one."""
    if not _NUMBER.fullmatch(text):
        return text
    return float(text) if "." in text else int(text)


def _shown(owner: Any, prefix: str) -> Iterator[tuple[str, str]]:
    items = owner.items() if isinstance(owner, Mapping) else vars(owner).items()
    for name, value in items:
        if isinstance(value, Checked | Mapping):
            yield from _shown(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", text(value)


def text(value: Any) -> str:
    """A value as it is written."""
    if isinstance(value, Progress):
        words = {"describes": value.looks, "seconds": value.seconds}
        return ",".join(f"{word}={text(number)}" for word, number in words.items() if number is not None)
    if isinstance(value, timedelta):
        seconds = value.total_seconds()
        unit, size = next(((unit, size) for unit, size in _UNITS.items() if seconds % size == 0), ("s", 1))
        return f"{text(seconds / size)}{unit}"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else f"{Decimal(str(value)):f}"  # without an exponent
    if isinstance(value, tuple):
        return ",".join(value)
    return str(value)


def _changed(owner: Any, names: Sequence[str], text: str, whole: str) -> Any:
    """A copy of settings, or of a group of them, in which the one that `names` leads to is what a text says."""
    if isinstance(owner, Mapping):
        return {**owner, ".".join(names): number(text)}
    name, *rest = names
    before, hint = getattr(owner, name, None), get_type_hints(type(owner)).get(name)
    if rest and isinstance(before, Checked | Mapping):
        return dataclasses.replace(owner, **{name: _changed(before, rest, text, whole)})
    if isinstance(before, Mapping) and "=" in text:
        pairs = [part.partition("=")[::2] for part in text.split(",")]
        return dataclasses.replace(owner, **{name: {key: number(value) for key, value in pairs}})
    if isinstance(before, Checked | Mapping):
        raise ValueError(
            f"{whole}: got '{text}', expected the name of one of them: {whole}.{next(_shown(before, ''))[0]}=…"
        )
    if rest or hint is None:
        raise UnknownSetting(whole)
    return dataclasses.replace(owner, **{name: _value(hint, text, whole)})


def _value(hint: Any, text: str, name: str) -> Any:
    """What a text says for a setting of a type. What says no such thing stays a text, which the setting refuses."""
    kinds = get_args(hint) if get_origin(hint) is UnionType else (hint,)
    word = text.lower()
    if word in _WORDS and type(_WORDS[word]) in kinds:
        return _WORDS[word]
    if Progress in kinds:
        return progress(text, name)
    if timedelta in kinds:
        return duration(text, name)
    if Path in kinds:
        return Path(text)
    if get_origin(hint) is tuple:
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return number(text) if {int, float} & set(kinds) else text


def duration(text: str, name: str) -> timedelta:
    """The duration that a text says; raises ValueError."""
    count = number(text[:-1])
    if isinstance(count, str) or text[-1] not in _UNITS:
        raise ValueError(f"{name}: got '{text}', expected {_DURATION}")
    return _explained(timedelta, seconds=count * _UNITS[text[-1]])


def _explained(make: Callable[..., T], *arguments: Any, **named: Any) -> T:
    """What is made; raises ValueError for whatever makes no sense."""
    try:
        return make(*arguments, **named)
    except (AttributeError, OverflowError) as error:
        raise ValueError(str(error)) from None
