"""The figures by which an inspector is judged, by hand; and how public pictures are divided."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.quality.picture_figures import Answer, auroc, comparable, figures, places, pooled
from bench.quality.splits import masks_of, picture_sets, splits
from tests.server.images.scene import encoded

RANDOM = np.random.default_rng(0)


def test_the_area_under_the_curve_is_how_often_a_pair_is_in_order() -> None:
    low, high = RANDOM.integers(0, 9, 30).astype(float), RANDOM.integers(3, 12, 20).astype(float)
    twin = np.mean([1.0 if p > n else 0.5 if p == n else 0.0 for p in high for n in low])
    assert auroc(low, high) == pytest.approx(twin)


def test_figures_are_those_of_counting() -> None:
    answers = [Answer(True, 3, 0.9), Answer(True, 1, 0.2), Answer(False, 2, 0.6), Answer(False, 0, 0.1)]
    found = figures(answers)
    assert (found["precision"], found["recall"], found["f1"], found["auroc"]) == (0.5, 0.5, 0.5, 0.75)
    assert found["brier"] == pytest.approx((0.01 + 0.64 + 0.36 + 0.01) / 4)
    assert np.isnan(found["pro"])


def test_nothing_found_is_no_f1_and_no_division_by_nothing() -> None:
    found = figures([Answer(True, 0, 0.1), Answer(False, 0, 0.2)])
    assert (found["precision"], found["recall"], found["f1"], found["auroc"]) == (0, 0, 0, 0.5)


def test_a_map_that_is_the_mask_overlaps_wholly_and_one_that_says_nothing_by_chance() -> None:
    mask = np.zeros((20, 20), bool)
    mask[3:6, 4:9] = mask[12:15, 12:14] = True
    assert places([(mask.astype(np.float32), mask)]) == {"pixel auroc": 1, "pro": pytest.approx(1, abs=0.01)}
    noise = RANDOM.random((200, 200)).astype(np.float32)
    large = np.zeros((200, 200), bool)
    large[50:150, 50:150] = True
    assert places([(noise, large)])["pro"] == pytest.approx(0.15, abs=0.01)


def test_each_defect_counts_the_same_however_large_it_is() -> None:
    mask = np.zeros((100, 100), bool)
    mask[10:60, 10:60] = mask[80:82, 80:82] = True
    found = np.zeros((100, 100), np.float32)
    found[10:60, 10:60] = 1
    found[~mask] = RANDOM.random(int((~mask).sum())) * 0.5
    assert places([(found, mask)])["pro"] == pytest.approx(0.5, abs=0.01)


def test_defects_that_touch_at_a_corner_are_two() -> None:
    mask = np.eye(2, dtype=bool)
    found = np.array([[1.0, 0.0], [0.0, 0.0]], np.float32)
    assert places([(found, mask)])["pro"] == pytest.approx(0.5)


def test_maps_and_masks_are_compared_at_the_same_size() -> None:
    mask = np.zeros((100, 50), bool)
    mask[:50] = True
    found, small = comparable(mask.astype(np.float32), mask)
    assert found.shape == small.shape == (256, 128)
    assert small[:128].all()
    assert not small[128:].any()


def test_what_is_as_probable_as_it_is_often_has_no_calibration_error() -> None:
    right = [Answer(at < 7, 0, 0.7) for at in range(10)]
    assert pooled(right)["calibration error"] == pytest.approx(0)
    assert pooled([Answer(False, 0, 0.7)])["calibration error"] == pytest.approx(0.7)
    assert pooled([Answer(True, 0, 1.0), Answer(False, 0, 0.0)]) == {"calibration error": 0, "brier": 0}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for kind, count in (("normal", 60), ("anomaly", 30)):
        (tmp_path / "set" / kind).mkdir(parents=True)
        for number in range(count):
            (tmp_path / "set" / kind / f"{number:02}.png").write_bytes(encoded(np.full((4, 4), number, np.uint8)))
    (tmp_path / "set/mask").mkdir()
    (tmp_path / "set/mask/03.png").write_bytes(encoded(np.eye(4, dtype=np.uint8) * 255))
    (tmp_path / "other").mkdir()
    return tmp_path / "set"


def test_the_test_is_the_same_for_every_seed_and_nothing_of_it_is_learnt(folder: Path) -> None:
    assert picture_sets(folder.parent) == [folder]
    few, many = list(splits(folder, normals=5, anomalies=2)), list(splits(folder, normals=20, anomalies=10))
    assert len({tuple(split.test) for split in few + many}) == 1
    assert len({tuple(split.normal) for split in many}) == 3
    for split in few + many:
        assert not {*split.normal, *split.anomalous} & set(split.test)
        assert (split.truth.count(False), split.truth.count(True)) == (15, 15)
        assert {path.parent.name for path in split.normal} == {"normal"}
    assert (len(few[0].normal), len(few[0].anomalous)) == (5, 2)


def test_a_mask_belongs_to_the_anomalous_picture_of_its_name(folder: Path) -> None:
    assert {label: mask.sum() for label, mask in masks_of(folder / "anomaly/03.png").items()} == {"defect": 4}
    assert masks_of(folder / "anomaly/04.png") == masks_of(folder / "normal/03.png") == {}
    (folder / "mask/dent").mkdir()
    (folder / "mask/dent/04.png").write_bytes(encoded(np.full((4, 4), 255, np.uint8)))
    assert list(masks_of(folder / "anomaly/04.png")) == ["dent"]
