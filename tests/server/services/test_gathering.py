"""Rows are gathered as the slow and obvious reader does it, in whatever order and portions they come."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lookout_server.entities.blob import Keeper
from lookout_server.equipment import gathering, parts
from lookout_server.equipment.blocks import Block, microseconds
from lookout_server.equipment.content import Accumulated, Content, Details
from lookout_server.equipment.csv_files import Unusable
from lookout_server.equipment.gathering import Gathered, Gatherer
from lookout_server.equipment.parts import INVALID
from lookout_server.equipment.schema import Component, Schema
from lookout_server.store.scratch import ScratchBlobs
from tests.server.services import slow_reading
from tests.server.services.contents import Table, content_of, table, tables_of

START = datetime(2024, 1, 1, tzinfo=UTC)
SENSORS = ("flow", "heat")
Row = tuple[int, float | None, float | None]

VALUES = st.one_of(st.none(), st.just(math.nan), st.sampled_from([0.0, -0.0, 1.0, 2.0, 1e100, -1e100, 5e-324]))
ROWS = st.lists(st.tuples(st.integers(0, 90), VALUES, VALUES), max_size=20)


@contextmanager
def portions(group: int, runs: int = 12, columns: int = 50_000) -> Iterator[None]:
    """Row groups of so many bytes, so many runs at once, and so many columns of row groups in a file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gathering, "_GROUP", group)
        patch.setattr(gathering, "_MOST_RUNS", runs)
        patch.setattr(parts, "_MOST_COLUMNS", columns)
        yield


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def value(cell: float | None) -> float:
    return math.nan if cell is None else INVALID if math.isnan(cell) else cell


def block(rows: Sequence[Row]) -> Block:
    times = np.array([microseconds(day(time)) for time, *_ in rows], np.int64)
    return Block(times, {name: np.array([value(row[at]) for row in rows]) for at, name in enumerate(SENSORS, 1)})


def some(rows: Sequence[Row], size: int) -> Iterator[Block]:
    """Rows in blocks of so many."""
    for begin in range(0, len(rows), size):
        yield block(rows[begin : begin + size])


def gathered(keeper: Keeper, files: Sequence[Sequence[Row]], size: int) -> Gathered:
    with Gatherer(keeper, SENSORS) as gatherer:
        for rows in files:
            gatherer.add(SENSORS, some(rows, size))
        return gatherer.finish("pump")


def content(keeper: Keeper, found: Gathered) -> Content:
    schema = Schema((Component("pump", "Timestamp", found.sensors),))
    return Content.keep(keeper, found.parts, 0, Details(schema, {}, {}))


def slowly(files: Sequence[Sequence[Row]]) -> tuple[Table, list[dict[str, Any]], int]:
    reader = slow_reading.ComponentReader(Component("pump", "Timestamp", SENSORS))
    for rows in files:
        columns = {name: [row[at] for row in rows] for at, name in enumerate(SENSORS, 1)}
        reader.add(slow_reading.DataFile("Timestamp", SENSORS, [day(row[0]) for row in rows], columns, 0))  # type: ignore[arg-type]
    found = reader.table()
    return found, reader.summaries(found), reader.duplicates


@settings(max_examples=40, deadline=None)
@given(
    st.lists(ROWS, max_size=6).filter(any),
    st.integers(1, 9),
    st.sampled_from([1, 100, 10_000]),
    st.sampled_from([2, 3, 12]),
    st.sampled_from([1, 9, 50_000]),
)
def test_rows_of_files_in_any_order_are_those_of_the_slow_reader(
    files: list[list[Row]], size: int, group: int, runs: int, columns: int
) -> None:
    keeper = Keeper(ScratchBlobs())
    with portions(group, runs, columns):
        found = gathered(keeper, files, size)
    rows, summaries, duplicates = slowly(files)
    assert tables_of(content(keeper, found)) == {"pump": rows}
    assert found.duplicates == duplicates
    assert found.statistics
    assert found.statistics.summaries("pump", SENSORS, 0, duplicates) == summaries


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(ROWS, st.booleans()), max_size=6), st.integers(1, 9), st.sampled_from([1, 200, 10_000]))
def test_of_a_file_that_fails_in_the_middle_nothing_is_left(
    files: list[tuple[list[Row], bool]], size: int, group: int
) -> None:
    def breaking(rows: list[Row]) -> Iterator[Block]:
        yield from some(rows, size)
        raise Unusable("in the middle")

    good = [rows for rows, fails in files if not fails]
    keeper = Keeper(ScratchBlobs())
    with portions(group), Gatherer(keeper, SENSORS) as gatherer:
        for rows, fails in files:
            with suppress(Unusable):
                gatherer.add(SENSORS, breaking(rows) if fails else some(rows, size))
        found = gatherer.finish("pump")
    rows, summaries, duplicates = slowly(good)
    assert table(SENSORS, parts.read(found.parts, SENSORS, None, None)) == rows
    assert found.duplicates == duplicates
    assert found.statistics
    assert found.statistics.summaries("pump", SENSORS, 0, duplicates) == summaries


