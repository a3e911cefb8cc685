"""What holds for every inspector: with the network and by hand, with anomalous pictures and without."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lookout_server.detection.artifact import BadModel
from lookout_server.detection.images import (
    BadPicture,
    ByHand,
    Example,
    Judgement,
    Model,
    Network,
    Preprocessing,
    Settings,
    built_in,
    fit,
    load,
    save,
)
from lookout_server.detection.images import backbone as backbones
from lookout_server.detection.images.backbone import BadBackbone, NoWeights, from_file
from tests.docs import pages
from tests.server.images import scene
from tests.server.images.scene import LATER, LATER_DEFECTS, MASKED, NORMAL, SETTINGS, SIDE, UNMASKED

BACKBONES = {"network": built_in, "by hand": ByHand}
EXAMPLES: dict[str, list[Example]] = {"normal only": [], "without masks": UNMASKED, "with masks": MASKED}


def learnt_anew(backbone: str, examples: str, settings: Settings = SETTINGS) -> Model:
    return fit(NORMAL, EXAMPLES[examples], settings, preprocessing=SIDE, backbone=BACKBONES[backbone]())


learnt = functools.cache(learnt_anew)


@pytest.fixture(params=BACKBONES)
def backbone(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=EXAMPLES)
def examples(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def model(backbone: str, examples: str) -> Model:
    return learnt(backbone, examples)


def same(one: Judgement, other: Judgement) -> bool:
    return (
        (one.score, one.raw) == (other.score, other.raw)
        and np.array_equal(one.map, other.map)
        and one.labels.keys() == other.labels.keys()
        and all(np.array_equal(one.labels[name], other.labels[name]) for name in one.labels)
    )


def contents(directory: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in directory.iterdir()}


def test_learning_again_gives_the_same_bytes_and_leaves_its_input_alone(
    model: Model, backbone: str, examples: str, tmp_path: Path
) -> None:
    given = [*NORMAL, *(one.picture for one in MASKED), *(mask for one in MASKED for mask in one.masks.values())]
    before = [np.array(one) for one in given]
    save(model, tmp_path / "one")
    save(learnt_anew(backbone, examples), tmp_path / "two")
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    assert all(np.array_equal(one, other) for one, other in zip(given, before, strict=True))


def test_judging_leaves_its_input_alone(model: Model) -> None:
    before = np.array(NORMAL[0])
    model.judge(NORMAL[0])
    assert np.array_equal(NORMAL[0], before)


def test_a_model_that_was_saved_judges_the_same_to_the_last_bit(model: Model, tmp_path: Path) -> None:
    save(model, tmp_path)
    again = load(tmp_path)
    for picture in (LATER[0], LATER_DEFECTS[0][0], LATER_DEFECTS[-1][0]):
        assert same(model.judge(picture), again.judge(picture))


def test_a_picture_is_judged_alike_in_whatever_company(model: Model) -> None:
    pictures = [*LATER[:2], LATER_DEFECTS[0][0], np.zeros((70, 90), np.uint8)]
    together = list(model.judge_all(pictures))
    alone = [model.judge(picture) for picture in pictures[::-1]][::-1]
    assert all(same(one, other) for one, other in zip(together, alone, strict=True))


def test_defects_are_found_and_normal_pictures_are_not(model: Model, examples: str) -> None:
    normal, defects = ([model.judge(one) for one in some] for some in (LATER, [one for one, _ in LATER_DEFECTS]))
    assert min(one.raw for one in defects) > max(one.raw for one in normal)
    assert sum(one.anomalous for one in defects) == len(defects)
    assert sum(one.anomalous for one in normal) <= (2 if examples == "normal only" else 0)


def test_the_map_is_highest_in_the_defect_and_the_mask_lies_about_it(model: Model) -> None:
    for picture, where in LATER_DEFECTS:
        judgement = model.judge(picture)
        assert judgement.map[where].mean() > judgement.map[~where].mean() + 0.1
        assert judgement.mask.any()


def test_what_is_normal_has_no_mask_no_labels_and_no_areas(model: Model) -> None:
    for judgement in map(model.judge, LATER):
        if not judgement.anomalous:
            assert not judgement.mask.any()
            assert judgement.areas == {}


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((96, 128, 3), np.uint8),
        np.full((96, 128, 3), 255, np.uint8),
        np.zeros((64, 64), np.uint8),
        np.full((65, 301, 1), 255, np.uint8),
        np.full((300, 64, 4), 9, np.uint8),
        np.zeros((1, 1), np.uint8),
        np.full((90, 70), 65_535, np.uint16),
    ],
    ids=["black", "white", "one channel", "one channel of three dimensions", "alpha", "one pixel", "16 bits"],
)
def test_whatever_is_a_picture_is_judged_at_its_own_size(model: Model, picture: Any) -> None:
    judgement = model.judge(picture)
    assert judgement.map.shape == picture.shape[:2]
    assert np.isfinite(judgement.map).all()
    assert 0 <= judgement.score <= 1
    assert 0.5 <= judgement.confidence <= 1
    assert judgement.confidence == max(judgement.score, 1 - judgement.score)


@pytest.mark.parametrize("level", [0, 255])
def test_nothing_but_black_or_white_is_normal_until_there_is_something(backbone: str, level: int) -> None:
    blank = np.full((96, 128, 3), level, np.uint8)
    model = fit([blank] * 3, settings=SETTINGS, preprocessing=SIDE, backbone=BACKBONES[backbone]())
    spotted = blank.copy()
    spotted[40:60, 50:70] = 255 - level
    assert not model.judge(blank).anomalous
    assert model.judge(spotted).anomalous


def test_one_picture_and_a_memory_of_one_patch_are_enough(backbone: str) -> None:
    few = replace(SETTINGS, remembered=1)
    model = fit(NORMAL[:1], settings=few, preprocessing=SIDE, backbone=BACKBONES[backbone]())
    assert model.evidence.memory.patches.shape[0] == 1
    assert 0 <= model.judge(LATER[0]).score <= 1


def test_without_a_normal_picture_nothing_is_learnt() -> None:
    with pytest.raises(BadPicture, match="got no normal picture"):
        fit([])


def test_pictures_of_several_sizes_are_learnt_together() -> None:
    turned = [np.ascontiguousarray(one.transpose(1, 0, 2)) for one in NORMAL[:3]]
    model = fit([*NORMAL[:3], *turned], MASKED[:5], SETTINGS, preprocessing=SIDE)
    assert model.judge(turned[0]).map.shape == (scene.WIDTH, scene.HEIGHT)


def test_what_could_not_be_measured_says_so() -> None:
    without, few, enough = (
        learnt("by hand", "normal only"),
        fit(NORMAL, MASKED[:2], SETTINGS, preprocessing=SIDE, backbone=ByHand()),
        learnt("by hand", "with masks"),
    )
    assert (without.threshold.method, without.threshold.f1, without.threshold.anomalous) == ("normal only", None, 0)
    assert (few.threshold.method, few.threshold.anomalous, few.evidence.head) == ("held out", 2, None)
    assert enough.threshold.f1 is not None
    assert enough.threshold.f1 > 0.8


def test_another_threshold_moves_the_alarm_and_nothing_else() -> None:
    model = learnt("by hand", "with masks")
    raw = model.judge(LATER[0]).raw
    moved = model.with_threshold(model.threshold.at(raw)).judge(LATER[0])
    assert (moved.raw, moved.score, moved.anomalous) == (raw, 0.5, True)


def test_labels_are_told_apart_and_their_areas_are_those_of_the_masks() -> None:
    model, shares = learnt("network", "with masks"), []
    for (picture, where), label in zip(LATER_DEFECTS, ["scratch"] * 4 + ["stain"] * 4, strict=True):
        judgement = model.judge(picture)
        areas = judgement.areas
        assert max(areas, key=lambda name: areas[name]) == label
        assert sum(areas.values()) == pytest.approx(100 * judgement.mask.mean())
        shares.append(sum(areas.values()) / (100 * where.mean()))
    assert 0.1 < min(shares) < 0.7 < np.mean(shares) < 1.4


def test_of_a_picture_that_cannot_be_learnt_the_number_is_named() -> None:
    with pytest.raises(BadPicture, match="normal picture 2: picture: got no PNG or JPEG"):
        fit([*NORMAL[:2], b"nothing"], settings=SETTINGS, preprocessing=SIDE, backbone=ByHand())
    with pytest.raises(BadPicture, match="anomalous picture 1: picture: got no PNG or JPEG"):
        fit(NORMAL[:2], [UNMASKED[0], Example(b"nothing")], SETTINGS, preprocessing=SIDE, backbone=ByHand())


def test_a_mask_of_another_size_is_refused() -> None:
    with pytest.raises(
        BadPicture, match=r"anomalous picture 0: mask dent: got the shape \(5, 5\), expected that of its picture"
    ):
        fit(NORMAL, [Example(NORMAL[0], {"dent": np.ones((5, 5), bool)})], SETTINGS, preprocessing=SIDE)


def test_held_out_anomalies_are_not_told_apart_by_having_been_chosen_for_it() -> None:
    """Of pictures that differ in nothing, the most unusual cells of some must not teach to find those very pictures."""
    noise = [np.random.default_rng(seed).integers(0, 256, (96, 128, 3), dtype=np.uint8) for seed in range(24)]
    examples = [Example(picture) for picture in noise[12:]]
    model = fit(noise[:12], examples, SETTINGS, preprocessing=SIDE, backbone=ByHand())
    assert model.threshold.f1 is not None
    assert model.threshold.f1 < 0.9


def test_a_mask_with_nothing_in_it_is_as_good_as_none() -> None:
    empty = [Example(one.picture, {"stain": np.zeros((scene.HEIGHT, scene.WIDTH), bool)}) for one in UNMASKED]
    model = fit(NORMAL, empty, SETTINGS, preprocessing=SIDE, backbone=ByHand())
    assert model.labels is None
    assert same(model.judge(LATER[0]), learnt("by hand", "without masks").judge(LATER[0]))


class Kept(dict[str, bytes]):
    def put(self, key: str, content: bytes) -> None:
        assert key not in self
        self[key] = content


class Counting(ByHand):
    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, *given: Any) -> Any:
        self.calls += 1
        return super().__call__(*given)


def test_with_kept_features_only_new_pictures_are_looked_at_and_the_model_is_the_same(tmp_path: Path) -> None:
    kept, counting = Kept(), Counting()
    settings = replace(SETTINGS, changed=60)
    fit(NORMAL[:6], MASKED[:4], settings, preprocessing=SIDE, backbone=counting, cache=kept)
    assert counting.calls == 6 * 7 + 4
    again = fit(NORMAL, MASKED[:4], settings, preprocessing=SIDE, backbone=counting, cache=kept)
    assert counting.calls == 8 * 7 + 4
    save(again, tmp_path / "kept")
    save(fit(NORMAL, MASKED[:4], settings, preprocessing=SIDE, backbone=ByHand()), tmp_path / "not kept")
    assert contents(tmp_path / "kept") == contents(tmp_path / "not kept")


def test_of_copies_and_of_pictures_that_are_only_learnt_little_is_kept() -> None:
    kept = Kept()
    fit(NORMAL, (), replace(SETTINGS, validated=2), preprocessing=SIDE, backbone=ByHand(), cache=kept)
    sizes = sorted(map(len, kept.values()))
    assert len(sizes) == len(NORMAL) + 4 * 6
    assert sizes[-2] > 5 * sizes[-3]


def test_other_preprocessing_and_other_layers_are_not_taken_from_what_was_kept() -> None:
    kept = Kept()
    for settings, preprocessing in (
        (SETTINGS, SIDE),
        (replace(SETTINGS, layers=("stride8",)), SIDE),
        (SETTINGS, replace(SIDE, grey=True)),
    ):
        before = len(kept)
        fit(NORMAL[:2], (), settings, preprocessing=preprocessing, backbone=ByHand(), cache=kept)
        assert len(kept) == before + 14


def test_a_model_is_at_most_a_megabyte_and_sixteen_with_its_backbone(tmp_path: Path) -> None:
    # Copies of the pictures that are a little changed cost most, and do not make a model larger.
    model = fit(NORMAL, MASKED, Settings(changed=0), preprocessing=SIDE)
    save(model, tmp_path / "without")
    save(model, tmp_path / "with", with_backbone=True)
    sizes = [sum(map(len, contents(tmp_path / name).values())) for name in ("without", "with")]
    assert len(model.evidence.memory.patches) == Settings().remembered
    assert sizes[0] <= 1_000_000
    assert sizes[1] <= 16_000_000
    assert same(load(tmp_path / "with").judge(LATER[0]), model.judge(LATER[0]))


def test_another_backbone_than_that_of_the_training_is_refused(tmp_path: Path) -> None:
    save(learnt("network", "normal only"), tmp_path)
    with pytest.raises(BadModel, match=r"got the backbone by hand .*, expected efficientnet-lite2"):
        load(tmp_path, ByHand())


def test_a_backbone_of_the_users_own_is_remembered_by_the_model(tmp_path: Path) -> None:
    content = built_in().content()
    assert content is not None
    (tmp_path / "mine.onnx").write_bytes(content)
    mine = from_file(tmp_path / "mine.onnx")
    save(fit(NORMAL[:2], settings=SETTINGS, preprocessing=SIDE, backbone=mine), tmp_path / "model")
    assert '"name": "mine"' in (tmp_path / "model/manifest.json").read_text("utf-8")
    assert load(tmp_path / "model", mine).backbone is mine


def test_what_is_no_backbone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadBackbone, match="expected an ONNX file"):
        from_file(tmp_path / "nothing.onnx")
    with pytest.raises(BadBackbone, match="a file that onnxruntime refuses"):
        Network(b"nothing", "nothing")
    with pytest.raises(ValueError, match="layers: got stride99, expected some of stride4, stride8"):
        fit(NORMAL, settings=Settings(layers=("stride99",)))


def test_without_weights_features_are_made_by_hand_and_a_warning_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(backbones, "_BUILT_IN", tmp_path / "none.onnx")
    built_in.cache_clear()  # type: ignore[attr-defined]
    try:
        with pytest.warns(NoWeights, match="features are made by hand"):
            model = fit(NORMAL[:2], settings=SETTINGS, preprocessing=SIDE)
    finally:
        built_in.cache_clear()  # type: ignore[attr-defined]
    save(model, tmp_path / "model")
    assert '"identity": "by hand 1"' in (tmp_path / "model/manifest.json").read_text("utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load(tmp_path / "model")


def test_preprocessing_comes_from_the_model(tmp_path: Path) -> None:
    cropped = replace(SIDE, crop=(0.25, 0.0, 0.75, 1.0), grey=True)
    save(fit(NORMAL, settings=SETTINGS, preprocessing=cropped, backbone=ByHand()), tmp_path)
    model = load(tmp_path)
    assert model.preprocessing == cropped
    outside = LATER[0].copy()
    outside[:, : scene.WIDTH // 4] = 0
    one, other = model.judge(LATER[0]), model.judge(outside)
    assert one.raw == other.raw
    assert (other.map[:, : scene.WIDTH // 4] == 0).all()


def test_a_picture_is_judged_alike_as_an_array_as_a_file_and_lying_on_its_side(model: Model) -> None:
    picture = LATER_DEFECTS[0][0]
    exif = Image.Exif()
    exif[274] = 6  # to be turned clockwise
    lying = scene.encoded(np.ascontiguousarray(np.rot90(picture)), exif=exif)
    judged = model.judge(picture)
    assert same(judged, model.judge(scene.encoded(picture)))
    assert same(judged, model.judge(lying))


#: Scores of pictures that `scene` makes; a change of them is a change of every model.
GOLDEN = {
    ("network", "normal only", 0.0): (-0.4603, 0.4731, 0.7439),
    ("network", "with masks", 0.15): (-1.7346, 1.3952, 2.4690),
    ("by hand", "without masks", 0.15): (-2.1758, 1.8889, 0.7341),
}


@pytest.mark.parametrize(("backbone", "examples", "weight"), GOLDEN)
def test_golden_scores(backbone: str, examples: str, weight: float) -> None:
    model = learnt(backbone, examples, replace(SETTINGS, weights=(weight,)))
    pictures = (LATER[0], LATER_DEFECTS[0][0], LATER_DEFECTS[-1][0])
    found = [model.judge(picture).raw for picture in pictures]
    assert found == pytest.approx(GOLDEN[backbone, examples, weight], abs=2e-3)


_DIGEST = """
from tests.server.images.test_battery import LATER, learnt
model = learnt("by hand", "with masks")
print([round(model.judge(one).raw, 5) for one in LATER])
"""


def test_the_number_of_threads_changes_nothing() -> None:
    found = {
        subprocess.run(
            [sys.executable, "-c", _DIGEST],
            env=os.environ | {"OPENBLAS_NUM_THREADS": threads, "OMP_NUM_THREADS": threads},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for threads in ("1", "2")
    }
    assert len(found) == 1


def test_the_example_of_the_documentation_runs() -> None:
    block, _ = pages.python("docs/detection-images.md")
    found: dict[str, Any] = {}
    exec(compile(block, "<example>", "exec"), found)
    assert found["judgement"].anomalous


def test_the_largest_pictures_are_judged_at_their_own_size() -> None:
    model = learnt("by hand", "normal only", replace(SETTINGS, changed=0))
    assert model.judge(np.zeros((4_096, 4_096), np.uint8)).map.shape == (4_096, 4_096)
    assert Preprocessing().side == 512
