"""The fast paths, beside slow and obvious twins."""

from __future__ import annotations

import numpy as np
import pytest

from lookout_server.detection.sensors.calibration import Calibration, folds_of, held_out_scores
from lookout_server.detection.sensors.covariance import filled, precision
from lookout_server.detection.sensors.frame import BadFrame, Frame, since_start, step_of
from lookout_server.detection.sensors.long import Long
from lookout_server.detection.sensors.normal import Normal
from lookout_server.detection.sensors.scaling import Scaling
from lookout_server.detection.sensors.settings import Settings
from lookout_server.detection.sensors.smoothing import smoothed
from lookout_server.detection.sensors.views.forecast import Forecast
from lookout_server.detection.sensors.views.range import Range
from lookout_server.detection.sensors.views.relations import Relations
from lookout_server.detection.sensors.views.slow import Slow
from lookout_server.detection.sensors.windows import row_before, trailing_max, trailing_mean

RANDOM = np.random.default_rng(0)
VALUES = RANDOM.normal(size=(40, 3)) @ RANDOM.normal(size=(3, 3))
TIMES = np.cumsum(RANDOM.integers(1, 9, 40)) * 1000
SINCE = since_start(TIMES, 5000)
NO_GAP = np.arange(40)


def window(row: int, span: int) -> slice:
    return slice(row - min(int(SINCE[row]), span - 1), row + 1)


def test_rows_are_counted_from_the_last_gap() -> None:
    assert since_start(np.array([0, 1, 2, 9, 10, 99]), 3).tolist() == [0, 1, 2, 0, 1, 0]
    assert (SINCE == 0).sum() > 3


@pytest.mark.parametrize("span", [1, 2, 8, 32])
def test_windows_are_those_of_a_loop(span: int) -> None:
    means = [VALUES[window(row, span)].mean(0) for row in range(len(VALUES))]
    tops = [VALUES[window(row, span)].max(0) for row in range(len(VALUES))]
    np.testing.assert_allclose(trailing_mean(VALUES, SINCE, span), means)
    np.testing.assert_array_equal(trailing_max(VALUES, SINCE, span), tops)


def test_the_row_before_the_first_after_a_gap_is_itself() -> None:
    twin = [VALUES[row] if SINCE[row] == 0 else VALUES[row - 1] for row in range(len(VALUES))]
    np.testing.assert_array_equal(row_before(VALUES, SINCE), twin)


def test_a_span_that_is_no_power_of_two_is_refused() -> None:
    with pytest.raises(ValueError, match="span: got 6, expected a power of two"):
        trailing_mean(VALUES, SINCE, 6)


def test_the_precision_is_the_inverse_of_the_shrunk_covariance() -> None:
    covariance, amount = np.cov(VALUES.T), 0.01 + 0.5 * 3 / 41
    for row in range(3):
        for column in range(3):
            covariance[row, column] *= 1 if row == column else 1 - amount
        covariance[row, row] += 1e-3
    np.testing.assert_allclose(precision(VALUES), np.linalg.inv(covariance))


def test_the_parts_of_relations_sum_to_the_distance_and_what_is_expected_is_the_regression_on_the_others() -> None:
    view = Relations.fit(VALUES, NO_GAP)
    centred = VALUES[7] - view.mean
    raw = [centred[j] * sum(centred[k] * view.inverse[k, j] for k in range(3)) for j in range(3)]
    np.testing.assert_allclose(view.parts(VALUES, NO_GAP)[7], np.maximum(raw, 0))
    covariance = np.linalg.inv(view.inverse)
    slope = np.linalg.solve(covariance[1:, 1:], covariance[1:, 0])
    np.testing.assert_allclose(view.expected(VALUES)[7, 0], view.mean[0] + centred[1:] @ slope)
    np.testing.assert_allclose(view.tolerance()[0] ** 2, covariance[0, 0] - slope @ covariance[1:, 0])


def test_the_forecast_is_the_regression_on_the_mean_of_the_rows_before() -> None:
    view, past = Forecast.fit(VALUES, NO_GAP), row_before(trailing_mean(VALUES, NO_GAP, 4), NO_GAP)
    both = np.hstack([VALUES, past])
    covariance = np.linalg.inv(precision(both))
    slope = np.linalg.solve(covariance[3:, 3:], covariance[3:, :3])
    errors = VALUES - VALUES.mean(0) - (past - past.mean(0)) @ slope
    variance = np.diag(covariance[:3, :3] - covariance[:3, 3:] @ slope)
    np.testing.assert_allclose(view.parts(VALUES, NO_GAP), errors**2 / variance)


