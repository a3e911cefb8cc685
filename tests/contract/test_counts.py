"""What an operation costs, counted: invocations of the function, and calls to the service.

The counts are exact, so a change that makes a deployment chattier has to be made on purpose.
"""

from __future__ import annotations

import pytest

from lookout_server.settings import Progress
from tests.contract.cases import Case
from tests.contract.player import Player, Resource
from tests.contract.world import World


@pytest.mark.parametrize("progress", [Progress.by_describes(0)], ids=["at-once"])
def test_an_operation_costs_exactly_this(case: Case, player: Player, world: World, resource: Resource) -> None:
    counted: dict[str, tuple[int, int]] = {}

    def count(operation: str) -> None:
        counted[operation] = (player.invocations, len(world.calls()))
        player.invocations = 0

    player.create(resource)
    count("create")
    player.update(resource, resource.properties)
    count("unchanged")
    changed = {**resource.properties, "Tags": []} if case.traits.taggable else (case.changed or case.desired)(world)
    world.calls()
    player.update(resource, changed)
    count("tags" if case.traits.taggable else "changed")
    player.delete(resource)
    count("delete")
    assert counted == case.counts
