"""A network of the user's own: what is looked at of it, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lookout_server.detection.images import BadBackbone, ByHand, Settings, built_in, fit, from_file, load, save
from lookout_server.detection.images.store import OtherBackbone
from tests.server.images.networks import BYTE, network
from tests.server.images.scene import LATER, LATER_DEFECTS, MASKED, NORMAL, SETTINGS, SIDE

MAPS = {"coarse": 16, "fine": 8}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "mine.onnx"


def test_the_maps_of_a_network_are_looked_at_finest_first_and_its_other_outputs_are_not(file: Path) -> None:
    file.write_bytes(network(MAPS, pooled=True, flat=True))
    mine = from_file(file)
    assert (mine.name, mine.layers, mine.usual) == ("mine", ("fine", "coarse"), ("fine", "coarse"))
    shapes = [one.shape for one in mine(np.zeros((96, 128, 3), np.uint8), SIDE, mine.layers)]
    assert shapes == [(12, 16, 4), (6, 8, 4)]


def test_of_the_network_of_the_package_two_layers_are_looked_at() -> None:
    assert set(built_in().usual) < set(built_in().layers)
    assert fit(NORMAL[:2], settings=SETTINGS, preprocessing=SIDE).settings.layers == built_in().usual


def test_a_model_has_the_layers_with_which_it_was_learnt_and_takes_its_network_along(
    file: Path, tmp_path: Path
) -> None:
    file.write_bytes(network(MAPS))
    model = fit(NORMAL, MASKED, SETTINGS, preprocessing=SIDE, backbone=from_file(file))
    assert model.settings.layers == ("fine", "coarse")
    assert [model.judge(one).anomalous for one in (LATER[0], LATER_DEFECTS[0][0])] == [False, True]
    save(model, tmp_path / "model", with_backbone=True)
    assert (tmp_path / "model/backbone.onnx").read_bytes() == file.read_bytes()
    file.unlink()
    assert load(tmp_path / "model").judge(LATER[0]).raw == model.judge(LATER[0]).raw


def test_layers_can_be_chosen_of_a_network_of_ones_own(file: Path) -> None:
    file.write_bytes(network(MAPS))
    settings = Settings(layers=("coarse",), gathered=100, remembered=10, changed=0)
    assert fit(NORMAL[:2], settings=settings, preprocessing=SIDE, backbone=from_file(file)).settings.layers == (
        "coarse",
    )


def test_a_model_of_another_network_is_refused(file: Path, tmp_path: Path) -> None:
    file.write_bytes(network(MAPS))
    save(fit(NORMAL[:2], settings=SETTINGS, preprocessing=SIDE, backbone=from_file(file)), tmp_path / "model")
    file.write_bytes(network(MAPS, seed=1))
    for other in (None, ByHand(), from_file(file)):
        with pytest.raises(OtherBackbone, match=r"expected mine \(.*\), with which it was trained"):
            load(tmp_path / "model", other)


TAKES = "got the inputs .*, expected one of floats, n x 3 x h x w, in which h and w are left open"
GIVES = "got the outputs .*, expected some of floats, n x c x h x w, that are maps of the picture"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", "a file that onnxruntime refuses", id="empty"),
        pytest.param(b"\x89PNG", "a file that onnxruntime refuses", id="of another kind"),
        pytest.param(network(MAPS)[:-40], "a file that onnxruntime refuses", id="cut off"),
        pytest.param(network(MAPS, inputs={"x": (1, 3, 224, 224)}), TAKES, id="of one size"),
        pytest.param(network(MAPS, inputs={"x": (8, 3, None, None)}), TAKES, id="of eight pictures at a time"),
        pytest.param(network({}, inputs={"x": (None, None, None, 3)}, pooled=True), TAKES, id="channels last"),
        pytest.param(network({}, inputs={"x": (None, 1, None, None)}, pooled=True), TAKES, id="grey"),
        pytest.param(network({}, inputs={"x": (None, 3)}, flat=True), TAKES, id="no pictures"),
        pytest.param(network(MAPS, kind=BYTE), TAKES, id="of bytes"),
        pytest.param(network(MAPS, inputs={"x": (None, 3, None, None), "y": (1,)}), TAKES, id="two inputs"),
        pytest.param(network({}, pooled=True, flat=True), GIVES, id="no maps"),
        pytest.param(network({"whole": 64}), GIVES, id="a map of one place"),
        pytest.param(network({"wide": 128}), "fails with a picture of 96 x 64 pixels", id="fails"),
    ],
)
def test_what_is_no_backbone_is_refused(file: Path, content: bytes, message: str) -> None:
    file.write_bytes(content)
    with pytest.raises(BadBackbone, match=f"^backbone mine: .*{message}"):
        from_file(file)


def test_a_network_whose_weights_are_in_another_file_is_refused(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They would be no part of what identifies it, nor of a component."""
    (tmp_path / "weights").write_bytes(np.ones((4, 3, 8, 8), np.float32).tobytes())
    monkeypatch.chdir(tmp_path)
    file.write_bytes(network({"fine": 8}, beside="weights"))
    with pytest.raises(BadBackbone, match=r"a file that onnxruntime refuses: .*[Ee]xternal data"):
        from_file(file)


def test_a_file_that_cannot_be_read_is_no_backbone(tmp_path: Path) -> None:
    for path in (tmp_path / "none.onnx", tmp_path):
        with pytest.raises(BadBackbone, match=rf"^backbone {path}: got .*directory, expected an ONNX file"):
            from_file(path)
