"""Least privilege, proven: a policy is enough for a type's whole life, and without any one action it is not."""

from __future__ import annotations

import functools

import pytest

from tests.contract.cases import CASES, Case
from tests.contract.permissions import Permissions, Statement, granted, policies, without
from tests.contract.player import Player, Resource
from tests.contract.world import World

_policies = functools.cache(policies)


def policy_of(case: Case) -> str:
    """The type whose policy the case acts under."""
    return case.policy or case.type.removeprefix("Custom::")


def statements_of(case: Case) -> list[Statement]:
    [found] = [statements for name, statements in _policies().items() if f"{policy_of(case)}Policy" in name]
    return found


def granted_by_constructs() -> list[Statement]:
    """What constructs have granted the provider's role for their files."""
    [found] = [statements for name, statements in _policies().items() if "RoleDefaultPolicy" in name]
    return found


def life(case: Case, player: Player, world: World) -> None:
    """Everything that the provider ever does for the type."""
    resource = Resource(case.type, "Pumps1A2B3C4D", case.desired(world))
    created = player.create(resource)
    if case.changed is not None:
        player.update(resource, case.changed(world))
    if case.left_behind is not None and created.ok:
        case.left_behind(world)
        player.update(resource, resource.properties)
    if case.traits.taggable:
        player.update(resource, {**resource.properties, "Tags": [{"Key": "other", "Value": "1"}]})
    if case.name_member:
        player.update(resource, {**resource.properties, case.name_member: "named"})
    if case.replaced is not None:
        player.update(resource, case.replaced(world))
    if case.fill is not None and (made := case.thing(resource.physical_id or "")) in case.live(world):
        case.fill(world, made)
    player.delete(resource)


@pytest.fixture
def permitted(permissions: Permissions, world: World) -> Permissions:
    permissions.denied.clear()
    return permissions


def test_the_policy_of_a_type_is_enough_for_its_whole_life(
    case: Case, player: Player, world: World, permitted: Permissions
) -> None:
    permitted.statements = [*statements_of(case), *granted_by_constructs()]
    life(case, player, world)
    assert permitted.denied == set()


def test_every_action_of_a_policy_is_needed(player: Player, world: World, permitted: Permissions) -> None:
    """By some type's life: what only an import needs, a dataset with a schema does not miss."""
    missed: dict[tuple[str, int, str], bool] = {}
    for case in CASES:
        for index, action in granted(statements_of(case)):
            if not action.startswith(("lookoutequipment:", "lookoutvision:", "iam:", "kms:")):
                continue
            permitted.denied.clear()
            permitted.statements = [*without(statements_of(case), index, action), *granted_by_constructs()]
            fresh = World(world.backend, world.clock, world.storage)
            try:
                life(case, player, fresh)
            except AssertionError:
                assert permitted.denied
            key = (policy_of(case), index, action)
            missed[key] = missed.get(key, False) or bool(permitted.denied)
    assert [key for key, was_missed in missed.items() if not was_missed] == []
