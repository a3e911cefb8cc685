"""What holds for every view, and for the detector as a whole."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lookout_server.detection.sensors import Frame, Long, Model, Settings, fit, learn, load, save
from lookout_server.detection.sensors.frame import BadFrame, Floats
from lookout_server.detection.sensors.views import VIEWS
from tests.docs import pages
from tests.server.detection import machine

#: Each view by itself, and all together.
WAYS = {name: Settings(views=(name,)) for name in VIEWS} | {"all": Settings()}
TRAINING = machine.frame(machine.running(600, seed=1))
LATER = machine.frame(machine.faulty(400, seed=2)[0], start=600)


@pytest.fixture(scope="module", params=WAYS)
def settings(request: pytest.FixtureRequest) -> Settings:
    return WAYS[request.param]


@pytest.fixture(scope="module")
def model(settings: Settings) -> Model:
    return fit(TRAINING, settings)


def same(ours: Model, other: Model, frame: Frame = LATER) -> bool:
    one, two = ours.judge(frame), other.judge(frame)
    return all(
        np.array_equal(getattr(one, name), getattr(two, name), equal_nan=True)
        for name in ("scores", "contributions", "shares", "directions", "seen", "expected", "tolerance")
    )


def with_values(frame: Frame, values: Floats) -> Frame:
    return Frame(frame.times, frame.names, values)


def test_what_is_learnt_twice_is_the_same(model: Model, settings: Settings) -> None:
    assert same(model, fit(TRAINING, settings))


def test_training_and_judging_leave_their_input_alone(settings: Settings) -> None:
    training, later = TRAINING.values.copy(), LATER.values.copy()
    training[5, 2] = later[7, 3] = np.nan
    before = training.copy(), later.copy()
    fit(with_values(TRAINING, training), settings).judge(with_values(LATER, later))
    assert np.array_equal(training, before[0], equal_nan=True)
    assert np.array_equal(later, before[1], equal_nan=True)


def test_rows_one_by_one_with_their_history_get_the_scores_of_all_at_once(model: Model) -> None:
    whole = model.judge(LATER)
    for row in range(0, len(LATER), 37):
        one = Frame(LATER.times[row : row + 1], LATER.names, LATER.values[row : row + 1])
        judged = model.judge(one, LATER)
        np.testing.assert_allclose(judged.scores, whole.scores[row : row + 1], rtol=1e-9)
        np.testing.assert_allclose(judged.shares, whole.shares[row : row + 1], rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(judged.expected, whole.expected[row : row + 1], rtol=1e-9)


def test_the_history_that_a_model_asks_for_is_enough_and_no_row_too_few_changes_anything(model: Model) -> None:
    row = 300
    one = Frame(LATER.times[row : row + 1], LATER.names, LATER.values[row : row + 1])
    chosen = slice(row - model.history, row)
    enough = Frame(LATER.times[chosen], LATER.names, LATER.values[chosen])
    np.testing.assert_allclose(model.judge(one, enough).scores, model.judge(LATER).scores[row], rtol=1e-9)


def test_columns_are_matched_by_name(model: Model) -> None:
    order = [3, 0, 6, 2, 5, 1, 4]
    mixed = Frame(LATER.times, tuple(LATER.names[at] for at in order), LATER.values[:, order])
    np.testing.assert_array_equal(model.judge(mixed).scores, model.judge(LATER).scores)


def test_a_sensor_that_the_model_does_not_know_is_left_out(model: Model) -> None:
    more = Frame(LATER.times, (*LATER.names, "new"), np.column_stack([LATER.values, np.arange(len(LATER))]))
    np.testing.assert_array_equal(model.judge(more).scores, model.judge(LATER).scores)


def test_a_model_that_was_saved_gives_the_same_scores_to_the_last_bit(model: Model, tmp_path: Path) -> None:
    save(model, tmp_path)
    assert same(model, load(tmp_path))


def test_shares_sum_to_one_and_none_is_negative(model: Model) -> None:
    shares = model.judge(LATER).shares
    np.testing.assert_allclose(shares.sum(1), 1)
    assert (shares >= 0).all()


@pytest.mark.parametrize("rows", [1, 2, 23, 24, 70])
def test_few_rows_are_enough_to_learn_and_to_judge(settings: Settings, rows: int) -> None:
    few = Frame(TRAINING.times[:rows], TRAINING.names, TRAINING.values[:rows])
    scores = fit(few, settings).judge(LATER).scores
    assert np.isfinite(scores).all()
    assert ((scores >= 0) & (scores < 1)).all()


def test_no_rows_are_judged_to_nothing(model: Model) -> None:
    assert len(model.judge(Frame(LATER.times[:0], LATER.names, LATER.values[:0]), LATER).scores) == 0


def test_one_sensor_is_enough(settings: Settings) -> None:
    one = Frame(TRAINING.times, ("flow",), TRAINING.values[:, 2:3])
    broken = one.values.copy()
    broken[300:] *= 3
    scores = fit(one, settings).judge(with_values(one, broken)).scores
    assert scores[300:320].max() > scores[:300].max()


def test_constant_sensors_change_nothing_while_they_are_constant_and_alarm_when_not(settings: Settings) -> None:
    values = np.column_stack([TRAINING.values, np.full(len(TRAINING), 7.0)])
    training = Frame(TRAINING.times, (*TRAINING.names, "constant"), values)
    changed = values.copy()
    changed[300:, -1] = 9.0
    model = fit(training, settings)
    quiet, loud = model.judge(training).scores, model.judge(with_values(training, changed)).scores
    np.testing.assert_array_equal(quiet[:300], loud[:300])
    assert np.median(loud[400:]) > 0.5 > np.median(quiet[400:])


def test_nothing_but_constants_is_normal_until_one_changes(settings: Settings) -> None:
    training = Frame(TRAINING.times, ("a", "b"), np.ones((len(TRAINING), 2)))
    changed = np.ones((len(TRAINING), 2))
    changed[300:, 1] = 2
    scores = fit(training, settings).judge(with_values(training, changed)).scores
    assert scores[:300].max() < 0.5 < scores[320:].min()


def test_readings_that_are_missing_have_no_share_and_raise_no_alarm(model: Model) -> None:
    values = machine.running(300, seed=3)
    whole = model.judge(machine.frame(values))
    values[100:200, 1] = np.nan
    judged = model.judge(machine.frame(values))
    assert judged.alarms.sum() <= whole.alarms.sum() + 5
    assert (judged.contributions[100:200, 1] == 0).all()
    assert (judged.directions[100:200, 1] == 0).all()
    assert np.isfinite(judged.expected).all()


def test_infinite_readings_are_missing_ones(model: Model) -> None:
    infinite, missing = LATER.values.copy(), LATER.values.copy()
    infinite[::9, 2], missing[::9, 2] = np.inf, np.nan
    assert np.array_equal(
        model.judge(with_values(LATER, infinite)).scores, model.judge(with_values(LATER, missing)).scores
    )


def test_a_sensor_that_is_missing_altogether_is_no_obstacle(settings: Settings) -> None:
    values = TRAINING.values.copy()
    values[:, 4] = np.nan
    model = fit(with_values(TRAINING, values), settings)
    judged = model.judge(LATER)
    assert np.isfinite(judged.scores).all()
    assert not judged.contributions[:, 4].any(), "what was never read is never judged"
    lacking = Frame(LATER.times, LATER.names[:4] + LATER.names[5:], np.delete(LATER.values, 4, 1))
    assert np.isfinite(model.judge(lacking).scores).all()


def test_a_sensor_that_is_missing_for_long_varies_as_much_as_it_does_when_it_is_there() -> None:
    values = np.random.default_rng(0).normal(size=(600, 7))
    values[100:500, 3] = np.nan
    learnt = fit(with_values(TRAINING, values)).normal.views
    precision = np.diag(learnt["relations"].inverse)  # type: ignore[attr-defined]
    assert precision[3] < 1.3 * np.delete(precision, 3).mean()


def test_a_sensor_that_begins_in_the_middle_of_training_makes_no_block_abnormal(settings: Settings) -> None:
    values = TRAINING.values.copy()
    values[:450, 4] = np.nan
    held_out = np.concatenate(
        [one.scores for one in learn(Long.of(with_values(TRAINING, values)), settings).held_out()]
    )
    assert held_out[450:].mean() < 0.5


def test_a_block_is_judged_by_views_that_know_nothing_of_it(settings: Settings) -> None:
    [(end, one), *_] = learn(Long.of(TRAINING), settings).blocks
    changed = TRAINING.values.copy()
    changed[:end] = machine.running(end, seed=9)
    [(_, other), *_] = learn(Long.of(with_values(TRAINING, changed)), settings).blocks
    since = np.arange(len(LATER))
    assert np.array_equal(one.normal.scores(LATER.values, since), other.normal.scores(LATER.values, since))


def test_the_blocks_are_all_rows_the_labelled_ones_too(settings: Settings) -> None:
    learnt = learn(Long.of(TRAINING), settings, labels=[(int(TRAINING.times[190]), int(TRAINING.times[260]))])
    held_out = list(learnt.held_out())
    assert np.array_equal(np.concatenate([one.times for one in held_out]), TRAINING.times)
    assert len(held_out) == settings.blocks


def test_with_too_few_rows_to_hold_any_out_the_model_judges_what_it_learnt(settings: Settings) -> None:
    few = TRAINING.between(0, 20)
    learnt = learn(Long.of(few), settings)
    [judged] = learnt.held_out()
    assert np.array_equal(judged.scores, learnt.model.judge(few).scores)


def test_many_rows_are_judged_in_pieces_as_at_once(model: Model) -> None:
    pieces = list(model.judge_long([LATER], TRAINING, rows=90))
    assert [len(one.scores) for one in pieces] == [90, 90, 90, 90, 40]
    scores = np.concatenate([one.scores for one in pieces])
    np.testing.assert_allclose(scores, model.judge(LATER, TRAINING).scores, rtol=1e-9)


def test_after_a_gap_nothing_of_before_counts(model: Model) -> None:
    later = Frame(LATER.times + 10**9, LATER.names, LATER.values)
    np.testing.assert_array_equal(model.judge(later, TRAINING).scores, model.judge(later).scores)


def test_the_times_may_be_irregular(settings: Settings) -> None:
    random = np.random.default_rng(0)
    times = np.cumsum(random.integers(30_000, 90_000, len(TRAINING)))
    model = fit(Frame(times, TRAINING.names, TRAINING.values), settings)
    assert np.isfinite(model.judge(LATER).scores).all()


def test_three_hundred_sensors_make_a_model_of_at_most_ten_megabytes(settings: Settings, tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(size=(400, 300))
    frame = Frame(TRAINING.times[:400], tuple(f"s{at}" for at in range(300)), values)
    model = fit(frame, replace(settings, blocks=2))
    save(model, tmp_path)
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) <= 10_000_000
    assert same(model, load(tmp_path), frame)


def test_nothing_to_learn_from_is_refused() -> None:
    with pytest.raises(BadFrame, match="got 600 rows outside of the labels and no reading"):
        fit(with_values(TRAINING, np.full_like(TRAINING.values, np.nan)))
    with pytest.raises(BadFrame, match="got 0 rows outside of the labels"):
        fit(TRAINING, labels=[(0, int(TRAINING.times[-1]))])


_DIGEST = """
import hashlib
from lookout_server.detection.sensors import fit
from tests.server.detection.test_battery import LATER, TRAINING
print(hashlib.sha256(fit(TRAINING).judge(LATER).scores.round(9).tobytes()).hexdigest())
"""


def test_the_number_of_threads_changes_nothing() -> None:
    digests = {
        subprocess.run(
            [sys.executable, "-c", _DIGEST],
            env=os.environ | {"OPENBLAS_NUM_THREADS": threads, "OMP_NUM_THREADS": threads},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for threads in ("1", "2")
    }
    assert len(digests) == 1


def test_the_example_of_the_documentation_runs() -> None:
    (block,) = pages.python("docs/detection.md")
    found: dict[str, Any] = {}
    exec(compile(block, "<example>", "exec"), found)
    assert found["model"].threshold.method == "labels"
    assert len(found["judgement"].explain(700)) == 2
