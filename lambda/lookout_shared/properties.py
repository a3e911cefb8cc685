"""Values as the API wants them: CloudFormation hands over every scalar as a string.

The service model says which string is a number, and which values it allows; there is no table of ours.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from botocore.loaders import Loader
    from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape

#: Only the service models are ours; the code of the SDK is the Lambda runtime's own, which AWS patches.
_MODELS = Path(__file__).parent / "models"
#: What is called, by the names of the SDK.
SERVICES = ("cloudwatch", "lookoutequipment", "lookoutvision", "s3", "secretsmanager", "stepfunctions")
#: What the properties themselves are called in messages.
_TOP = "properties"
#: How much of a value a message shows, in characters.
_SHOWN = 200
#: Numbers as the services read them. Python's own reader takes digits of all languages, underscores and `nan`.
_WHOLE = re.compile(r"[+-]?[0-9]{1,40}")
_NUMBER = re.compile(r"[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?")


class InvalidProperty(Exception):
    """A property that the API cannot take; the text names its path, what it got and what it expected."""


@functools.cache
def loader() -> Loader:
    """Finds our models before the SDK's: botocore dropped Lookout for Vision, and will drop Equipment."""
    from botocore.loaders import Loader

    class OfFew(Loader):
        """Knows what is called: for each client the SDK looks twice into the directories of all four hundred."""

        def list_available_services(self, type_name: str) -> list[str]:
            return list(SERVICES)

    return OfFew(extra_search_paths=[str(_MODELS)], include_default_search_paths=True)


@functools.cache
def service_model(service: str) -> ServiceModel:
    """The model of *service*, read without making a client, which costs ten times as much."""
    from botocore.model import ServiceModel

    return ServiceModel(loader().load_service_model(service, "service-2"), service)


def operation(service: str, name: str) -> OperationModel:
    return service_model(service).operation_model(name)


def coerce(shape: Shape, value: Any, path: str) -> Any:
    """*value* as *shape* wants it.

    Raises InvalidProperty, naming *path*.
    """
    if shape.type_name == "structure":
        return _structure(cast("StructureShape", shape), value, path)
    if shape.type_name == "list":
        if not isinstance(value, list):
            raise _invalid(path, value, "a list")
        member = cast("ListShape", shape).member
        return [coerce(member, item, f"{path}[{index}]") for index, item in enumerate(value)]
    if shape.type_name == "map":
        if not isinstance(value, Mapping):
            raise _invalid(path, value, "a map")
        member = cast("MapShape", shape).value
        return {key: coerce(member, item, f"{path}.{key}") for key, item in value.items()}
    return _scalar(shape, value, path)


def _structure(shape: StructureShape, value: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise _invalid(path, value, f"a map of {', '.join(shape.members)}")
    members = _by_any_case(shape, value)
    if unknown := sorted(set(members) - set(shape.members)):
        raise InvalidProperty(f"{path or _TOP}: unknown {unknown[0]!r}, expected one of {', '.join(shape.members)}")
    return {
        name: coerce(shape.members[name], item, f"{path}.{name}" if path else name)
        for name, item in members.items()
        if item is not None
    }


def _by_any_case(shape: StructureShape, value: Mapping[str, Any]) -> dict[str, Any]:
    """CDK's own rendering of tags spells `key` and `value`; the API's `Key` and `Value` are meant."""
    spelled = {name.lower(): name for name in shape.members}
    return {name if name in shape.members else spelled.get(name.lower(), name): item for name, item in value.items()}


def _scalar(shape: Shape, value: Any, path: str) -> Any:
    if isinstance(value, Mapping | list):
        # Its contents stay out of the message: they may be a policy.
        found = "list" if isinstance(value, list) else "map"
        article = "an" if shape.type_name == "integer" else "a"
        raise InvalidProperty(f"{path}: got a {found}, expected {article} {shape.type_name}")
    if shape.type_name == "boolean":
        if str(value).lower() not in ("true", "false"):
            raise _invalid(path, value, "true or false")
        return str(value).lower() == "true"
    if shape.type_name in ("integer", "long", "float", "double"):
        return _number(shape, value, path)
    if shape.type_name == "timestamp":
        return _time(value, path)
    text = str(value)
    allowed = shape.metadata.get("enum")
    if allowed and text not in allowed:
        raise _invalid(path, value, f"one of {', '.join(allowed)}")
    return text


def _number(shape: Shape, value: Any, path: str) -> int | float:
    whole, text = shape.type_name in ("integer", "long"), str(value).strip()
    number: int | float = math.nan
    if (_WHOLE if whole else _NUMBER).fullmatch(text):
        number = int(text) if whole else float(text)
    if not math.isfinite(number):
        raise _invalid(path, value, "a whole number" if whole else "a number")
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if (low is not None and number < low) or (high is not None and number > high):
        raise _invalid(path, value, f"a number {_range(low, high)}")
    return number


def _time(value: Any, path: str) -> str:
    """A time in UTC, so that the same time is spelled the same; the services know whole seconds."""
    try:
        time = datetime.fromisoformat(str(value))
        if time.tzinfo is not None and str(value).isascii():
            return time.astimezone(UTC).replace(microsecond=0).isoformat()
    except (ValueError, OverflowError):
        pass
    raise _invalid(path, value, "a time with its offset from UTC, such as 2024-01-31T00:00:00Z")


def _range(low: int | None, high: int | None) -> str:
    if low is not None and high is not None:
        return f"from {low} to {high}"
    return f"of at most {high}" if low is None else f"of at least {low}"


def _invalid(path: str, value: Any, expected: str) -> InvalidProperty:
    got = repr(value)
    if len(got) > _SHOWN:
        # What was expected must not be lost behind a value of any length.
        got = got[:_SHOWN] + "..."
    return InvalidProperty(f"{path or _TOP}: got {got}, expected {expected}")
