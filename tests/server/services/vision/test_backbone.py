"""Trainings look at images with a network of the user's own, and models that were trained with it go on with it."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from lookout_server.vision import engines, judging
from lookout_server.vision.inspection import Elsewhere
from tests.server.images.networks import network
from tests.server.services import restarting
from tests.server.services.support import refused
from tests.server.services.vision.material import DARK, picture
from tests.server.services.vision.support import Studio
from tests.server.services.vision.test_elsewhere import Answerers, started
from tests.server.services.vision.test_packaging import packaged

pytestmark = pytest.mark.skipif(restarting.WANTED, reason="nothing of it depends on what is remembered")
FIRST, SECOND = (network({"fine": 8, "coarse": 16}, seed=seed) for seed in range(2))


@pytest.fixture
def own(bottles: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of the network that the settings name; what is small about them is for speed."""
    monkeypatch.setattr(engines, "Settings", lambda: engines._LIGHT)
    file = tmp_path / "mine.onnx"
    file.write_bytes(FIRST)
    bottles.settings.vision_inspection, bottles.settings.vision_backbone = "network", file
    anew(bottles, file)
    return file


def anew(studio: Studio, own: Path | None) -> None:
    """As after a start of the server with this setting."""
    studio.settings.vision_backbone = own
    judging._MODELS.clear()
    engines._network.cache_clear()


def test_a_model_finds_defects_with_the_network_that_the_settings_name(bottles: Studio, own: Path) -> None:
    bottles.hosted(bottles.images())
    assert [bottles.detect(picture(spot=spot))["IsAnomalous"] for spot in (None, DARK)] == [False, True]


def test_a_model_goes_on_with_its_network_under_another_name(bottles: Studio, own: Path) -> None:
    bottles.hosted(bottles.images())
    anew(bottles, own.rename(own.with_name("other.onnx")))
    assert bottles.detect(picture(spot=DARK))["IsAnomalous"] is True


def test_a_model_of_the_network_of_the_package_goes_on_beside_one_of_the_users_own(bottles: Studio, own: Path) -> None:
    anew(bottles, None)
    bottles.trained(lines=bottles.images())
    anew(bottles, own)
    assert started(bottles)["Status"] == "HOSTED"


@pytest.mark.parametrize("then", ["none", "another"])
def test_a_model_whose_network_is_not_named_any_more_is_not_hosted_or_packaged(
    bottles: Studio, own: Path, then: str
) -> None:
    bottles.trained(lines=bottles.images())
    own.write_bytes(SECOND)
    anew(bottles, own if then == "another" else None)
    hosted, job = started(bottles), packaged(bottles)
    assert (hosted["Status"], job["Status"]) == ("HOSTING_FAILED", "FAILED")
    for described in (hosted, job):
        assert described["StatusMessage"].startswith("The model cannot be used: model: got the backbone ")
        way_out = "with which it was trained; name the file of that one (vision_backbone), or train again"
        assert described["StatusMessage"].endswith(way_out)
    own.write_bytes(FIRST)
    anew(bottles, own)
    assert started(bottles)["Status"] == "HOSTED"


def test_a_network_that_went_away_fails_what_needs_it_and_says_so(bottles: Studio, own: Path) -> None:
    bottles.trained(lines=bottles.images())
    own.unlink()
    anew(bottles, own)
    for described, status in (
        (bottles.settled_model(bottles.start_training()), "TRAINING_FAILED"),
        (started(bottles), "HOSTING_FAILED"),
        (packaged(bottles), "FAILED"),
    ):
        assert described["Status"] == status
        assert described["StatusMessage"].startswith(f"vision_backbone: backbone {own}: got no such file")


def test_a_component_has_the_network_of_the_users_own(bottles: Studio, own: Path) -> None:
    bottles.trained(lines=bottles.images())
    assert packaged(bottles)["Status"] == "SUCCEEDED"
    [made] = [body for (_, key), body in bottles.s3.objects.items() if key.endswith(".zip")]
    assert zipfile.ZipFile(io.BytesIO(made)).read("model/backbone.onnx") == FIRST


def test_a_process_that_looks_at_images_uses_the_network_that_it_is_given(own: Path) -> None:
    given: Any = Answerers()
    studio = Studio(inspection=Elsewhere(given))
    studio.settings.vision_inspection, studio.settings.vision_backbone = "network", own
    studio.trained(lines=studio.images())
    assert "name the file of that one (vision_backbone)" in started(studio)["StatusMessage"]
    given.own = own
    assert started(studio)["Status"] == "HOSTED"
    assert studio.detect(picture(spot=DARK))["IsAnomalous"] is True
    given.own = None
    anew(studio, None)
    assert "name the file of that one" in refused("InternalServerException", lambda: studio.detect(picture()))
    assert not given.loaded  # who starts the model anew is told that again
