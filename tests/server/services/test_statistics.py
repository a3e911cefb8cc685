"""What is counted while rows stream by is what all of them together have."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookout_server.equipment.blocks import Block, Values
from lookout_server.equipment.levels import Levels
from lookout_server.equipment.statistics import MOST_DIFFERENT, ComponentStatistics

FINITE = st.floats(-1e100, 1e100)


def summary(values: Values, size: int = 700) -> dict[str, object]:
    found = ComponentStatistics()
    for begin in range(0, len(values), size):
        some = values[begin : begin + size]
        found.add(Block(np.arange(begin, begin + len(some)), {"x": some}))
    [one] = found.summaries("pump", ["x"], 0, 0)
    return dict(one)


@given(st.lists(st.lists(FINITE, min_size=1, max_size=30), min_size=1, max_size=8))
def test_every_value_is_in_a_range_whose_middle_is_near_it(portions: list[list[float]]) -> None:
    levels = Levels()
    for portion in portions:
        levels.add(np.array(portion))
    values = np.sort([value for portion in portions for value in portion])
    middles, counts = levels.middles()
    width = max((values[-1] - values[0]) / 256, np.abs(values).max() * 2**-52, 2**-999)
    assert counts.sum() == len(values)
    assert (np.abs(np.repeat(middles, counts) - values) <= width).all()


@pytest.mark.parametrize("order", ["mixed", "ascending", "descending"])
@pytest.mark.parametrize(("between", "status"), [(0.0, "POTENTIAL_ISSUE_DETECTED"), (0.05, "NO_ISSUE_DETECTED")])
def test_two_modes_of_many_different_values_are_noticed(order: str, between: float, status: str) -> None:
    random = np.random.default_rng(7)
    values = np.concatenate([random.normal(10, 1, 5_000), random.normal(90, 1, 3_000)])
    strays = random.uniform(45, 55, int(len(values) * between))
    values = random.permutation(np.concatenate([values, strays]))
    if order != "mixed":
        values = np.sort(values)[:: 1 if order == "ascending" else -1]
    assert summary(values)["MultipleOperatingModes"] == {"Status": status}


@pytest.mark.parametrize(("count", "told"), [(99, 99), (100, 100), (101, 100), (5_000, 100)])
def test_different_values_are_counted_up_to_a_hundred(count: int, told: int) -> None:
    assert MOST_DIFFERENT == 100
    found = summary(np.arange(3 * count) % count * 0.1)
    assert found["CategoricalValues"] == {"Status": "NO_ISSUE_DETECTED", "NumberOfCategory": told}
