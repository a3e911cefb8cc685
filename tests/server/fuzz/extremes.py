"""Requests with a time or a duration at the end of what there is, for every member of every operation that has one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from botocore.model import OperationModel, Shape, StructureShape

from tests.server.fuzz.plant import Plant, operations
from tests.server.fuzz.requests import TIMES, Maker, Odd

DURATIONS: dict[str, list[Any]] = {
    "RetrainingFrequency": ["P30D", "P1Y", "P9Y99M999D", "P0D", "P", "P1M", "P12M", "P999D", "PT1H", "-P30D"],
    "LookbackWindow": ["P180D", "P360D", "P540D", "P720D", "P0D", "P999999D"],
    "DataUploadFrequency": ["PT5M", "PT1H", "PT0M", "PT9999H"],
    "TargetSamplingRate": ["PT1S", "PT1H", "PT0S", "PT9999H"],
    "DataDelayOffsetInMinutes": [0, 60, 61, -1, 10**9, 2**62],
    "InputTimeZoneOffset": ["+00:00", "-12:00", "+12:00", "+12:30", "-99:59", "+14:00", "00:00"],
}
Path = tuple[str, ...]


def cases(plant: Plant, seed: int) -> Iterator[tuple[OperationModel, Odd]]:
    """Each request with its operation."""
    maker = Maker(plant, seed)
    for model in operations():
        for path, shape in _members(model.input_shape, ()):
            for value in _extremes(path[-1], shape):
                yield model, maker.request_with(model, path, value)


def _extremes(name: str, shape: Shape) -> list[Any]:
    return TIMES if shape.type_name == "timestamp" else DURATIONS.get(name, [])


def _members(shape: Shape | None, path: Path) -> Iterator[tuple[Path, Shape]]:
    """All members that are no structures, with their paths."""
    if isinstance(shape, StructureShape):
        for name, member in shape.members.items():
            yield from _members(member, (*path, name))
    elif shape is not None:
        yield path, shape
