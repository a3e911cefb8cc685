"""Values of the services' log, faults and settings as JSON, for the private routes between a cloud and its process."""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from lookout_server.calls import Call
from lookout_server.faults import Fault, PlannedFault
from lookout_server.settings import Alarms, Limits, Progress, Quotas, Settings, VisionQuotas

_TYPES: dict[str, Any] = {
    kind.__name__: kind
    for kind in (Alarms, Call, Fault, Limits, PlannedFault, Progress, Quotas, Settings, VisionQuotas)
}

_LONGEST = timedelta.max.total_seconds()


def encode(value: Any) -> Any:
    """A value as JSON data; raises TypeError for what does not travel."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, datetime):
        return {"$datetime": value.isoformat()}
    if isinstance(value, timedelta):
        return {"$seconds": value.total_seconds()}
    if isinstance(value, Path):
        return {"$path": str(value)}
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode()}
    if isinstance(value, Mapping):
        return {"$map": [[key, encode(item)] for key, item in value.items()]}
    if isinstance(value, list | tuple):
        return [encode(item) for item in value]
    name = type(value).__name__
    if type(value) is _TYPES.get(name):
        names = [field.name for field in dataclasses.fields(_TYPES[name])]
        return {"$type": name, "fields": {field: encode(getattr(value, field)) for field in names}}
    raise TypeError(f"{name} cannot be sent to the local cloud")


def decode(data: Any) -> Any:
    """The value that was encoded; raises ValueError for anything that `encode` does not make."""
    if isinstance(data, list):
        return [decode(item) for item in data]
    if not isinstance(data, dict):
        return data
    match data:
        case {"$datetime": str(text)}:
            return datetime.fromisoformat(text)
        case {"$seconds": int(seconds) | float(seconds)} if abs(seconds) < _LONGEST:
            return timedelta(seconds=seconds)
        case {"$path": str(text)}:
            return Path(text)
        case {"$bytes": str(text)}:
            return base64.b64decode(text)
        case {"$map": list(items)}:
            return {key: decode(item) for key, item in items}
        case {"$type": str(name), "fields": dict(fields)} if name in _TYPES:
            return _TYPES[name](**{key: decode(item) for key, item in fields.items()})
    raise ValueError(f"not a value of the local cloud: {str(data)[:100]}")
