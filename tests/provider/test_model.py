"""What an answer has room for."""

from __future__ import annotations

import pytest

from lookout_provider.protocol import Request
from lookout_provider.resources.base import Live
from lookout_provider.resources.model import Model
from tests.provider import maxima
from tests.provider.support import event

KEY = "ModelDiagnosticsResultsKey"


def told(key: str, **members: str) -> str:
    """What is told of *key* beside *members*."""
    model = Model(Request.parse(event(ResourceType="Custom::LookoutEquipmentModel")))
    return model.data(Live("wear", "arn", {**members, KEY: key, "CreatedAt": "2024-01-31"}))[KEY]


@pytest.mark.parametrize("length", [60, 1024])
def test_a_key_that_there_is_room_for_is_told_whole(length: int) -> None:
    assert told("k" * length, ModelName="wear") == "k" * length


def test_a_key_that_there_is_no_room_for_is_left_out_and_not_cut() -> None:
    assert told("k" * 1024, **maxima.data("Custom::LookoutEquipmentModel")) == ""


def test_a_key_counts_as_long_as_it_is_written() -> None:
    assert told("\u00e9" * 500, ModelName="wear") == ""
