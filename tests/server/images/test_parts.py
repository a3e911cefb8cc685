"""The fast paths, beside slow and obvious twins."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from lookout_server.detection.images.changes import lit, moved, turned
from lookout_server.detection.images.edges import fitted, window_mean
from lookout_server.detection.images.evidence import Way, score
from lookout_server.detection.images.examples import cells_of, near
from lookout_server.detection.images.grids import blurred, halved, inner, mean3, stretched
from lookout_server.detection.images.head import Head
from lookout_server.detection.images.labels import Labels, Region, components, described
from lookout_server.detection.images.memory import _CHUNK, ALIKE, Memory, Scaling, order, spread, steady
from lookout_server.detection.images.settings import Settings

RANDOM = np.random.default_rng(0)
GRID = RANDOM.normal(size=(7, 10, 3)).astype(np.float32)


def clamped(grid: Any, row: int, column: int) -> Any:
    return grid[min(max(row, 0), len(grid) - 1), min(max(column, 0), grid.shape[1] - 1)]


def test_the_mean_of_nine_cells_is_that_of_a_loop() -> None:
    around = [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1)]
    twin = [[np.mean([clamped(GRID, r + y, c + x) for y, x in around], axis=0) for c in range(10)] for r in range(7)]
    np.testing.assert_allclose(mean3(GRID), twin, atol=1e-6)


def test_halving_takes_the_mean_of_two_by_two_cells_and_leaves_an_odd_one() -> None:
    twin = [[GRID[2 * r : 2 * r + 2, 2 * c : 2 * c + 2].mean((0, 1)) for c in range(5)] for r in range(3)]
    np.testing.assert_allclose(halved(GRID), twin, atol=1e-6)


@pytest.mark.parametrize("size", [(7, 10), (14, 20), (5, 33), (1, 1)])
def test_stretching_is_linear_between_the_centres_of_cells(size: tuple[int, int]) -> None:
    found = stretched(GRID, *size)
    for row in range(size[0]):
        for column in range(size[1]):
            y = min(max((row + 0.5) * 7 / size[0] - 0.5, 0), 6)
            x = min(max((column + 0.5) * 10 / size[1] - 0.5, 0), 9)
            top, left = math.floor(y), math.floor(x)
            corners = [
                (top + a, left + b, abs(1 - a - (y - top)) * abs(1 - b - (x - left))) for a in (0, 1) for b in (0, 1)
            ]
            twin = sum(clamped(GRID, r, c) * part for r, c, part in corners)
            np.testing.assert_allclose(found[row, column], twin, atol=1e-5)


def test_a_blur_keeps_what_is_constant_and_spreads_a_single_cell_as_a_bell() -> None:
    np.testing.assert_allclose(blurred(np.full((5, 6), 3.0, np.float32), 1.5), 3.0, rtol=1e-6)
    one = np.zeros((21, 21), np.float32)
    one[10, 10] = 1
    found = blurred(one, 2.0)
    bell = np.exp(-0.5 * (np.arange(-6, 7) / 2.0) ** 2)
    bell /= bell.sum()
    np.testing.assert_allclose(found[4:17, 4:17], np.outer(bell, bell), atol=1e-6)
    assert blurred(one, 0.0) is one


@pytest.mark.parametrize("count", [1, 5, _CHUNK, _CHUNK + 3])
def test_distances_are_those_to_the_nearest_of_all(count: int) -> None:
    memory = Memory(RANDOM.normal(size=(40, 6)).astype(np.float16))
    patches = RANDOM.normal(size=(count, 6)).astype(np.float32)
    bank = memory.patches.astype(np.float64)
    twin = [min(math.dist(patch, one) for one in bank) for patch in patches[:50].astype(np.float64)]
    np.testing.assert_allclose(memory.distances(patches)[:50], twin, rtol=1e-5)


def test_what_is_remembered_is_at_no_distance_at_all() -> None:
    memory = Memory(RANDOM.normal(size=(40, 6)).astype(np.float16) * 50)
    assert (memory.distances(memory.patches.astype(np.float32)) == 0).all()


def test_the_memory_takes_the_patch_that_is_farthest_from_those_it_has() -> None:
    patches = RANDOM.normal(size=(60, 4)).astype(np.float16).astype(np.float32)
    chosen = [int(np.linalg.norm(patches - patches.mean(0), axis=1).argmax())]
    while len(chosen) < 12:
        nearest = [min(math.dist(one, patches[at]) for at in chosen) for one in patches]
        chosen.append(int(np.argmax(nearest)))
    np.testing.assert_array_equal(Memory.fit(patches, 12).patches, patches[chosen].astype(np.float16))


def test_a_memory_for_more_than_there_is_takes_each_patch_once() -> None:
    patches = np.repeat(RANDOM.normal(size=(5, 4)).astype(np.float32), 3, axis=0)
    assert len(Memory.fit(patches, 99).patches) == 15


def test_scaled_features_have_deviations_of_one_over_the_root_of_their_number() -> None:
    patches = RANDOM.normal(3, 7, size=(500, 4)).astype(np.float32)
    scaled = Scaling.fit(patches)(patches)
    np.testing.assert_allclose(scaled.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(scaled.std(0), 0.5, rtol=1e-2)
    assert np.isfinite(Scaling.fit(np.zeros((9, 4), np.float32))(patches)).all()


def test_what_is_taken_of_one_picture_is_not_what_is_taken_of_the_next() -> None:
    taken = [set(spread(4_096, 71, start).tolist()) for start in range(100)]
    assert max(len(one & other) for one, other in pairwise(taken)) < 36
    assert len(set.union(*taken)) > 2_500


@pytest.mark.parametrize(("count", "wanted"), [(10, 3), (10, 10), (3, 99), (4_096, 142), (1, 1)])
def test_numbers_are_spread_and_none_occurs_twice(count: int, wanted: int) -> None:
    for start in range(5):
        found = spread(count, wanted, start)
        assert len(set(found.tolist())) == len(found)
        assert found.min() >= 0
        assert found.max() < count
        assert min(count, wanted) * 0.9 <= len(found) <= min(count, wanted)


@pytest.mark.parametrize("count", [3, 100, 768, 4_096])
def test_who_wants_less_gets_the_first_of_what_there_is(count: int) -> None:
    for start in range(5):
        everything = order(count, ALIKE, start)
        for wanted in (1, 20, 100):
            assert spread(count, wanted, start).tolist() == sorted(everything[:wanted].tolist())


def test_with_ten_numbers_more_nearly_all_that_are_chosen_stay() -> None:
    before, after = (set(steady(count, 60).tolist()) for count in (200, 210))
    assert len(before) == len(after) == 60
    assert len(after - before) <= 4
    assert max(other - one for one, other in pairwise(sorted(after))) <= 5


def test_the_head_is_where_the_penalised_likelihood_is_highest() -> None:
    normal = RANDOM.normal(0, 1, size=(80, 3)).astype(np.float32)
    anomalous = RANDOM.normal(1, 1, size=(20, 3)).astype(np.float32)
    shares, ridge = RANDOM.uniform(0.5, 1, 20), 0.01

    def loss(weights: Any) -> float:
        odds_bad, odds_good = (one @ weights[:-1] + weights[-1] for one in (anomalous, normal))
        fit = (shares / shares.sum() * np.logaddexp(0, -odds_bad)).sum() + np.logaddexp(0, odds_good).mean()
        return float(fit + ridge / 2 * (weights[:-1] ** 2).sum() / 3)

    weights = Head.fit(anomalous, shares, normal, ridge).weights.astype(np.float64)
    for step in RANDOM.normal(0, 0.02, size=(50, 4)):
        assert loss(weights + step) > loss(weights)


def test_odds_are_bounded() -> None:
    head = Head(np.array([1e6, 0.0], np.float32))
    assert head.odds(np.array([[1.0], [-1.0]], np.float32)).tolist() == [12, -12]


def test_the_score_is_the_mean_of_the_top_cells_within_the_edge() -> None:
    evidence = RANDOM.normal(size=(40, 50)).astype(np.float32)
    evidence[0] = 99
    inside = sorted(evidence[1:-1, 1:-1].ravel().tolist(), reverse=True)
    assert score(evidence, Way(0, 0.01), Settings(edge=1)) == pytest.approx(np.mean(inside[:18]))
    assert score(evidence, Way(0, 0.01), Settings(edge=0)) == pytest.approx(99, abs=1)
    assert score(evidence[:2, :1], Way(0, 0.01), Settings(edge=1)) == pytest.approx(float(evidence[:2, :1].mean()))


def test_at_the_edges_a_map_has_no_more_than_beside_them_and_weighs_the_odds() -> None:
    unusual, odds = np.zeros((9, 9), np.float32), np.ones((9, 9), np.float32)
    unusual[0, 4] = unusual[2, 7] = unusual[4, 4] = unusual[1, 6] = 5
    found = Way(0.5, 0.01).joined(unusual, odds, Settings(edge=2))
    assert (found[4, 4], found[0, 4], found[1, 6], found[2, 7]) == (5.5, 0.5, 0.5, 0.5)
    unusual[2, 6] = 5
    assert Way(0.5, 0.01).joined(unusual, odds, Settings(edge=2))[1, 6] == 5.5
    assert Way(0.5, 0.01).joined(unusual, odds, Settings(edge=5))[0, 4] == 5.5


@pytest.mark.parametrize("corners", [True, False])
def test_connected_parts_are_those_of_a_flood(corners: bool) -> None:
    cells = RANDOM.random((20, 30)) < 0.45
    left, twin = set(map(tuple, np.argwhere(cells).tolist())), []
    while left:
        part, edge = set(), [min(left)]
        while edge:
            row, column = edge.pop()
            if (row, column) in left:
                left.remove((row, column))
                part.add((row, column))
                steps = [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1) if corners or not (y and x)]
                edge += [(row + y, column + x) for y, x in steps]
        twin.append(part)
    found = [set(map(tuple, np.argwhere(part).tolist())) for part in components(cells, corners=corners)]
    assert found == twin


def test_a_spiral_is_one_part() -> None:
    cells = np.zeros((9, 9), bool)
    cells[0], cells[:, 8], cells[8], cells[2:, 0], cells[2, :7], cells[2:7, 6] = (True,) * 6
    assert len(list(components(cells))) == 1
    assert list(components(np.zeros((3, 3), bool))) == []


def test_the_mean_of_a_window_is_that_of_what_lies_inside() -> None:
    values = RANDOM.normal(size=(9, 14)).astype(np.float32)
    twin = [[values[max(r - 2, 0) : r + 3, max(c - 2, 0) : c + 3].mean() for c in range(14)] for r in range(9)]
    np.testing.assert_allclose(window_mean(values, 2), twin, atol=1e-6)


def test_the_edge_of_a_map_is_where_the_picture_has_its_edge() -> None:
    pixels = np.full((256, 256, 3), 200, np.uint8)
    pixels[:, 131:] = 40
    coarse = np.zeros((32, 32), np.float32)
    coarse[:, 16:] = 1  # from the pixel 128 on
    found = fitted(coarse, pixels)
    assert found.shape == (256, 256)
    assert int(np.abs(np.diff(found[128])).argmax()) == 130


def test_a_map_of_a_picture_without_edges_is_only_larger() -> None:
    found = fitted(np.full((8, 8), 0.7, np.float32), np.full((100, 60, 3), 9, np.uint8))
    np.testing.assert_allclose(found, 0.7, atol=1e-5)


def test_a_region_is_given_to_the_label_whose_regions_it_is_like() -> None:
    found = [
        Region(label, at, RANDOM.normal(mean, 1, 5).astype(np.float32))
        for at in range(9)
        for label, mean in (("a", -3), ("b", 3))
    ]
    labels = Labels.fit(found)
    assert labels.names == ("a", "b")
    assert [labels.of(np.full(5, mean, np.float32)) for mean in (-2.0, 2.0)] == ["a", "b"]
    assert Labels.fit(found[:1]).of(found[1].features) == "a"


def test_a_region_is_described_by_its_mean_its_size_and_its_length() -> None:
    part = np.zeros((10, 10), bool)
    part[4, 1:9] = True
    scaled = RANDOM.normal(size=(100, 4)).astype(np.float32)
    found = described(part, scaled)
    np.testing.assert_allclose(found[:4], 2 * scaled[part.ravel()].mean(0), rtol=1e-5)
    assert found[4] == pytest.approx(math.log(8))
    assert found[5] > described(np.ones((10, 10), bool), scaled)[5]


def test_cells_belong_to_a_mask_that_covers_a_quarter_of_them_or_most_of_any() -> None:
    assert cells_of(np.array([[0.1, 0.25, 1.0]], np.float32)).tolist() == [[False, True, True]]
    assert cells_of(np.array([[0.0, 0.01, 0.02]], np.float32)).tolist() == [[False, False, True]]


def test_near_is_within_a_square() -> None:
    cells = np.zeros((7, 7), bool)
    cells[3, 3] = True
    assert np.argwhere(near(cells, 2)).min() == 1
    assert near(cells, 2).sum() == 25


def test_the_inner_cells_are_those_away_from_the_edges_unless_there_are_none() -> None:
    assert inner(GRID, 2).tolist() == GRID[2:5, 2:8].tolist()
    assert inner(GRID, 4) is GRID


def test_a_picture_is_moved_by_parts_of_its_longer_side() -> None:
    pixels = RANDOM.integers(0, 256, (20, 100, 3)).astype(np.uint8)
    np.testing.assert_array_equal(moved(pixels, 0.02, 0.01, "wrap"), np.roll(pixels, (1, 2), (0, 1)))
    assert (moved(pixels, 0.02, 0, "black")[:, :2] == 0).all()
    assert (moved(pixels, -0.02, 0)[:, -2:] == pixels[:, -1:]).all()


def test_a_picture_is_turned_about_its_centre() -> None:
    pixels = np.zeros((41, 41, 3), np.uint8)
    pixels[20, 30] = pixels[20, 20] = 255
    found = turned(pixels, 90)
    assert found.shape == pixels.shape
    assert found[10, 20].min() > 200
    assert found[20, 20].min() > 200


def test_light_is_a_factor_and_white_stays_white() -> None:
    assert lit(np.array([[[0, 100, 250]]], np.uint8), 1.15).tolist() == [[[0, 115, 255]]]
