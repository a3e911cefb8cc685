"""A model that an earlier release has learned still judges, and as it did."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import numpy as np
import pytest

from lookout_server.detection.artifact import packed, unpacked
from lookout_server.detection.sensors import contents, load
from tests.server.detection import machine
from tests.server.golden.learned import MODELS, RELEASE, learned


@pytest.mark.parametrize("release", sorted(MODELS.glob("sensors-*.json")), ids=lambda release: release.stem)
def test_a_model_of_an_earlier_release_judges_as_it_did(release: Path) -> None:
    golden = json.loads(release.read_text(encoding="utf-8"))
    judged = load(unpacked(base64.b64decode(golden["model"]))).judge(machine.frame(np.array(golden["rows"])))
    np.testing.assert_allclose(judged.scores, golden["scores"], rtol=1e-6)
    np.testing.assert_allclose(judged.shares[-1], golden["shares"], rtol=1e-6)


def test_there_is_a_model_of_the_release_that_is_being_made() -> None:
    """Who changes the form of models adds a file, and leaves the others as they are."""
    assert (MODELS / f"{RELEASE}.json").exists()


def test_what_is_learned_anew_is_stored_in_the_same_form() -> None:
    golden = json.loads((MODELS / f"{RELEASE}.json").read_text(encoding="utf-8"))
    then, now = (load(unpacked(base64.b64decode(one["model"]))) for one in (golden, learned()))
    assert now.settings == then.settings
    assert now.names == then.names
    assert len(packed(contents(now))) == len(packed(contents(then)))
