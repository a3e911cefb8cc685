"""Whatever a request is like, the answer to it can be read, and nothing fails inside.

More of the same by hand: `python -m tests.server.fuzz 50000 --seed 1`.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

import pytest

from lookout_files import documents
from tests.server.fuzz.attempt import attempt
from tests.server.fuzz.extremes import cases
from tests.server.fuzz.plant import Plant, operations
from tests.server.fuzz.requests import Maker

NOW, END, BEGINNING = (
    datetime(2024, 1, 1, tzinfo=UTC),
    datetime(9999, 12, 31, tzinfo=UTC),
    datetime(1, 1, 1, tzinfo=UTC),
)


def test_there_are_seventy_one_operations() -> None:
    assert len(operations()) == 71


@pytest.mark.parametrize(("seed", "clock"), [(1, NOW), (2, NOW), (3, END), (4, BEGINNING)])
def test_every_operation_answers_odd_requests(seed: int, clock: datetime) -> None:
    plant = Plant(clock)
    maker = Maker(plant, seed)
    codes = {attempt(plant, model, maker.request(model)) for _ in range(2) for model in operations()}
    assert {"success", "ValidationException", "SerializationException"} <= codes


@pytest.mark.parametrize("clock", [NOW, END, BEGINNING], ids=lambda clock: str(clock.year))
def test_every_time_and_duration_can_be_extreme(clock: datetime) -> None:
    plant = Plant(clock)
    requests = list(cases(plant, seed=5))
    assert len({request.operation for _, request in requests}) > 10
    codes = [attempt(plant, model, request) for model, request in requests]
    assert {"success", "ValidationException"} <= set(codes)


def test_what_fails_inside_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Any) -> Any:
        raise RecursionError

    monkeypatch.setattr(documents, "parse", fail)
    monkeypatch.setattr(logging.getLogger("lookout_local"), "disabled", True)
    plant, model = Plant.empty(), operations()[0]
    with pytest.raises(AssertionError, match="RecursionError"):
        attempt(plant, model, Maker(plant, 1).request(model))
