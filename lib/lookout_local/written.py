"""Settings and faults as a command line has them: `quotas.datasets=3`, `CreateDataset=throttle,times=2`.

The words are those of `lookout_local.services`: the names of settings with dots between them, the names of faults.
What is shown can be given back.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar, get_args

from lookout_local.errors import LocalCloudError
from lookout_server.config import written
from lookout_server.faults import Fault, Kind, PlannedFault
from lookout_server.settings import Quotas, Settings, VisionQuotas

T = TypeVar("T")
_FAULT = "OPERATION=KIND[,times=N][,seconds=S][,reason=TEXT], such as CreateDataset=throttle,times=3"
#: What a kind of fault must be told, and cannot do without.
_TOLD = {"slow": "seconds", "fail": "reason"}


def chosen(settings: Settings, names: Sequence[str]) -> dict[str, str]:
    """Those settings that have one of the names, or are below it; all of them without names. Raises LocalCloudError."""
    every = written.shown(settings)
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
        try:
            settings = _explained(written.changed, settings, name, text)
        except written.UnknownSetting as error:
            raise LocalCloudError(_unknown(error.name)) from None
    return settings


def with_quotas(settings: Settings, given: Iterable[str]) -> Settings:
    """Settings with quotas of either service changed, each by `datasets=3`, or several with commas between them."""
    homes = {field.name: "quotas" for field in dataclasses.fields(Quotas)}
    homes |= {field.name: "vision_quotas" for field in dataclasses.fields(VisionQuotas)}
    for assignment in (part for text in given for part in text.split(",")):
        name, equals, _ = assignment.partition("=")
        if not equals or name not in homes:
            raise LocalCloudError(
                f"quota: got '{assignment}', expected NAME=NUMBER, such as {written.close(name, homes)}=3"
            )
        settings = changed(settings, [f"{homes[name]}.{assignment}"])
    return settings


def fault(text: str) -> PlannedFault:
    """What goes wrong, where and how often, out of `CreateDataset=throttle,times=3`; raises LocalCloudError."""
    before, reason_follows, reason = text.partition(",reason=")  # which may hold commas itself
    operation, equals, what = before.partition("=")
    kind, *parts = what.split(",")
    pairs = [part.partition("=")[::2] for part in parts]
    given: dict[str, Any] = {word: written.number(value) for word, value in pairs}
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
    return text + {"slow": f",seconds={written.text(fault.seconds)}", "fail": f",reason={fault.reason}"}.get(
        fault.kind, ""
    )


def _unknown(name: str) -> str:
    close = written.close(name, written.shown(Settings()))
    return f"setting: got '{name}', expected a name as {close}; `lookout-local settings` shows all"


def _is_below(name: str, group: str) -> bool:
    return name == group or name.startswith(f"{group}.")


def _explained(make: Callable[..., T], *arguments: Any, **named: Any) -> T:
    """What is made; raises LocalCloudError for a value that makes no sense, in the words of the library."""
    try:
        return make(*arguments, **named)
    except written.UnknownSetting:
        raise
    except (ValueError, AttributeError, OverflowError) as error:
        raise LocalCloudError(str(error)) from None
