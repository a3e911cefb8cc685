"""Nested stacks: CloudFormation gives them another name each time, and what they made is theirs all the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lookout_provider import ownership
from tests.contract.cases import LABEL, Case
from tests.contract.conftest import wire
from tests.contract.marks import named, owned
from tests.contract.permissions import Permissions
from tests.contract.player import Player, Resource
from tests.contract.test_ownership import with_options
from tests.contract.test_permissions import statements_of
from tests.contract.test_sequences import another, tags_of
from tests.contract.world import World

HALL = "plant.Hall"
OWNER = f"222222222222/us-east-1/{HALL}/Pumps1A2B3C4D"
#: The names that CloudFormation gives one nested stack after the other.
FIRST, SECOND = (f"plant-HallNestedStackHallNestedStackResource{end}" for end in ("0A1B2C3D-1KUX9", "0A1B2C3D-Z7P4Q"))

Life = Callable[[str], Player]


@pytest.fixture
def life(world: World, monkeypatch: pytest.MonkeyPatch) -> Life:
    """A nested stack under that name of CloudFormation's, with this release."""

    def begun(name: str) -> Player:
        monkeypatch.setenv("NESTED_STACK", HALL)
        return wire(Player(world.backend, world.clock, stack=name), monkeypatch)

    return begun


@pytest.fixture
def deployed(world: World, monkeypatch: pytest.MonkeyPatch) -> Player:
    """A nested stack that an earlier release has deployed; `upgrade` ends that."""
    monkeypatch.delenv("NESTED_STACK", raising=False)
    return wire(Player(world.backend, world.clock, stack=FIRST), monkeypatch)


@pytest.fixture
def upgrade(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    return lambda: monkeypatch.setenv("NESTED_STACK", HALL)


@pytest.fixture
def permitted(permissions: Permissions, world: World) -> Iterator[Permissions]:
    """The provider may do what its policies say; nothing else of it is denied by the end."""
    permissions.denied.clear()
    yield permissions
    assert permissions.denied == set()


@named
def test_what_a_nested_stack_retained_is_found_again_under_its_next_name(
    case: Case, life: Life, world: World, resource: Resource
) -> None:
    resource.properties = with_options(resource, RemovalPolicy="retain")
    first = life(FIRST).create(resource)
    second = life(SECOND).create(another(resource, physical_id=None))
    assert (second.status, case.thing(second.physical_id)) == ("SUCCESS", first.physical_id)
    assert len(case.live(world)) == 1


@pytest.mark.where(lambda case: case.owns and case.traits.holding.tells_owner)
def test_whatever_tells_who_owns_a_thing_does_so_under_the_next_name(
    case: Case, life: Life, world: World, resource: Resource
) -> None:
    resource.properties = with_options(resource, RemovalPolicy="retain")
    life(FIRST).create(resource)
    there = case.live(world)
    later = life(SECOND)
    found = another(resource, physical_id=None)
    assert later.create(found).ok
    assert case.live(world) == there
    assert later.update(found, with_options(found, RemovalPolicy="destroy")).ok
    assert later.delete(found).ok


@named
def test_a_generated_name_has_the_root_s_name_and_the_path(case: Case, life: Life, resource: Resource) -> None:
    made = life(FIRST).create(resource).physical_id
    assert case.thing(made).startswith("plant-Hall-")


@pytest.mark.where(lambda case: case.traits.taggable)
def test_what_is_made_in_a_nested_stack_is_owned_by_its_lasting_name(
    case: Case, life: Life, world: World, resource: Resource
) -> None:
    life(FIRST).create(resource)
    assert tags_of(world, case, resource)[ownership.OWNER] == OWNER


@owned
def test_an_upgrade_leaves_what_was_made_where_it_is(
    case: Case, deployed: Player, upgrade: Callable[[], None], world: World, resource: Resource, permitted: Permissions
) -> None:
    made = deployed.create(resource)
    there = case.live(world)
    upgrade()
    permitted.statements = statements_of(case, nested_as=FIRST)
    world.mutations()
    updated = deployed.update(resource, resource.properties)
    assert (updated.status, updated.physical_id) == ("SUCCESS", made.physical_id)
    assert set(world.mutations()) <= {"TagResource"}
    assert case.live(world) == there
    assert deployed.delete(resource).ok
    assert not case.live(world) or not case.traits.deletable


@owned
def test_after_an_upgrade_it_can_be_deleted_at_once(
    case: Case, deployed: Player, upgrade: Callable[[], None], world: World, resource: Resource, permitted: Permissions
) -> None:
    deployed.create(resource)
    upgrade()
    permitted.statements = statements_of(case, nested_as=FIRST)
    assert deployed.delete(resource).ok
    assert not case.live(world) or not case.traits.deletable


@pytest.mark.where(lambda case: case.traits.taggable)
def test_what_an_earlier_release_made_is_retagged_when_it_is_next_touched(
    case: Case, deployed: Player, upgrade: Callable[[], None], world: World, resource: Resource
) -> None:
    deployed.create(resource)
    assert tags_of(world, case, resource)[ownership.OWNER].startswith(f"222222222222/us-east-1/{FIRST}/")
    upgrade()
    deployed.update(resource, resource.properties)
    assert tags_of(world, case, resource)[ownership.OWNER] == OWNER


@pytest.mark.where(lambda case: case.owns and case.replaced)
def test_after_an_upgrade_a_replacement_that_is_rolled_back_comes_home(
    case: Case, deployed: Player, upgrade: Callable[[], None], world: World, resource: Resource
) -> None:
    made = deployed.create(resource)
    old, there = resource.properties, case.live(world)
    upgrade()
    assert case.replaced is not None
    assert deployed.update(resource, case.replaced(world), clean_up=False).ok
    deployed.roll_back(resource, old, made.physical_id)
    assert case.thing(resource.physical_id or "") == case.thing(made.physical_id)
    assert case.live(world) == there or not case.traits.deletable


@pytest.mark.where(lambda case: case.name_member and not case.traits.one_per_parent)
def test_two_nested_stacks_and_their_root_never_take_one_another_s(
    case: Case, world: World, resource: Resource, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Any] = []
    for name, stack in (("plant.Hall", FIRST), ("plant.Yard", SECOND), ("", "plant")):
        monkeypatch.setenv("NESTED_STACK", name)
        player = wire(Player(world.backend, world.clock, stack=stack), monkeypatch)
        one = another(resource, physical_id=None)
        assert player.create(one).ok
        made.append(case.thing(one.physical_id or ""))
    assert len(set(made)) == 3


def test_a_label_of_an_earlier_release_stays_the_one_that_it_is(
    deployed: Player, upgrade: Callable[[], None], world: World
) -> None:
    resource = Resource(LABEL.type, "Pumps1A2B3C4D", LABEL.desired(world))
    made = deployed.create(resource)
    upgrade()
    assert LABEL.changed is not None
    assert deployed.update(resource, LABEL.changed(world)).physical_id == made.physical_id
    assert len(LABEL.live(world)) == 1
