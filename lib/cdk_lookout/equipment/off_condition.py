"""When the equipment is off, so that what its sensors say then does not count."""

from __future__ import annotations

import math
from decimal import Decimal

from cdk_lookout.equipment.dataset_schema import check_schema
from cdk_lookout.validation import invalid


class OffCondition:
    """When the equipment is off: one of its sensors is below, or above, a value.

    What its sensors say as long as that holds is used neither for training nor for evaluation or inference.
    """

    def __init__(self, component_name: str, sensor: str, text: str) -> None:
        """Use `below` or `above`."""
        self._component_name = component_name
        self._sensor = sensor
        self._text = text

    @classmethod
    def below(cls, component_name: str, sensor: str, value: float) -> OffCondition:
        r"""The equipment is off while the sensor is below *value*: `component\sensor < 10.0`.

        :param component_name: of the dataset's schema.
        :param sensor: of that component.
        :param value: any number.
        :raises InvalidProperty: for names that the service does not take, and for what is no number.
        """
        return cls._of("OffCondition.below", component_name, sensor, "<", value)

    @classmethod
    def above(cls, component_name: str, sensor: str, value: float) -> OffCondition:
        """The equipment is off while the sensor is above *value*; see `below`."""
        return cls._of("OffCondition.above", component_name, sensor, ">", value)

    @classmethod
    def _of(cls, where: str, component_name: str, sensor: str, sign: str, value: float) -> OffCondition:
        columns = [{"Name": "Timestamp", "Type": "DATETIME"}, {"Name": sensor, "Type": "DOUBLE"}]
        check_schema(where, {"Components": [{"ComponentName": component_name, "Columns": columns}]})
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise invalid("value", where, value, "a number")
        # The service takes no exponents.
        number = format(Decimal(repr(float(value))), "f")
        return cls(component_name, sensor, f"{component_name}\\{sensor} {sign} {number}")

    @property
    def component_name(self) -> str:
        """The component whose sensor tells."""
        return self._component_name

    @property
    def sensor(self) -> str:
        """The sensor that tells."""
        return self._sensor

    @property
    def text(self) -> str:
        """The condition as the API has it."""
        return self._text
