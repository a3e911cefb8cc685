"""What to train, and with what: the plan of a training, as it is known before anything is read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from lookout_server.equipment.schema import Schema
from lookout_server.protocol.errors import validation

_OFF_CONDITION = re.compile(r"([^\\]+)\\{1,2}([^\\<>]+?)\s*([<>])\s*([+-]?[0-9]+(?:\.[0-9]+)?)")

Sensor = tuple[str, str]
Range = tuple[datetime, datetime]


class TrainingFailed(Exception):
    """The training fails, for the reason in the message."""


@dataclass(frozen=True)
class OffCondition:
    """Rows in which a sensor is below (`<`) or above (`>`) a value are not used."""

    sensor: Sensor
    below: bool
    value: float

    @classmethod
    def parse(cls, text: str | None, schema: Schema) -> OffCondition | None:
        """Read `component\\sensor < 10.0`; raises a ValidationException for other forms and unknown sensors."""
        if text is None:
            return None
        match = _OFF_CONDITION.fullmatch(text.strip())
        if not match:
            raise validation(f"OffCondition: got '{text}', expected component\\sensor < number, or >")
        sensor = (match.group(1), match.group(2))
        if sensor not in schema.sensors:
            raise validation(f"OffCondition: the schema has no sensor {match.group(1)}\\{match.group(2)}")
        return cls(sensor, match.group(3) == "<", float(match.group(4)))


@dataclass(frozen=True)
class Plan:
    """What is trained with what; rates as ISO 8601 durations."""

    schema: Schema
    training: Range
    evaluation: Range | None
    off: OffCondition | None
    rate: str | None

    @property
    def assessed(self) -> Range:
        """The range in which the model is tried: that of the evaluation, without one that of the training."""
        return self.evaluation or self.training


def overlap(one: Range, other: Range) -> bool:
    """Whether two ranges have a moment in common."""
    return one[0] <= other[1] and one[1] >= other[0]
