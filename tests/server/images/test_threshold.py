"""From which score on a picture is anomalous."""

from __future__ import annotations

import numpy as np
import pytest

from lookout_server.detection.images.settings import Settings
from lookout_server.detection.images.threshold import Threshold, best_level, choose, figures, logistic, unlabelled

NORMAL = np.array([0.1, 0.2, 0.15, 0.3, 0.25, 0.1])
ANOMALOUS = np.array([0.9, 0.8, 1.2, 0.85, 1.0, 0.9])
NO_MASKS = np.zeros(0, np.float32), np.zeros(0, bool)


def test_without_anomalous_pictures_it_is_so_many_deviations_above_the_median() -> None:
    found = choose(NORMAL, NORMAL[:0], *NO_MASKS, Settings(deviations=3.0))
    spread = max(1.4826 * 0.075, float(np.std(NORMAL)))
    assert found.value == pytest.approx(0.175 + 3 * spread)
    assert (found.method, found.normal, found.anomalous, found.f1) == ("normal only", 6, 0, None)


def test_pictures_that_are_all_the_same_leave_room_for_the_next() -> None:
    value, slope = unlabelled(np.full(9, 0.5), Settings())
    assert value > 0.5
    assert np.isfinite(slope)


def test_with_anomalous_pictures_it_lies_between_the_two_kinds() -> None:
    found = choose(NORMAL, ANOMALOUS, *NO_MASKS, Settings())
    assert max(NORMAL) < found.value < min(ANOMALOUS)
    assert (found.method, found.precision, found.recall, found.f1) == ("held out", 1.0, 1.0, 1.0)


def test_figures_are_those_of_counting() -> None:
    assert figures(6, 2, 8) == (0.75, 0.75, 0.75)
    assert figures(0, 0, 5) == (0, 0, 0)
    assert figures(0, 0, 0) == (0, 0, 0)


def test_the_figures_of_a_threshold_are_those_at_it() -> None:
    normal, anomalous = np.append(NORMAL, 2.0), np.append(ANOMALOUS, 0.0)
    found = choose(normal, anomalous, *NO_MASKS, Settings())
    hits, false = sum(one >= found.value for one in anomalous), sum(one >= found.value for one in normal)
    assert found.precision == pytest.approx(hits / (hits + false))
    assert found.recall == pytest.approx(hits / 7)
    assert found.f1 == pytest.approx(2 * hits / (2 * hits + false + 7 - hits))


def test_how_many_pictures_there_are_of_a_kind_hardly_moves_it() -> None:
    one = logistic(np.tile(NORMAL, 20), np.tile(ANOMALOUS, 20))
    other = logistic(np.tile(NORMAL, 40), np.tile(ANOMALOUS, 20))
    assert one[0] == pytest.approx(other[0], abs=0.03)


def test_of_kinds_that_mirror_each_other_it_is_the_middle() -> None:
    scores = np.array([0.0, 1.0, 2.0, 3.0])
    value, slope = logistic(scores, 10 - scores)
    assert value == pytest.approx(5)
    assert slope > 0


def test_scores_that_say_the_opposite_still_give_a_rising_confidence() -> None:
    assert logistic(ANOMALOUS, NORMAL)[1] > 0
    assert np.isfinite(logistic(np.zeros(3), np.zeros(3))).all()


def test_a_calibrated_score_is_half_at_the_threshold_and_rises() -> None:
    threshold = Threshold(0.7, 4.0, 0.3, "given", 0, 0, None, None, None)
    assert threshold.calibrated(np.float64(0.7)) == 0.5
    found = threshold.calibrated(np.array([-1e9, 0.6, 0.7, 0.8, 1e9]))
    assert (np.diff(found) > 0).all()
    assert threshold.at(0.2).calibrated(0.2) == 0.5


def test_places_have_a_level_of_their_own_half_way_from_what_is_normal_to_the_alarm() -> None:
    found = choose(NORMAL, ANOMALOUS, *NO_MASKS, Settings())
    assert found.place == pytest.approx((np.median(NORMAL) + found.value) / 2)
    assert found.placed(found.place) == 0.5


def test_with_masks_it_is_the_level_at_which_cells_are_most_like_them() -> None:
    random = np.random.default_rng(0)
    masked = random.random(300) < 0.1
    cells = (random.normal(0, 1, 300) + 2 * masked).astype(np.float32)

    def f1(level: float) -> float:
        shown = cells >= level
        return float(2 * (shown & masked).sum() / (shown.sum() + masked.sum()))

    assert f1(best_level(cells, masked)) == pytest.approx(max(map(f1, cells.tolist())), abs=0.01)
    assert choose(NORMAL, ANOMALOUS, cells, masked, Settings()).place == best_level(cells, masked)
