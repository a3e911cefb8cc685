"""How good the detector is on a machine that is made up: better than chance and than three standard deviations."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from bench.quality import figures
from lookout_server.detection.sensors import Judgement, Model, fit
from lookout_server.detection.sensors.frame import Flags, Floats
from lookout_server.detection.sensors.scaling import Scaling
from tests.server.detection import machine

TRAINING = machine.running(2000, seed=1)
VALUES, LABELS, EVENTS = machine.faulty(1500, seed=2)


@pytest.fixture(scope="module")
def model() -> Model:
    return fit(machine.frame(TRAINING))


@pytest.fixture(scope="module")
def judgement(model: Model) -> Judgement:
    return model.judge(machine.frame(VALUES))


def of(scores: Floats, alarms: Flags) -> dict[str, float]:
    return figures.figures(LABELS.astype(int), scores, alarms, 60)


def three_sigma() -> dict[str, float]:
    scaling = Scaling.fit(TRAINING)
    farthest = np.abs(scaling(VALUES)).max(1)
    return of(farthest, farthest > 3)


def at_random() -> dict[str, float]:
    scores = np.random.default_rng(0).random(len(VALUES))
    return of(scores, scores > 0.9)


@pytest.mark.parametrize("baseline", [three_sigma, at_random])
def test_it_ranks_and_alarms_better_than(judgement: Judgement, baseline: Callable[[], dict[str, float]]) -> None:
    ours, theirs = of(judgement.scores, judgement.alarms), baseline()
    assert ours["ap"] > theirs["ap"] + 0.05
    assert ours["f1"] > theirs["f1"] + 0.05


def test_every_fault_raises_an_alarm_and_few_alarms_are_false(judgement: Judgement) -> None:
    found = of(judgement.scores, judgement.alarms)
    assert found["event recall"] == 1
    assert found["event precision"] >= 0.5
    assert found["ap"] >= 0.75


def test_a_fault_of_a_sensor_by_itself_is_blamed_on_it(judgement: Judgement) -> None:
    for first, last, sensor in EVENTS[1:]:
        assert judgement.explain(first, last)[0].sensor == sensor


def test_the_shares_of_an_event_sum_to_one(judgement: Judgement) -> None:
    first, last, _ = EVENTS[0]
    assert sum(reason.share for reason in judgement.explain(first, last, most=99)) == pytest.approx(1)


def test_a_reason_says_what_was_expected_and_which_way_it_went(judgement: Judgement) -> None:
    first, last, _ = EVENTS[0]
    row = (first + last) // 2
    (reason,) = [reason for reason in judgement.explain(row, most=99) if reason.sensor == "flow"]
    assert reason.direction == -1
    assert reason.seen == VALUES[row, machine.NAMES.index("flow")]
    assert reason.expected - reason.seen > 3 * reason.tolerance


def test_wear_is_noticed_before_it_is_over(model: Model) -> None:
    alarms = model.judge(machine.frame(machine.running(2000, seed=4, wear=6))).alarms
    assert alarms[:200].mean() < 0.1
    assert alarms[1500:].mean() > 0.9


def test_events_are_the_runs_of_alarms(judgement: Judgement) -> None:
    assert judgement.events() == figures.runs(judgement.alarms)


def test_average_precision_by_hand() -> None:
    truth = np.array([True, False, True, False])
    assert figures.average_precision(truth, np.array([4.0, 3, 2, 1])) == pytest.approx(1 / 2 * 1 + 1 / 2 * 2 / 3)
    assert figures.average_precision(truth, np.ones(4)) == pytest.approx(0.5)
    assert figures.average_precision(truth, np.array([2.0, 2, 1, 0])) == pytest.approx(1 / 2 * 1 / 2 + 1 / 2 * 2 / 3)


def test_figures_by_hand() -> None:
    labels = np.array([0, 0, 1, 1, 0, -1, 0, 1, 1, 0])
    alarms = np.array([1, 0, 0, 1, 1, 1, 0, 0, 0, 0], bool)
    found = figures.figures(labels, np.zeros(10), alarms, 8640)
    assert found["f1"] == pytest.approx(2 * 1 / (2 * 1 + 2 + 3))
    assert found["event recall"] == 0.5
    assert found["event precision"] == 0.5
    assert found["false events a day"] == pytest.approx(1 / 0.5)
    assert found["delay"] == 1


def test_the_mean_is_first_over_cases_and_then_over_sets() -> None:
    rows = [("a", {"f1": 0.0}), ("a", {"f1": 1.0}), ("b", {"f1": float("nan")}), ("b", {"f1": 1.0})]
    assert figures.averages(rows) == {"a": {"f1": 0.5}, "b": {"f1": 1.0}, "mean": {"f1": 0.75}}


def test_the_culprit_is_the_sensor_that_contributes_most_over_the_event() -> None:
    contributions = np.array([[9.0, 0], [0, 1], [0, 1], [0.5, 0]])
    assert figures.culprits([(1, 3, [1]), (0, 1, [1])], contributions) == (1, 2)
