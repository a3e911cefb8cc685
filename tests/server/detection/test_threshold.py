"""The threshold: chosen, moved, stored."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from lookout_server.detection.artifact import BadModel
from lookout_server.detection.sensors import Settings, fit, load, save
from lookout_server.detection.sensors.threshold import choose, unlabelled
from tests.server.detection import machine

HELD_OUT = np.random.default_rng(0).gamma(2, size=5000)
NONE = np.zeros(0)
MODEL = fit(machine.frame(machine.running(600, seed=1)))


def test_a_score_at_the_threshold_is_one_half() -> None:
    threshold = choose(HELD_OUT, NONE, 0, Settings())
    assert threshold.calibrated(np.array([0, threshold.value])).tolist() == [0, 0.5]


def test_without_labels_it_is_the_quantile_or_robust_deviations_whichever_is_less() -> None:
    assert unlabelled(HELD_OUT, Settings(deviations=99)) == pytest.approx(np.quantile(HELD_OUT, 0.98))
    middle = np.median(HELD_OUT)
    spread = 1.4826 * np.median(np.abs(HELD_OUT - middle))
    assert unlabelled(HELD_OUT, Settings(deviations=1)) == pytest.approx(middle + spread)


def test_events_that_nobody_labelled_hardly_move_it() -> None:
    dirty = np.concatenate([HELD_OUT, np.full(250, 1e3)])
    assert unlabelled(dirty, Settings()) < 1.2 * unlabelled(HELD_OUT, Settings())


def test_labels_lower_it_to_the_events_that_it_misses() -> None:
    without = unlabelled(HELD_OUT, Settings())
    anomalous = np.full(2000, 0.9 * without)
    threshold = choose(HELD_OUT, anomalous, 1, Settings())
    assert threshold.method == "labels"
    assert 0.85 * without < threshold.value <= 0.9 * without
    assert choose(HELD_OUT, anomalous, 1, Settings(least_events=2)).method == "held out"


def test_labels_do_not_raise_it() -> None:
    assert choose(HELD_OUT, np.full(50, 100.0), 1, Settings()).value == unlabelled(HELD_OUT, Settings())


def test_labels_of_what_looks_normal_do_not_move_it() -> None:
    for ordinary in (np.zeros(500), HELD_OUT[:500]):
        assert choose(HELD_OUT, ordinary, 1, Settings()).value == unlabelled(HELD_OUT, Settings())


def test_it_is_moved_to_a_rate_without_learning_again() -> None:
    threshold = choose(HELD_OUT, NONE, 0, Settings()).at_rate(0.1)
    assert (threshold.value <= HELD_OUT).mean() == pytest.approx(0.1, abs=0.001)
    later = machine.frame(machine.faulty(400, seed=2)[0])
    moved = MODEL.with_threshold(MODEL.threshold.at_rate(0.3)).judge(later)
    assert moved.alarms.sum() > MODEL.judge(later).alarms.sum()
    np.testing.assert_array_equal(np.argsort(moved.scores), np.argsort(MODEL.judge(later).scores))


def test_what_is_labelled_is_not_learnt_as_normal() -> None:
    values, labels, events = machine.faulty(600, seed=3)
    frame = machine.frame(values)
    times = [(int(frame.times[first]), int(frame.times[last])) for first, last, _ in events]
    with_labels, without = fit(frame, labels=times), fit(frame)
    assert with_labels.threshold.rows == 600 - labels.sum()
    assert with_labels.judge(frame).scores[labels].mean() > without.judge(frame).scores[labels].mean()


def test_the_same_model_is_the_same_bytes(tmp_path: Path) -> None:
    again = fit(machine.frame(machine.running(600, seed=1)))
    for name, model in (("one", MODEL), ("two", again)):
        save(model, tmp_path / name)
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()


def test_an_array_that_was_changed_is_found_out(tmp_path: Path) -> None:
    save(MODEL, tmp_path)
    file = tmp_path / "scaling.mean.npy"
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    with pytest.raises(BadModel, match=r"scaling\.mean\.npy: is not what the manifest says"):
        load(tmp_path)
    file.unlink()
    with pytest.raises(BadModel, match="expected a file of the model"):
        load(tmp_path)


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadModel, match="expected the manifest of a model"):
        load(tmp_path)
    save(MODEL, tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text("utf-8"))
    for changed, message in (
        ({**manifest, "format": 2}, "got the format 2, expected 1"),
        ({**manifest, "settings": {"views": ["unknown"]}}, "unknown"),
        ({key: value for key, value in manifest.items() if key != "names"}, "names"),
    ):
        (tmp_path / "manifest.json").write_text(json.dumps(changed), "utf-8")
        with pytest.raises(BadModel, match=message):
            load(tmp_path)
