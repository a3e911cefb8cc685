"""The same odd requests by HTTP, to a server with workers and files: `make fuzz` sends 100,000 of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.server.fuzz.attempt import attempt
from tests.server.fuzz.plant import operations
from tests.server.fuzz.requests import Maker
from tests.server.fuzz.served import Served, Unsendable

pytestmark = pytest.mark.e2e


def test_every_operation_answers_odd_requests_by_http(tmp_path: Path) -> None:
    codes = set()
    with Served(tmp_path) as plant:
        maker = Maker(plant, 1)
        for model in 3 * operations():
            try:
                codes.add(attempt(plant, model, maker.request(model)))
            except Unsendable:
                codes.add("not sent")
    assert {"success", "ValidationException", "SerializationException"} <= codes
    assert not {code for code in codes if "Signature" in code}