def test_the_slow_view_is_the_distance_of_the_levels() -> None:
    view = Slow.fit(VALUES, SINCE)
    level = (np.mean(VALUES[window(9, 32)], 0) - view.mean) / view.spread
    there = len(VALUES[window(9, 32)]) / 32
    np.testing.assert_allclose(view.parts(VALUES, SINCE)[9], np.maximum(level * (level @ view.inverse), 0) * there)


def test_the_range_counts_what_is_beyond_it() -> None:
    view = Range(np.array([0.0, 0.0]), np.array([1.0, 1.0]))
    parts = view.parts(np.array([[0.5, 1.0], [3.0, -1.0]]), np.arange(2))
    assert parts.tolist() == [[0, 0], [4, 1]]


def test_a_missing_reading_becomes_the_regression_on_those_that_are_there() -> None:
    view = Relations.fit(VALUES - VALUES.mean(0), NO_GAP)
    holes = VALUES - VALUES.mean(0)
    holes[3, 0] = holes[5, 1] = holes[5, 2] = holes[9] = np.nan
    whole, seen = filled(holes, view.inverse)
    covariance = np.linalg.inv(view.inverse)
    expected = covariance[0, 1:] @ np.linalg.solve(covariance[1:, 1:], holes[3, 1:])
    np.testing.assert_allclose(whole[3, 0], expected)
    np.testing.assert_allclose(whole[5, 1:], covariance[1:, 0] / covariance[0, 0] * holes[5, 0])
    assert whole[9].tolist() == [0, 0, 0]
    assert (~seen).sum() == 6


def test_a_constant_sensor_has_a_spread_a_switch_is_known_and_an_absent_one_is_neither() -> None:
    values = np.column_stack([np.full(6, 50.0), [0, 1, 0, 1, 1, np.nan], np.arange(6.0), np.full(6, np.nan)])
    scaling = Scaling.fit(values)
    assert scaling.spread[0] == pytest.approx(0.05)
    assert scaling.switch.tolist() == [True, True, False, True]
    assert scaling(values)[:, 0].tolist() == [0] * 6
    assert (np.isnan(scaling.mean[3]), scaling.spread[3]) == (True, 1)
    np.testing.assert_allclose(scaling.back(scaling(values))[:, 2], values[:, 2])


def test_a_row_at_the_edge_of_what_is_normal_scores_log_two() -> None:
    calibration = Calibration.fit(np.arange(101.0)[:, None])
    assert calibration(np.array([[99.0]]))[0, 0] == pytest.approx(np.log(2))


def test_every_block_is_judged_by_what_was_learnt_from_the_others() -> None:
    frame, settings = Frame(NO_GAP * 1000, ("a", "b", "c"), VALUES), Settings(blocks=2)
    scores = held_out_scores(Long.of(frame), folds_of(frame.times, frame, 3000, settings), 3000)
    first = Normal.fit(VALUES[20:], np.arange(20), settings).scores(VALUES[:20], np.arange(20))
    np.testing.assert_allclose(scores[:20], first)


def test_smoothing_is_that_of_a_loop() -> None:
    settings, raw = Settings(), np.abs(VALUES)
    fused = raw.mean(1)
    means = [(fused[window(r, 4)].mean() + np.minimum(fused, 1.0)[window(r, 64)].mean()) / 2 for r in range(40)]
    twin = [max(means[r], min(max(means[window(r, 16)]), means[r] / 0.9)) for r in range(40)]
    np.testing.assert_allclose(smoothed(raw, SINCE, settings), twin)


def test_an_event_that_is_over_does_not_go_on_however_loud_it_was() -> None:
    settings, calm = Settings(hold=1), np.full((200, 1), 0.1)
    loud = calm.copy()
    loud[90:93] = 9.0
    score = smoothed(loud, np.arange(200), settings)
    assert score[92] > 3
    assert score[97] < 0.15


def test_frames_say_what_does_not_fit() -> None:
    with pytest.raises(BadFrame, match=r"got the shape \(40, 3\), expected \(40, 2\)"):
        Frame(TIMES, ("a", "b"), VALUES)
    with pytest.raises(BadFrame, match="each sensor can occur once, got a, b, a"):
        Frame(TIMES, ("a", "b", "a"), VALUES)
    with pytest.raises(BadFrame, match="row 39 is not later"):
        Frame(np.r_[TIMES[:-1], 0], ("a", "b", "c"), VALUES)


def test_the_usual_step_is_the_median() -> None:
    assert step_of(np.array([0, 10, 20, 900])) == 10
    assert step_of(np.array([5])) == 1
