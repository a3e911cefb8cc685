"""What looks at images: how it is chosen, what it could not measure, and what it need not compute again."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from lookout_server.detection.images import ByHand
from lookout_server.vision import engines
from tests.server.services.vision.material import DARK, picture
from tests.server.services.vision.support import Studio, result

Counted = Callable[[], int]


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> Counted:
    """How many images the backbone has looked at since it was asked last."""
    seen: list[None] = []
    look = ByHand.__call__

    def counting(*given: Any) -> Any:
        seen.append(None)
        return look(*given)

    def count() -> int:
        found = len(seen)
        seen.clear()
        return found

    monkeypatch.setattr(ByHand, "__call__", counting)
    return count


@pytest.fixture
def distinct(bottles: Studio) -> Studio:
    """A dataset of 40 images, no two of which are the same."""
    bottles.dataset(several(bottles, 28, 12))
    return bottles


def several(studio: Studio, normal: int, anomalous: int, first: int = 0, folder: str = "raw") -> list[dict[str, Any]]:
    lines = studio.images(normal, anomalous, folder=folder)
    for number in range(normal + anomalous):
        spot = (first + number, 40, 40) if number >= normal else None
        body = picture(spot=spot, shade=first + number if number < normal else 0)
        studio.s3.put("images", f"{folder}/{number:03}.png", body)
    return lines


def versions(studio: Studio) -> int:
    return len(studio.vision.list_models(ProjectName="bottles")["Models"])


def trained(studio: Studio) -> dict[str, Any]:
    described = studio.settled_model(studio.start_training())
    assert described["Status"] == "TRAINED"
    return described


def test_a_training_again_looks_at_new_images_only(
    distinct: Studio, passes: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of more images than are held out of a training, it may look at a few others again."""
    monkeypatch.setattr(engines, "_LIGHT", replace(engines._LIGHT, validated=80))
    trained(distinct)
    assert passes() == 40
    trained(distinct)
    assert passes() == 0
    distinct.update(several(distinct, 7, 3, first=40, folder="more"))
    trained(distinct)
    assert passes() == 10


def test_a_training_again_comes_to_the_same(distinct: Studio) -> None:
    for _ in range(2):
        trained(distinct)
    one, other = (distinct.s3.objects[("results", f"out/EvaluationManifest-bottles-{n}.json")] for n in (1, 2))
    assert one.replace(b"bottles/1", b"bottles/2").replace(b'"model-version": "1"', b'"model-version": "2"') == other


def test_what_was_computed_goes_with_the_training_dataset(distinct: Studio, passes: Counted) -> None:
    trained(distinct)
    lines = [*distinct.vision.list_dataset_entries(ProjectName="bottles", DatasetType="train")["DatasetEntries"]]
    distinct.vision.delete_dataset(ProjectName="bottles", DatasetType="train")
    with pytest.raises(Exception, match="no train dataset"):
        distinct.settled_dataset()
    distinct.dataset(lines)
    passes()
    trained(distinct)
    assert passes() == 40


def test_what_has_no_room_is_computed_again(distinct: Studio, passes: Counted) -> None:
    distinct.settings.vision_kept_features = 0
    for _ in range(2):
        trained(distinct)
        assert passes() == 40


def test_features_that_are_of_no_use_any_more_are_let_go(distinct: Studio, passes: Counted) -> None:
    trained(distinct)
    [first] = packs(distinct)
    for number in range(40):
        distinct.s3.put("images", f"raw/{number:03}.png", picture(spot=DARK, shade=number, size=(70, 70)))
    trained(distinct)
    [second] = packs(distinct)
    assert first != second


def packs(studio: Studio) -> list[str]:
    documents = studio.backend._documents
    [kind] = [one for one in documents.kinds() if "/features/" in one]
    return [str(pack) for one in documents.by_id(kind) for pack in one.body["packs"]]


def test_without_anomalous_images_a_model_says_what_could_not_be_measured(bottles: Studio) -> None:
    bottles.quotas.anomalous_images_in_single_dataset = 0
    bottles.dataset(bottles.images(20, 0))
    described = trained(bottles)
    assert "Performance" not in described
    assert "precision, recall and F1 score could not be measured" in described["StatusMessage"]
    assert "confidences are not calibrated" in described["StatusMessage"]
    assert result(bottles)["AggregatedEvaluationResults"]["Metrics"] == {}
    bottles.vision.start_model(ProjectName="bottles", ModelVersion="1", MinInferenceUnits=1)
    assert "could not be measured" in bottles.settled_model()["StatusMessage"]
    assert bottles.detect(picture(spot=DARK))["IsAnomalous"] is True


def test_with_anomalous_images_it_says_nothing_of_the_kind(bottles: Studio) -> None:
    bottles.dataset(bottles.images())
    assert trained(bottles)["StatusMessage"] == "The model is in status TRAINED"


def test_without_the_weights_of_the_network_a_model_says_so(bottles: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "built_in", ByHand)
    monkeypatch.setattr(engines, "Settings", lambda: engines._LIGHT)
    bottles.settings.vision_inspection = "network"
    bottles.dataset(bottles.images())
    assert "The weights of the network are not installed" in trained(bottles)["StatusMessage"]


def test_the_network_is_used_when_it_is_wanted(bottles: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "Settings", lambda: engines._LIGHT)
    bottles.settings.vision_inspection = "network"
    bottles.hosted(bottles.images())
    bottles.settings.vision_inspection = "light"  # a model goes on as it was trained
    assert bottles.detect(picture(spot=DARK))["IsAnomalous"] is True
    assert bottles.detect(picture())["IsAnomalous"] is False


def test_who_only_answers_loads_nothing_that_computes() -> None:
    code = (
        "import sys, lookout_server.backend, lookout_server.assembly\n"
        "print([name for name in ('numpy', 'onnxruntime', 'pyarrow') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
