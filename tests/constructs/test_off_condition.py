"""When the equipment is off."""

from __future__ import annotations

import pytest

from cdk_lookout import InvalidProperty
from cdk_lookout.equipment import OffCondition


@pytest.mark.parametrize(
    ("value", "text"), [(10, "10.0"), (-0.5, "-0.5"), (1e-7, "0.0000001"), (1e22, "10000000000000000000000")]
)
def test_a_condition_is_spelled_as_the_service_reads_it(value: float, text: str) -> None:
    assert OffCondition.below("pump", "flow", value).text == f"pump\\flow < {text}"
    assert OffCondition.above("pump", "flow", value).text == f"pump\\flow > {text}"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "10", None, True])
def test_what_is_no_number_is_refused(value: float) -> None:
    with pytest.raises(InvalidProperty, match=r"value of OffCondition.below: got .*, expected a number"):
        OffCondition.below("pump", "flow", value)


@pytest.mark.parametrize(
    ("component", "sensor"), [("a pump", "flow"), ("pump", "flow < 3"), ("", "flow"), ("pump", "")]
)
def test_a_name_that_no_schema_can_have_is_refused(component: str, sensor: str) -> None:
    with pytest.raises(InvalidProperty, match=r"Name of OffCondition.above: got '"):
        OffCondition.above(component, sensor, 1)
