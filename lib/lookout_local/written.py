"""Settings and faults as a command line has them: `quotas.datasets=3`, `CreateDataset=throttle,times=2`.

The words are those of `lookout_local.services`: the names of settings with dots between them, the names of faults.
What is shown can be given back.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from difflib import get_close_matches
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from lookout_local.errors import LocalCloudError
from lookout_server.checked import Checked
from lookout_server.faults import Fault, Kind, PlannedFault
from lookout_server.settings import Progress, Quotas, Settings, VisionQuotas

T = TypeVar("T")
_PROGRESS = "describes=<count>, seconds=<seconds>, or both with a comma between them"
_DURATION = "a number with s, m, h or d behind it, such as 90s or 14d"
_FAULT = "OPERATION=KIND[,times=N][,seconds=S][,reason=TEXT], such as CreateDataset=throttle,times=3"
_NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")
_UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_WORDS: dict[str, Any] = {"none": None, "true": True, "false": False}
#: What a kind of fault must be told, and cannot do without.
_TOLD = {"slow": "seconds", "fail": "reason"}


def shown(settings: Settings) -> dict[str, str]:
    """Every setting by its name, as it is written."""
    return dict(_shown(settings, ""))


def chosen(settings: Settings, names: Sequence[str]) -> dict[str, str]:
    """Those settings that have one of the names, or are below it; all of them without names. Raises LocalCloudError."""
    every = shown(settings)
    for name in names:
        if not any(_is_below(each, name) for each in every):
            raise LocalCloudError(_unknown(name))
    return {each: text for each, text in every.items() if not names or any(_is_below(each, name) for name in names)}


def changed(settings: Settings, assignments: Iterable[str]) -> Settings:
    """Settings with some of them changed, each by `name=value`; raises LocalCloudError."""
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals:
            raise LocalCloudError(f"setting: got '{assignment}', expected NAME=VALUE, such as quotas.datasets=3")
        settings = _explained(_changed, settings, name.split("."), text, name)
    return settings


def with_quotas(settings: Settings, given: Iterable[str]) -> Settings:
    """Settings with quotas of either service changed, each by `datasets=3`, or several with commas between them."""
    homes = {field.name: "quotas" for field in dataclasses.fields(Quotas)}
    homes |= {field.name: "vision_quotas" for field in dataclasses.fields(VisionQuotas)}
    for assignment in (part for text in given for part in text.split(",")):
        name, equals, _ = assignment.partition("=")
        if not equals or name not in homes:
            raise LocalCloudError(f"quota: got '{assignment}', expected NAME=NUMBER, such as {_close(name, homes)}=3")
        settings = changed(settings, [f"{homes[name]}.{assignment}"])
    return settings


def progress(text: str, name: str = "progress") -> Progress:
    """A Progress out of `describes=2`, `seconds=60` or `describes=2,seconds=60`; raises LocalCloudError."""
    parts = [part.partition("=")[::2] for part in text.split(",")]
    given = {word: _number(value) for word, value in parts}
    if len(given) < len(parts) or not given.keys() <= {"describes", "seconds"}:
        raise LocalCloudError(f"{name}: got '{text}', expected {_PROGRESS}")
    return _explained(Progress, given.get("describes"), given.get("seconds"))


def fault(text: str) -> PlannedFault:
    """What goes wrong, where and how often, out of `CreateDataset=throttle,times=3`; raises LocalCloudError."""
    before, reason_follows, reason = text.partition(",reason=")  # which may hold commas itself
    operation, equals, what = before.partition("=")
    kind, *parts = what.split(",")
    pairs = [part.partition("=")[::2] for part in parts]
    given: dict[str, Any] = {word: _number(value) for word, value in pairs}
    if not operation or not equals or len(given) < len(pairs) or not given.keys() <= {"times", "seconds"}:
        raise LocalCloudError(f"fault: got '{text}', expected {_FAULT}")
    if kind not in get_args(Kind):
        raise LocalCloudError(f"fault of {operation}: got '{kind}', expected one of {', '.join(get_args(Kind))}")
    times = given.pop("times", 1)
    if reason_follows:
        given["reason"] = reason
    wanted = [_TOLD[kind]] if kind in _TOLD else []
    if list(given) != wanted:
        expected = f"{wanted[0]}=…" if wanted else "neither seconds nor reason"
        raise LocalCloudError(f"fault of {operation}: got '{text}', expected {expected} with {kind}")
    return _explained(PlannedFault, operation, _explained(getattr(Fault, kind), **given), times)


def fault_shown(planned: PlannedFault) -> str:
    """A fault as it is written."""
    fault = planned.fault
    text = f"{planned.operation}={fault.kind}"
    text += f",times={planned.times}" if planned.times > 1 else ""
    return text + {"slow": f",seconds={_text(fault.seconds)}", "fail": f",reason={fault.reason}"}.get(fault.kind, "")


def _unknown(name: str) -> str:
    close = _close(name, shown(Settings()))
    return f"setting: got '{name}', expected a name as {close}; `lookout-local settings` shows all"


def _close(name: str, names: Iterable[str]) -> str:
    """The name that may have been meant."""
    return get_close_matches(name, list(names), n=1, cutoff=0)[0]


def _is_below(name: str, group: str) -> bool:
    return name == group or name.startswith(f"{group}.")


def _shown(owner: Any, prefix: str) -> Iterator[tuple[str, str]]:
    items = owner.items() if isinstance(owner, Mapping) else vars(owner).items()
    for name, value in items:
        if isinstance(value, Checked | Mapping):
            yield from _shown(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", _text(value)


def _text(value: Any) -> str:
    if isinstance(value, Progress):
        words = {"describes": value.looks, "seconds": value.seconds}
        return ",".join(f"{word}={_text(number)}" for word, number in words.items() if number is not None)
    if isinstance(value, timedelta):
        seconds = value.total_seconds()
        unit, size = next(((unit, size) for unit, size in _UNITS.items() if seconds % size == 0), ("s", 1))
        return f"{_text(seconds / size)}{unit}"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else f"{Decimal(str(value)):f}"  # without an exponent
    return str(value)


def _changed(owner: Any, names: Sequence[str], text: str, whole: str) -> Any:
    """A copy of settings, or of a group of them, in which the one that `names` leads to is what a text says."""
    if isinstance(owner, Mapping):
        return {**owner, ".".join(names): _number(text)}
    name, *rest = names
    before, hint = getattr(owner, name, None), get_type_hints(type(owner)).get(name)
    if rest and isinstance(before, Checked | Mapping):
        return dataclasses.replace(owner, **{name: _changed(before, rest, text, whole)})
    if isinstance(before, Checked | Mapping):
        raise LocalCloudError(
            f"{whole}: got '{text}', expected the name of one of them: {whole}.{next(_shown(before, ''))[0]}=…"
        )
    if rest or hint is None:
        raise LocalCloudError(_unknown(whole))
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
        return _duration(text, name)
    return _number(text) if {int, float} & set(kinds) else text


def _number(text: str) -> Any:
    if not _NUMBER.fullmatch(text):
        return text
    return float(text) if "." in text else int(text)


def _duration(text: str, name: str) -> timedelta:
    number = _number(text[:-1])
    if isinstance(number, str) or text[-1] not in _UNITS:
        raise LocalCloudError(f"{name}: got '{text}', expected {_DURATION}")
    return _explained(timedelta, seconds=number * _UNITS[text[-1]])


def _explained(make: Callable[..., T], *arguments: Any, **named: Any) -> T:
    """What is made; raises LocalCloudError for a value that makes no sense, in the words of the library."""
    try:
        return make(*arguments, **named)
    except (ValueError, AttributeError, OverflowError) as error:
        raise LocalCloudError(str(error)) from None
