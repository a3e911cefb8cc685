"""No schedule breaks the contract."""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, note, seed, settings
from hypothesis import strategies as st

from lookout_provider import handler, machine
from lookout_server.backend import Backend
from lookout_server.clock import ManualClock
from lookout_server.settings import Progress
from tests.contract.cases import CASES
from tests.contract.conftest import wire
from tests.contract.explore.schedule import Schedule
from tests.contract.permissions import Permissions
from tests.contract.player import Player
from tests.contract.world import MemoryStorage, World

_SEED = int(os.environ.get("EXPLORE_SEED", "1"))
#: As many as all but the longest schedules need; whatever comes after them is the simplest.
_CHOICES = 200
_SCHEDULES = int(os.environ.get("EXPLORE_SCHEDULES", "12"))


@pytest.mark.parametrize("progress", [Progress.by_describes(0)], ids=["as-chosen"])
@pytest.mark.parametrize("which", CASES, ids=str)
@seed(_SEED)
@settings(
    max_examples=_SCHEDULES,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate, Phase.shrink],
)
@given(choices=st.binary(min_size=_CHOICES, max_size=_CHOICES))
def test_every_schedule_keeps_the_contract(
    choices: bytes,
    which: Any,
    services: tuple[Backend, ManualClock, MemoryStorage],
    permissions: Permissions,
) -> None:
    """One per desired state, all answered, back as it was after a rollback, nothing left, nothing foreign touched."""

    drawn = iter(choices)

    def choose(below: int) -> int:
        return next(drawn, 0) % below

    permissions.statements = None
    world = World(*services)
    with pytest.MonkeyPatch.context() as monkeypatch:
        player = wire(Player(world.backend, world.clock), monkeypatch)
        schedule = Schedule(which, player, world, choose)
        monkeypatch.setattr(player, "client", schedule.engine.client)
        monkeypatch.setattr("urllib.request.urlopen", schedule.engine.receive)
        monkeypatch.setattr(machine, "time", schedule.engine.time)
        monkeypatch.setattr(machine, "datetime", schedule.engine.time)
        monkeypatch.setattr(handler, "time", schedule.engine.time)
        try:
            schedule.play()
        except BaseException:
            note("\n".join(schedule.engine.history))
            raise
        finally:
            schedule.engine.abandon()
