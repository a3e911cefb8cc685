"""The text of the diagnostics of a training: whatever sensors are called, and whatever they read."""

from __future__ import annotations

import json
import math
from random import Random
from typing import Any

import numpy as np
import pytest

from lookout_server.detection.sensors import Frame, Judgement
from lookout_server.detection.sensors.long import Long
from lookout_server.equipment.learning import Span
from lookout_server.equipment.predictions import diagnostics

NAMES = ("pump\\z", "pump\\100 %s", 'pump\\"a"', "pump\\é\n", "pump\\{}")


def lines(seen: Any, expected: Any, shares: Any) -> list[dict[str, Any]]:
    """What the diagnostics say of the sensors in rows, none of which is anomalous."""
    seen, expected = np.array(seen, float), np.array(expected, float)
    times, nothing = np.arange(len(seen), dtype=np.int64) * 1000, np.zeros(seen.shape)
    said = Judgement(
        times, NAMES, np.zeros(len(seen)), nothing, np.array(shares, float), nothing.astype(np.int8), seen, expected,
        np.ones(len(NAMES)),
    )  # fmt: skip
    span = Span(times, np.zeros(len(seen), bool), Long.of(Frame(times, NAMES, seen)))
    return [json.loads(line) for line in diagnostics(span, [said], [], [], "held_out")]


def test_sensors_are_in_the_order_of_their_names_whatever_is_in_them() -> None:
    [line] = lines([[1, 2, 3, 4, 5]], [[6, 7, 8, 9, 10]], [[0.5, 0.2, 0.1, 0.1, 0.1]])
    found = {one["name"]: (one["value"], one["seen"], one["expected"]) for one in line["diagnostics"]}
    assert list(found) == sorted(NAMES)
    assert found["pump\\z"] == (0.5, 1, 6)
    assert found["pump\\100 %s"] == (0.2, 2, 7)


def test_a_sensor_that_is_missing_in_a_row_has_no_part_in_it() -> None:
    none = math.nan
    first, second = lines(
        [[1, none, 3, 4, 5], 5 * [none]], [[1, 2, none, 4, 5], 5 * [none]], [[0.25, 0.25, 0, 0.25, 0.25], 5 * [0.2]]
    )
    assert {one["name"]: one["value"] for one in first["diagnostics"]} == pytest.approx(
        {"pump\\z": 1 / 3, "pump\\é\n": 1 / 3, "pump\\{}": 1 / 3}, abs=1e-5
    )
    assert second["diagnostics"] == []


@pytest.mark.parametrize("exponents", [(-15, 20), (-300, 300)])
def test_what_was_read_is_told_to_six_digits(exponents: tuple[int, int]) -> None:
    chance = Random(1)
    rows = [[chance.choice((-1, 1)) * 10 ** chance.uniform(*exponents) for _ in NAMES] for _ in range(200)]
    rows += [[0.0, -0.0, 999999.5, 1e6, 1000.0], [1e-5, 0.1, 1e-9, 123456789, 1 / 3]]
    said = lines(rows, rows, [len(NAMES) * [0.2]] * len(rows))
    for row, line in zip(rows, said, strict=True):
        found = {one["name"]: one["seen"] for one in line["diagnostics"]}
        for name, value in zip(NAMES, row, strict=True):
            # Beyond what a machine reads, more digits do no harm.
            assert found[name] == pytest.approx(float(f"{value:.6g}"), rel=1e-12 if exponents[1] > 20 else 0, abs=0)
