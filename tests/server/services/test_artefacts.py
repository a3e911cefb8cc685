"""Models as blobs."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from io import BytesIO

import numpy as np
import pytest

from lookout_server.detection import artifact
from lookout_server.detection.artifact import BadModel
from lookout_server.detection.sensors import Frame, contents, fit, load
from lookout_server.entities.blob import Keeper
from lookout_server.equipment import artefacts
from lookout_server.store.scratch import ScratchBlobs
from tests.server.detection import machine

FRAME = machine.frame(machine.running(100, seed=1))
MODEL = fit(FRAME)


@pytest.fixture
def keeper() -> Keeper:
    """In a process that has no model at hand."""
    artefacts._MODELS.clear()
    return Keeper(ScratchBlobs())


def test_a_model_that_was_kept_gives_the_same_scores_to_the_last_bit(keeper: Keeper) -> None:
    blob = artefacts.keep(keeper, MODEL)
    artefacts._MODELS.clear()
    assert np.array_equal(artefacts.model_of(blob).judge(FRAME).scores, MODEL.judge(FRAME).scores)


def test_the_same_model_is_the_same_blob(keeper: Keeper) -> None:
    assert artefacts.keep(keeper, MODEL).digest == artefacts.keep(keeper, fit(FRAME)).digest


def test_a_model_is_read_once_in_a_process(keeper: Keeper, monkeypatch: pytest.MonkeyPatch) -> None:
    blob = artefacts.keep(keeper, MODEL)
    artefacts._MODELS.clear()
    first = artefacts.model_of(blob)
    monkeypatch.setattr(artefacts, "load", None)
    assert artefacts.model_of(blob) is first


def test_a_process_has_some_models_at_hand_and_forgets_those_that_nobody_asks_for(keeper: Keeper) -> None:
    blobs = [
        artefacts.keep(keeper, fit(Frame(FRAME.times[: 30 + number], FRAME.names, FRAME.values[: 30 + number])))
        for number in range(artefacts._MODELS._most + 2)
    ]
    assert list(artefacts._MODELS._made) == [blob.digest for blob in blobs[2:]]


def test_a_model_is_a_manifest_and_arrays_and_nothing_that_could_run() -> None:
    with zipfile.ZipFile(BytesIO(artifact.packed(contents(MODEL)))) as archive:
        names = archive.namelist()
    assert "manifest.json" in names
    assert all(name.endswith(".npy") for name in names if name != "manifest.json")


def test_an_archive_without_a_manifest_is_no_model() -> None:
    empty = BytesIO()
    zipfile.ZipFile(empty, "w").close()
    with pytest.raises(BadModel, match="expected the manifest of a model"):
        load(artifact.unpacked(empty.getvalue()))


def test_what_an_earlier_release_has_kept_is_no_model() -> None:
    with pytest.raises(BadModel, match="expected the zip of one"):
        artifact.unpacked(b'[[["pump1","flow"],[11.0,1.0]]]')


def test_the_server_does_not_load_what_computes_before_it_computes() -> None:
    code = "import sys; import lookout_server.backend; print('numpy' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"
