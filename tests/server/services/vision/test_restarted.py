"""The tests of Lookout for Vision hold for a server that is started anew before each call."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.server.services import restarting


@pytest.mark.e2e
def test_a_server_remembers_nothing_that_is_not_in_its_store() -> None:
    assert restarting.passes(Path(__file__).parent) == ""
