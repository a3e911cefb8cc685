"""What can be learned from whatever an ingestion brought."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from types import SimpleNamespace

import numpy as np
import pytest

from lookout_server.detection.sensors import Frame
from lookout_server.entities.blob import Keeper
from lookout_server.equipment.content import Accumulated, Content
from lookout_server.equipment.frames import Readings
from lookout_server.equipment.inference import _history
from lookout_server.equipment.judged import Judged
from lookout_server.equipment.learning import Trained, train
from lookout_server.equipment.metrics import assess, auc
from lookout_server.equipment.schema import Component, Schema
from lookout_server.equipment.training import OffCondition, Plan, Range, TrainingFailed
from lookout_server.store.scratch import ScratchBlobs
from tests.server.services.contents import Table, content_of

START = datetime(2023, 1, 1, tzinfo=UTC)
QUOTAS = (10_000, 10_000)
Column = tuple[float | None, ...]


def minute(number: float) -> datetime:
    return START + timedelta(minutes=number)


@dataclass
class Data:
    """Two sensors that go together, minute by minute; what is odd is added to them."""

    count: int = 400
    tables: dict[str, Table] = field(default_factory=dict)

    def __post_init__(self) -> None:
        chance = Random(3)
        self.times = tuple(map(minute, range(self.count)))
        self.load = [10 + 3 * math.sin(number / 9) + chance.gauss(0, 0.3) for number in range(self.count)]
        heat = tuple(2 * one + chance.gauss(0, 0.2) for one in self.load)
        self.tables["pump"] = Table(self.times, {"load": tuple(self.load), "heat": heat})

    def column(self, name: str, values: Callable[[int], float | None]) -> Data:
        self.tables["pump"] = Table(
            self.times, {**self.tables["pump"].values, name: tuple(values(number) for number in range(self.count))}
        )
        return self

    @property
    def schema(self) -> Schema:
        parts = (Component(name, "Timestamp", tuple(table.values)) for name, table in self.tables.items())
        return Schema(tuple(parts))

    def train(self, labels: list[Range] | None = None, **more: object) -> Trained:
        content = content_of(Keeper(ScratchBlobs()), self.tables)
        plan = {"training": (minute(0), minute(self.count)), "evaluation": None, "off": None, "rate": None}
        return train(Plan(schema=self.schema, **{**plan, **more}), [content], labels or [], QUOTAS)  # type: ignore[arg-type]


def scores(trained: Trained, **readings: float | None) -> float:
    """The score of a row, at the end of the training, with some readings of its last row changed."""
    frame = trained.learnt.frame
    values = frame.values[-1:].copy()
    for name, value in readings.items():
        values[0, frame.names.index(f"pump\\{name}")] = math.nan if value is None else value
    return float(trained.model.judge(Frame(frame.times[-1:], frame.names, values), frame).scores[0])


ODD: dict[str, Callable[[int], float | None]] = {
    "constant": lambda number: 7.0,
    "zero": lambda number: 0.0,
    "binary": lambda number: float(number // 50 % 2),
    "codes": lambda number: float((3, 17, 400)[number // 30 % 3]),
    "missing": lambda number: None,
    "missing_for_a_time": lambda number: None if 100 <= number < 200 else 5.0 + number % 4,
    "begins_late": lambda number: None if number < 300 else 5.0 + number % 4,
    "huge": lambda number: 1e100 * (-1) ** number,
    "tiny": lambda number: 1e-100 * number,
    "counter": lambda number: 1e8 + number,
}


@pytest.mark.parametrize("name", ODD)
def test_a_sensor_may_be_odd_and_the_others_are_watched_all_the_same(name: str) -> None:
    trained = Data().column(name, ODD[name]).train()
    assert Judged.of(trained.judged()).alarms.mean() < 0.25
    assert scores(trained, heat=60.0) > scores(trained) + 0.1
    assert scores(trained, heat=60.0) > 0.6
    assert scores(trained, heat=None) < scores(trained) + 0.01


def test_a_sensor_that_was_never_read_is_not_judged_when_it_is() -> None:
    trained = Data().column("missing", lambda number: None).train()
    assert scores(trained, missing=1e6) == scores(trained)


def test_one_sensor_is_enough() -> None:
    data = Data()
    data.tables["pump"] = Table(data.times, {"load": tuple(data.load)})
    trained = data.train()
    assert scores(trained, load=90.0) > 0.6 > 0.5 > scores(trained)


def test_times_may_be_irregular_and_have_gaps() -> None:
    data, chance = Data(), Random(4)
    times = tuple(minute(number + chance.uniform(0, 0.9) + (5_000 if number > 200 else 0)) for number in range(400))
    data.tables["pump"] = Table(times, data.tables["pump"].values)
    trained = data.train(training=(minute(0), minute(9_999)))
    assert scores(trained, heat=60.0) > 0.6
    assert trained.model.longest == pytest.approx(180_000, rel=0.2)


def test_components_of_different_rates_are_learned_together() -> None:
    data = Data()
    slow = slice(0, None, 10)
    data.tables["fan"] = Table(data.times[slow], {"speed": tuple(100 * one for one in data.load[slow])})
    trained = data.train()
    assert trained.seconds == 600
    assert trained.learnt.frame.names == ("pump\\load", "pump\\heat", "fan\\speed")
    assert not np.isnan(trained.learnt.frame.values).any()


def test_what_was_off_is_neither_learned_nor_judged() -> None:
    data = Data().column("switch", lambda number: float(number % 100 >= 30))
    trained = data.train(off=OffCondition(("pump", "switch"), True, 0.5))
    assert len(trained.learnt.frame) == 280
    assert len(trained.assessed.times) == 400
    assert len(Judged.of(trained.judged()).times) == 280


def test_labels_are_left_out_and_have_a_say_in_the_threshold() -> None:
    data = Data()
    bad = [(minute(100), minute(130))]
    heat = [one + 20 * (100 <= number <= 130) for number, one in enumerate(data.tables["pump"].values["heat"])]  # type: ignore[operator]
    data.column("heat", lambda number: heat[number])
    with_labels, without = data.train(bad), data.train()
    assert with_labels.model.threshold.method == "labels"
    assert with_labels.model.threshold.rows == 400 - 31
    assert scores(with_labels, heat=heat[-1] + 20) > scores(without, heat=heat[-1] + 20)


def test_there_must_be_something_that_no_label_covers() -> None:
    with pytest.raises(TrainingFailed, match="The labels leave no data between 2023-01-01"):
        Data().train([(minute(0), minute(200)), (minute(201), minute(500))])


def test_without_an_evaluation_range_no_row_is_judged_by_what_has_learned_it() -> None:
    trained = Data().train()
    assert trained.basis == "held out"
    assert np.array_equal(np.concatenate([one.times for one in trained.judged()]), trained.learnt.frame.times)
    assert Data(20).train().basis == "training"


def test_an_evaluation_range_is_judged_with_what_came_before_it() -> None:
    trained = Data().train(training=(minute(0), minute(299)), evaluation=(minute(300), minute(399)))
    [judged] = trained.judged()
    assert (trained.basis, len(judged.times)) == ("evaluation", 100)
    assert np.array_equal(
        judged.scores, trained.model.judge(trained.assessed.running.sample, trained.learnt.frame).scores
    )


def test_an_event_goes_on_from_one_piece_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    data = Data()
    heat = [one + 20 * (320 <= number <= 360) for number, one in enumerate(data.tables["pump"].values["heat"])]  # type: ignore[operator]
    data.column("heat", lambda number: heat[number])
    trained = data.train(training=(minute(0), minute(299)), evaluation=(minute(300), minute(399)))
    model, frame = trained.model, trained.assessed.running.sample
    whole = Judged.of(model.judge_long([frame], trained.learnt.frame))
    pieces = Judged.of(model.judge_long([frame], trained.learnt.frame, rows=7))
    assert [event.span for event in pieces.events] == [event.span for event in whole.events]
    for one, other in zip(pieces.events, whole.events, strict=True):
        assert one.shares == pytest.approx(other.shares)
    assert minute(320) in [event.start for event in whole.events]


def test_rows_up_to_a_time_can_be_left_out() -> None:
    data = Data()
    trained = data.train()
    found = Judged.of(trained.judged(), minute(250))
    assert found.times[0] == trained.learnt.frame.times[251]
    assert all(event.start > minute(250) for event in found.events)


@pytest.mark.parametrize("apart", [1, 2.5, 4])
def test_what_came_before_a_window_is_looked_for_as_far_back_as_it_may_count(apart: float) -> None:
    """Rows may be three usual steps apart before there is a gap; then nothing of before counts."""
    trained = Data().train()
    keeper = Keeper(ScratchBlobs())

    def rows(first: int, last: int) -> Content:
        times = tuple(minute(10_000 + apart * number) for number in range(first, last))
        return content_of(keeper, {"pump": Table(times, {"load": tuple(10.0 + n % 5 for n in range(first, last))})})

    accumulated = Accumulated((rows(0, 150), rows(150, 300)))
    schema = Schema((Component("pump", "Timestamp", ("load",)),))
    window = Readings([rows(300, 301)], schema, None).rows(1)
    version = SimpleNamespace(schema=schema, seconds=1)
    found = _history(accumulated, trained.model, version, None, window)  # type: ignore[arg-type]
    every = Readings(accumulated.parts, schema, None).rows(1).running
    assert np.array_equal(
        trained.model.judge(window.running, found).scores, trained.model.judge(window.running, every).scores
    )


def test_the_auc_is_that_of_all_pairs() -> None:
    chance = np.random.default_rng(0)
    values, marks = chance.integers(0, 9, 60).astype(float), chance.random(60) < 0.3
    pairs = [(a > b) + (a == b) / 2 for a in values[marks] for b in values[~marks]]
    assert auc(values, marks) == pytest.approx(sum(pairs) / len(pairs))
    assert auc(values, np.zeros(60, bool)) == 0.5


def judged_as(alarms: list[int]) -> Judged:
    """Rows of a minute with or without an alarm; each alarm is an event."""
    from lookout_server.equipment.judged import Event

    times = np.array([int(minute(number).timestamp()) * 1000 for number in range(len(alarms))])
    flags = np.array(alarms, bool)
    events = tuple(Event(minute(at), minute(at), {"x": 1.0}) for at in np.flatnonzero(flags).tolist())
    return Judged(times, flags * 0.9, flags, events)


@pytest.mark.parametrize(
    ("alarms", "labels", "quality"),
    [
        ([0, 0, 0, 0, 1, 1, 0, 0, 0, 0], [(4, 5)], "QUALITY_THRESHOLD_MET"),
        ([0, 0, 1, 0, 1, 1, 0, 0, 0, 0], [(4, 5), (8, 9)], "QUALITY_THRESHOLD_MET"),
        ([0, 0, 0, 0, 1, 1, 0, 0, 0, 0], [(1, 2), (6, 7), (4, 5)], "POOR_QUALITY_DETECTED"),
        ([1, 1, 1, 1, 1, 1, 1, 1, 1, 1], [(4, 5)], "POOR_QUALITY_DETECTED"),
        ([0, 1, 0, 1, 0, 1, 0, 1, 0, 1], [(4, 5)], "POOR_QUALITY_DETECTED"),
        ([0, 0, 0, 0, 0, 0, 0, 0, 0, 0], [(4, 5)], "POOR_QUALITY_DETECTED"),
        ([0, 0, 0, 0, 1, 1, 0, 0, 0, 0], [], "CANNOT_DETERMINE_QUALITY"),
        ([0, 0, 0, 0, 1, 1, 0, 0, 0, 0], [(20, 30)], "CANNOT_DETERMINE_QUALITY"),
    ],
)
def test_the_quality_is_good_when_half_of_the_labels_are_found_by_alarms_that_mean_something(
    alarms: list[int], labels: list[tuple[int, int]], quality: str
) -> None:
    ranges = [(minute(start), minute(end)) for start, end in labels]
    assert assess(judged_as(alarms), ranges, (minute(0), minute(9)), 60).quality == quality
