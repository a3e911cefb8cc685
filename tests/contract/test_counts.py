"""What an operation costs, counted: invocations of the function, and calls to the service.

The counts are exact, so a change that makes a deployment chattier has to be made on purpose.
"""

from __future__ import annotations

import pytest

from lookout_local.services import Progress
from tests.contract.cases import CASES, Case, name_of
from tests.contract.player import Player, Resource
from tests.contract.world import World

#: Type -> operation -> (invocations, calls to the service) when the service finishes at the first look.
COUNTS = {
    "Dataset": {"create": (1, 3), "unchanged": (1, 2), "tags": (1, 3), "delete": (1, 4)},
    "ImportedDataset": {"create": (2, 5), "unchanged": (1, 4), "tags": (1, 5), "delete": (1, 6)},
    "Model": {"create": (2, 4), "unchanged": (1, 3), "tags": (1, 4), "delete": (1, 5)},
    "ModelVersion": {"create": (2, 6), "unchanged": (1, 2), "tags": (1, 3), "delete": (1, 0)},
    "ActiveModelVersion": {"create": (1, 9), "unchanged": (1, 2), "changed": (1, 6), "delete": (1, 5)},
    "ResourcePolicy": {"create": (1, 7), "unchanged": (1, 2), "changed": (1, 5), "delete": (1, 4)},
}


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
    assert counted == COUNTS[name_of(case)]


def test_every_type_is_counted() -> None:
    assert set(COUNTS) == {name_of(case) for case in CASES}