@given(st.integers(-5, 40), st.integers(-5, 40))
def test_a_range_has_the_rows_between_its_ends_and_both_of_them(first: int, last: int) -> None:
    keeper = Keeper(ScratchBlobs())
    rows = [(time, float(time), None) for time in range(0, 36, 3)]
    with portions(60, columns=6):
        found = content(keeper, gathered(keeper, [rows], 2))
    assert len(found.parts) > 1
    read = list(found.blocks("pump", ["flow", "none"], day(first), day(last)))
    times = [float(time) for time in range(0, 36, 3) if first <= time <= last]
    assert [level for one in read for level in one.values["flow"]] == times
    assert all(np.isnan(one.values["none"]).all() for one in read)


def test_of_a_range_no_other_row_groups_and_sensors_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    keeper = Keeper(ScratchBlobs())
    with portions(1):
        found = content(keeper, gathered(keeper, [[(time, 1.0, 2.0) for time in range(10)]], 2))
    read: list[tuple[int, list[str]]] = []
    real = pq.ParquetFile.read_row_group

    def noted(file: pq.ParquetFile, number: int, columns: list[str], **options: Any) -> Any:
        read.append((number, columns))
        return real(file, number, columns, **options)

    monkeypatch.setattr(pq.ParquetFile, "read_row_group", noted)
    [one] = found.blocks("pump", ["heat"], day(4), day(4))
    assert (one.times.tolist(), one.values["heat"].tolist()) == ([microseconds(day(4))], [2.0])
    assert read == [(2, [parts.TIME, "heat"])]


def test_columns_are_parquet_of_64_bits_and_give_back_every_value() -> None:
    keeper = Keeper(ScratchBlobs())
    rows = [(time, 1e8 + time / 10, 0.1 + 0.2) for time in range(1_000)]
    found = content(keeper, gathered(keeper, [rows], 1_000))
    [part] = found.parts
    file = pq.ParquetFile(part.rows.open())
    assert [str(field.type) for field in file.schema_arrow] == ["int64", "double", "double"]
    [one] = found.blocks("pump")
    assert one.values["flow"].tolist() == [row[1] for row in rows]
    assert one.values["heat"].tolist() == [row[2] for row in rows]


def test_a_sensor_that_comes_later_is_missing_before() -> None:
    keeper = Keeper(ScratchBlobs())
    with Gatherer(keeper) as gatherer:
        for name, time in (("flow", 1), ("heat", 2)):
            gatherer.add([name], [Block(np.array([microseconds(day(time))]), {name: np.array([5.0])})])
        found = gatherer.finish("pump")
    assert found.sensors == ("flow", "heat")
    assert tables_of(content(keeper, found))["pump"].values == {"flow": (5.0, None), "heat": (None, 5.0)}
    assert found.statistics
    summaries = found.statistics.summaries("pump", found.sensors, 0, 0)
    assert [one["MissingValues"]["Count"] for one in summaries] == [1, 1]


def test_what_was_begun_and_not_finished_leaves_nothing() -> None:
    blobs = ScratchBlobs()
    values = np.random.default_rng(1).normal(size=100_000)
    with portions(1), Gatherer(Keeper(blobs), SENSORS) as gatherer:
        for begin in (0, 200_000):
            times = np.arange(begin, begin + len(values))
            gatherer.add(SENSORS, [Block(times, dict.fromkeys(SENSORS, values))])
        assert list(blobs.root.glob("new-*")) != []
    assert list(blobs.digests()) == []
    assert list(blobs.root.glob("new-*")) == []


def test_inference_data_is_put_together_and_what_came_first_counts() -> None:
    times = [day(number) for number in range(3)]
    keeper = Keeper(ScratchBlobs())
    first = content_of(keeper, {"pump": Table(tuple(times[:2]), {"flow": (1.0, 2.0)})})
    second = content_of(keeper, {"pump": Table(tuple(times[1:]), {"flow": (8.0, 9.0), "heat": (3.0, 4.0)})})
    [one] = Accumulated((first,)).with_one(second, keeper).parts
    assert tables_of(one) == {"pump": Table(tuple(times), {"flow": (1.0, 2.0, 9.0), "heat": (None, None, 4.0)})}
    assert (one.start, one.end, one.size) == (times[0], times[2], 2)


def test_of_many_parts_only_some_are_open_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "_MOST_OPEN", 2)
    with portions(1, columns=3):
        writer = parts.PartsWriter(Keeper(ScratchBlobs()), SENSORS)
        groups = [writer.write(block([(number, 1.0, None)])) for number in range(5)]
        writer.close()
    reader = parts.PartsReader(writer.blobs)
    order = [0, 1, 2, 3, 4, 2, 0]
    assert [int(reader.read(groups[number]).times[0]) for number in order] == [groups[one].first for one in order]
    assert list(reader._open) == [2, 0]
    reader.close()
