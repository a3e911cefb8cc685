"""Least privilege, proven: a policy is enough for a type's whole life, and without any one action it is not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.cases import CASES, Case
from tests.contract.permissions import Permissions, Statement, granted, policies, without
from tests.contract.player import Player, Resource
from tests.contract.world import World


def policy_of(case: Case) -> str:
    """The type whose policy the case acts under."""
    return case.policy or case.type.removeprefix("Custom::")


def statements_of(case: Case, nested_as: str | None = None) -> list[Statement]:
    found = policies(nested_as).items()
    [statements] = [statements for name, statements in found if f"{policy_of(case)}Policy" in name]
    return statements


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
def permitted(permissions: Permissions, world: World) -> Iterator[Permissions]:
    permissions.denied.clear()
    yield permissions
    permissions.own_server = False


def test_the_policy_of_a_type_is_enough_for_its_whole_life(
    case: Case, player: Player, world: World, permitted: Permissions
) -> None:
    permitted.statements = statements_of(case)
    life(case, player, world)
    assert permitted.denied == set()


def test_it_is_enough_for_services_of_ones_own_that_do_not_say_for_whom_they_ask(
    case: Case, player: Player, world: World, permitted: Permissions
) -> None:
    permitted.statements, permitted.own_server = statements_of(case), True
    life(case, player, world)
    assert permitted.denied == set()


#: What the local service does not ask for here: a schema out of the assets is deployed end to end, and the images are
#: looked at by a training only, where the developer guide names the right for datasets as well.
NOT_ASKED = {("LookoutEquipmentDataset", "s3:GetObject", False), ("LookoutVisionDataset", "s3:GetObject", True)}


@pytest.mark.parametrize("policy", sorted({policy_of(case) for case in CASES}))
# How long things take asks for no other rights.
@pytest.mark.parametrize("progress", [0], ids=["at-once"], indirect=True)
def test_every_action_of_a_policy_is_needed(policy: str, player: Player, world: World, permitted: Permissions) -> None:
    """By the life of one of its cases: what only an import needs, a dataset with a schema does not miss."""
    cases = [case for case in CASES if policy_of(case) == policy]
    not_missed = [
        (index, action)
        for index, action in granted(statements_of(cases[0]))
        if not any(misses(case, index, action, player, world, permitted) for case in cases)
    ]
    assert not_missed == []


def misses(case: Case, index: int, action: str, player: Player, world: World, permitted: Permissions) -> bool:
    """Whether a case is denied something once in its life without an action of a statement."""
    statements = statements_of(case)
    if (policy_of(case), action, "aws:ViaAWSService" in str(statements[index])) in NOT_ASKED:
        return True
    permitted.denied.clear()
    permitted.statements = without(statements, index, action)
    try:
        life(case, player, World(world.backend, world.clock, world.storage))
    except AssertionError:
        assert permitted.denied
    return bool(permitted.denied)
