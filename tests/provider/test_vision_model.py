"""What an answer about a model of Lookout for Vision has room for."""

from __future__ import annotations

import pytest

from lookout_provider.protocol import Request
from lookout_provider.resources.base import Live
from lookout_provider.resources.vision.model import Model
from tests.provider import maxima
from tests.provider.support import event

TYPE = "Custom::LookoutVisionModel"
KEYS = ("EvaluationManifestKey", "EvaluationResultKey")


def told(key: str, **members: str) -> list[str]:
    """What is told of two keys beside *members*."""
    model = Model(Request.parse(event(ResourceType=TYPE)))
    data = model.data(Live("bottles/model/1", "arn", {**members, **dict.fromkeys(KEYS, key), "ModelVersion": "1"}))
    return [data[name] for name in KEYS]


@pytest.mark.parametrize("length", [60, 1024])
def test_keys_that_there_is_room_for_are_told_whole(length: int) -> None:
    assert told("k" * length, ProjectName="bottles") == ["k" * length] * 2


def test_keys_that_there_is_no_room_for_are_left_out_and_not_cut() -> None:
    assert told("k" * 1024, **maxima.data(TYPE)) == ["", ""]


def test_figures_have_six_decimals() -> None:
    from lookout_provider.resources.vision.model import _flat

    assert _flat({"Performance": {"F1Score": 0.8999999761581421}})["F1Score"] == 0.9
