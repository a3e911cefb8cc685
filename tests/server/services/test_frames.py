"""From the rows of components to the frames that are learned from and judged."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import numpy as np
import pytest

from lookout_server.entities.blob import Keeper
from lookout_server.equipment import frames
from lookout_server.equipment.blocks import Block, merged
from lookout_server.equipment.content import Content
from lookout_server.equipment.frames import Readings, Rows, labelled, moment
from lookout_server.equipment.schema import Component, Schema
from lookout_server.equipment.training import OffCondition
from lookout_server.store.scratch import ScratchBlobs
from tests.server.services.contents import Table, content_of

START = datetime(2023, 1, 1, tzinfo=UTC)
Values = Mapping[str, list[float | None]]


@pytest.fixture
def keeper() -> Keeper:
    return Keeper(ScratchBlobs())


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def content(keeper: Keeper, **components: tuple[list[float], Values]) -> Content:
    """What an ingestion brought: the seconds of the rows and the values of the sensors, by component."""
    tables = {
        name: Table(tuple(map(at, seconds)), {sensor: tuple(column) for sensor, column in values.items()})
        for name, (seconds, values) in components.items()
    }
    return content_of(keeper, tables)


def schema(**components: list[str]) -> Schema:
    return Schema(tuple(Component(name, "Timestamp", tuple(sensors)) for name, sensors in components.items()))


def shown(rows: Rows) -> dict[float, list[float | None]]:
    """The rows by the seconds since START."""
    return {
        (moment(time) - START).total_seconds(): [None if math.isnan(one) else one for one in values]
        for time, values in zip(rows.frame.times, rows.frame.values.tolist(), strict=True)
    }


def noisy(seed: int) -> tuple[list[float], Values]:
    """Irregular rows of two sensors, some of whose values are missing."""
    chance = Random(seed)
    seconds = sorted({round(chance.uniform(-300, 2_000), 3) for _ in range(300)})
    values: dict[str, list[float | None]] = {
        sensor: [None if chance.random() < 0.3 else chance.gauss(5, 2) for _ in seconds] for sensor in ("x", "y")
    }
    return seconds, values


def twin(data: Mapping[str, tuple[list[float], Values]], step: int) -> dict[float, list[float | None]]:
    """The same, slow and obvious."""
    found: dict[float, dict[str, list[float]]] = {}
    names = [f"{component}/{sensor}" for component, (_, values) in data.items() for sensor in values]
    for component, (seconds, values) in data.items():
        for sensor, column in values.items():
            for second, value in zip(seconds, column, strict=True):
                if value is not None:
                    time = START.timestamp() + second
                    bucket = time // step * step - START.timestamp()
                    found.setdefault(bucket, {}).setdefault(f"{component}/{sensor}", []).append(value)
    return {
        bucket: [math.fsum(row[name]) / len(row[name]) if name in row else None for name in names]
        for bucket, row in sorted(found.items())
    }


@pytest.mark.parametrize("step", [1, 7, 60, 3_600])
def test_rows_are_the_means_of_what_was_read_in_an_interval(keeper: Keeper, step: int) -> None:
    data = {"a": noisy(1), "b": noisy(2)}
    rows = shown(Readings([content(keeper, **data)], schema(a=["x", "y"], b=["x", "y"]), None).rows(step))
    expected = twin(data, step)
    assert list(rows) == list(expected)
    for bucket, values in expected.items():
        assert rows[bucket] == pytest.approx(values)


def test_it_does_not_matter_how_the_rows_come(keeper: Keeper, monkeypatch: pytest.MonkeyPatch) -> None:
    readings = Readings([content(keeper, a=noisy(1))], schema(a=["x", "y"]), None)
    whole = shown(readings.rows(60))

    def in_pieces(*arguments: Any) -> Iterator[Block]:
        for block in merged(*arguments):
            for row in range(0, len(block.times), 7):
                yield Block(
                    block.times[row : row + 7], {name: one[row : row + 7] for name, one in block.values.items()}
                )

    monkeypatch.setattr(frames, "merged", in_pieces)
    pieces = shown(readings.rows(60))
    assert list(pieces) == list(whole)
    for bucket, values in whole.items():
        assert pieces[bucket] == pytest.approx(values)


def test_a_span_holds_the_rows_of_both_its_ends(keeper: Keeper) -> None:
    readings = Readings(
        [content(keeper, a=([0, 60, 119, 120, 180], {"x": [1.0, 2.0, 4.0, 5.0, 6.0]}))], schema(a=["x"]), None
    )
    span = (at(60), at(120))
    assert shown(readings.rows(60, span).within(span)) == {60: [3.0], 120: [5.0]}
    assert shown(readings.rows(60).within((at(61), at(119)))) == {}


def test_a_schema_chooses_sensors_and_what_no_content_has_is_missing(keeper: Keeper) -> None:
    read = content(keeper, a=([0], {"x": [1.0], "y": [2.0]}), b=([0], {"x": [3.0]}))
    rows = Readings([read], schema(b=["x"], a=["y", "z"]), None).rows(1)
    assert rows.frame.names == ("b\\x", "a\\y", "a\\z")
    assert shown(rows) == {0: [3.0, 2.0, None]}


def test_a_row_without_a_single_value_is_none(keeper: Keeper) -> None:
    read = content(keeper, a=([0, 1], {"x": [None, 1.0]}))
    assert shown(Readings([read], schema(a=["x"]), None).rows(1)) == {1: [1.0]}


def test_of_two_contents_that_have_a_row_of_one_time_the_first_counts(keeper: Keeper) -> None:
    first = content(keeper, a=([1, 3], {"x": [1.0, None]}))
    second = content(keeper, a=([0, 1, 2, 3, 4], {"x": [7.0, 8.0, 9.0, 6.0, 5.0], "y": [1.0] * 5}))
    rows = shown(Readings([first, second], schema(a=["x", "y"]), None).rows(1))
    assert rows == {0: [7.0, 1.0], 1: [1.0, None], 2: [9.0, 1.0], 4: [5.0, 1.0]}


@pytest.mark.parametrize(("below", "off"), [(True, [True, False, False]), (False, [False, False, True])])
def test_the_asset_is_off_where_a_sensor_says_so_and_not_where_it_says_nothing(
    keeper: Keeper, below: bool, off: list[bool]
) -> None:
    read = content(keeper, a=([0, 1, 2], {"x": [1.0, None, 9.0], "y": [1.0, 2.0, 3.0]}))
    rows = Readings([read], schema(a=["y", "x"]), OffCondition(("a", "x"), below, 5.0)).rows(1)
    assert rows.off.tolist() == off
    assert len(rows.running) == 2


def every(step: float, count: int, first: float = 0) -> tuple[list[float], Values]:
    return [first + step * number for number in range(count)], {"x": [1.0] * count}


@pytest.mark.parametrize(
    ("components", "interval"),
    [
        ({"a": every(60, 50)}, 1),
        ({"a": every(60, 50), "b": every(60, 50)}, 1),
        ({"a": every(60, 50), "b": every(60, 50, first=30)}, 60),
        ({"a": every(10, 600), "b": every(300, 20)}, 300),
        ({"a": every(0.2, 60), "b": every(0.3, 40)}, 1),
        ({"a": every(60, 50), "b": ([5], {"x": [1.0]})}, 60),
    ],
)
def test_components_that_are_not_read_together_have_rows_as_often_as_the_slowest(
    keeper: Keeper, components: dict[str, tuple[list[float], Values]], interval: int
) -> None:
    readings = Readings([content(keeper, **components)], schema(**{name: ["x"] for name in components}), None)
    assert readings.interval() == interval


def test_a_row_belongs_to_a_label_when_they_have_a_moment_in_common() -> None:
    hour = 3_600_000
    zero = int(START.timestamp()) * 1_000
    [(first, last)] = labelled([(at(5_000), at(7_300))], 3_600)
    assert [first <= zero + number * hour <= last for number in range(4)] == [False, True, True, False]


def test_there_may_be_no_rows_at_all(keeper: Keeper) -> None:
    readings = Readings([content(keeper, a=([0], {"x": [1.0]}))], schema(a=["x"]), None)
    rows = readings.rows(1, (at(100), at(200))).within((at(100), at(200)))
    assert len(rows.frame) == len(rows.running) == 0
    assert np.shape(rows.frame.values) == (0, 1)


def test_components_of_a_row_each_have_the_interval_of_rows_as_they_were_read(keeper: Keeper) -> None:
    given = content(keeper, a=([0.0], {"x": [1.0]}), b=([7.0], {"y": [2.0]}))
    assert Readings([given], schema(a=["x"], b=["y"]), None).interval() == 1
