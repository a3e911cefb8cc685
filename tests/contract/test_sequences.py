"""CloudFormation's ordinary sequences: create, read, update, replace, delete.

The names in brackets are those of the contract tests of CloudFormation's own resource types.
"""

from __future__ import annotations

import copy
import dataclasses
from typing import Any

import pytest

from lookout_provider import ownership
from lookout_server.settings import Progress
from tests.contract.cases import TAGS, Case
from tests.contract.conftest import wire
from tests.contract.marks import owned, renamable, replaceable
from tests.contract.player import Player, Resource
from tests.contract.world import World


def another(resource: Resource, **changes: Any) -> Resource:
    """The same construct as somebody else would have it."""
    return dataclasses.replace(copy.deepcopy(resource), **changes)


def tags_of(world: World, case: Case, resource: Resource) -> dict[str, str]:
    client = world.vision if case.traits.service_name == "lookoutvision" else world.target
    return ownership.read(client.list_tags_for_resource(ResourceArn=resource.data[case.arn])["Tags"])


def is_gone(case: Case, world: World, made: bool = True) -> bool:
    """Whether a Delete has left what it should: nothing, or what was made that the API cannot delete."""
    return bool(case.live(world)) is not (case.traits.deletable or not made)


@owned
def test_a_create_makes_exactly_one_thing_and_answers_with_its_id(
    case: Case, player: Player, world: World, resource: Resource
) -> None:
    """[create_read, create_list]"""
    answer = player.create(resource)
    assert answer.ok, answer.reason
    assert list(case.live(world)) == [answer.physical_id]


def test_every_attribute_is_there_after_create_and_after_update(
    case: Case, player: Player, world: World, resource: Resource
) -> None:
    created = player.create(resource)
    updated = player.update(resource, resource.properties)
    assert set(created.data) == set(updated.data) == case.attributes
    assert created.data == updated.data
    assert all(isinstance(value, str) for value in created.data.values())


def test_a_delete_leaves_nothing_that_the_api_can_delete(
    case: Case, player: Player, world: World, resource: Resource
) -> None:
    """[create_delete, delete_read, delete_list]"""
    player.create(resource)
    answer = player.delete(resource)
    assert answer.ok, answer.reason
    assert answer.physical_id == resource.physical_id
    assert is_gone(case, world)


def test_deleting_what_is_gone_succeeds(case: Case, player: Player, world: World, resource: Resource) -> None:
    """[delete_delete]"""
    player.create(resource)
    player.delete(resource)
    assert player.delete(resource).ok


@pytest.mark.where(lambda case: case.owns and not case.numbered)
def test_what_was_deleted_can_be_created_again_under_the_same_id(
    case: Case, player: Player, world: World, resource: Resource
) -> None:
    """[delete_create]"""
    first = player.create(resource)
    player.delete(resource)
    second = player.create(resource)
    assert second.ok, second.reason
    assert second.physical_id == first.physical_id
    assert list(case.live(world)) == [first.physical_id]


@pytest.mark.where(lambda case: case.found_again)
def test_creating_what_is_ours_already_adopts_it(case: Case, player: Player, world: World, resource: Resource) -> None:
    """[create_create] of the same owner"""
    first = player.create(resource)
    second = player.create(another(resource))
    assert (second.status, second.physical_id) == ("SUCCESS", first.physical_id)
    assert len(case.live(world)) == 1


def test_an_update_without_a_change_makes_no_mutating_call(
    case: Case, player: Player, world: World, resource: Resource
) -> None:
    """[update_read]"""
    created = player.create(resource)
    world.calls()
    updated = player.update(resource, resource.properties)
    assert (updated.status, updated.physical_id) == ("SUCCESS", created.physical_id)
    assert world.mutations() == []


@pytest.mark.where(lambda case: case.changed)
def test_an_updatable_property_changes_in_place(case: Case, player: Player, world: World, resource: Resource) -> None:
    """[update_list]"""
    created = player.create(resource)
    before = case.live(world)
    updated = player.update(resource, case.changed(world))
    assert (updated.status, updated.physical_id) == ("SUCCESS", created.physical_id)
    assert list(case.live(world)) == list(before)


@replaceable
def test_a_create_only_property_replaces(case: Case, player: Player, world: World, resource: Resource) -> None:
    created = player.create(resource)
    assert case.replaced is not None
    replaced = player.update(resource, case.replaced(world))
    assert replaced.ok, replaced.reason
    assert replaced.physical_id != created.physical_id
    if case.traits.deletable:
        assert created.physical_id not in case.live(world)


@owned
def test_an_update_of_what_was_never_created_makes_it(
    case: Case, player: Player, world: World, resource: Resource
) -> None:
    """[update_without_create, delete_update] A custom resource that disappeared outside the stack comes back."""
    player.create(resource)
    player.delete(resource)
    answer = player.update(resource, resource.properties, clean_up=False)
    assert answer.ok, answer.reason
    assert list(case.live(world)) == [answer.physical_id]


@pytest.mark.where(lambda case: case.traits.taggable)
def test_tags_are_put_changed_and_removed(case: Case, player: Player, world: World, resource: Resource) -> None:
    """[create_taggable, update_tag_updatable]"""
    player.create(resource)
    assert ownership.users(tags_of(world, case, resource)) == ownership.read(TAGS)
    changed = [{"Key": "team", "Value": "valves"}, {"Key": "cost-centre", "Value": "7"}]
    player.update(resource, {**resource.properties, "Tags": changed})
    assert ownership.users(tags_of(world, case, resource)) == ownership.read(changed)
    player.update(resource, {**resource.properties, "Tags": []})
    assert ownership.users(tags_of(world, case, resource)) == {}


@pytest.mark.where(lambda case: case.traits.taggable)
def test_what_is_made_carries_its_owner(case: Case, player: Player, world: World, resource: Resource) -> None:
    player.create(resource)
    assert tags_of(world, case, resource)[ownership.OWNER] == f"{player.account}/us-east-1/plant/Pumps1A2B3C4D"


@pytest.mark.where(lambda case: case.leased or case.name_member or (case.owns and not case.tells_owner))
def test_what_another_stack_owns_is_refused_and_left_as_it_is(
    case: Case, player: Player, world: World, resource: Resource, monkeypatch: pytest.MonkeyPatch
) -> None:
    """[create_create] of another owner, and rule 8: a Delete never removes what is not ours"""
    player.create(resource)
    theirs = another(resource)
    if case.name_member:
        theirs.properties = {**resource.properties, case.name_member: resource.physical_id}
    before = case.live(world)
    world.calls()
    intruder = wire(Player(world.backend, world.clock, stack="other"), monkeypatch)
    answer = intruder.create(theirs)
    assert not answer.ok
    assert ("us-east-1/plant" if case.tells_owner else "nothing proves that this stack made it") in answer.reason
    assert intruder.delete(theirs).ok
    assert world.mutations() == []
    assert case.live(world) == before


@renamable
def test_a_renamed_construct_ends_with_one_thing(case: Case, player: Player, world: World, resource: Resource) -> None:
    """CloudFormation creates the new logical id first, and deletes the old one afterwards."""
    player.create(resource)
    renamed = another(resource, logical_id="Renamed5E6F7A8B")
    renamed.properties = {**resource.properties, "Options": {**resource.properties["Options"], "Name": "Renamed"}}
    created = player.create(renamed)
    assert created.ok, created.reason
    assert player.delete(resource).ok
    assert created.physical_id in case.live(world)
    if case.traits.deletable:
        assert len(case.live(world)) == 1


@pytest.mark.where(lambda case: case.remove_parent)
def test_a_delete_of_what_disappeared_with_its_parent_succeeds(
    case: Case, player: Player, world: World, resource: Resource
) -> None:
    player.create(resource)
    case.remove_parent(world)
    assert player.delete(resource).ok


@pytest.mark.where(lambda case: case.remove_parent)
def test_a_create_without_its_parent_fails_with_the_service_s_words(
    case: Case, player: Player, world: World, resource: Resource
) -> None:
    case.remove_parent(world)
    world.backend.settings.progress = Progress.by_describes(0)
    answer = player.create(resource)
    if answer.ok:
        # A version for a model that does not exist makes the model.
        assert case.traits.noun == "model version"
    else:
        assert "ResourceNotFoundException" in answer.reason or "does not exist" in answer.reason


def test_an_update_that_changes_nothing_is_one_invocation_and_waits_for_nothing(
    case: Case, player: Player, world: World, resource: Resource
) -> None:
    player.create(resource)
    world.calls()
    player.invocations = 0
    url = player.begin("Update", resource)
    assert (player.invocations, player.machine.running()) == (1, [])
    assert [answer.ok for answer in player.answers[url]] == [True]
    assert world.mutations() == []


@pytest.mark.where(lambda case: not case.traits.only_looks)
def test_nothing_is_changed_before_a_wait_has_begun(
    case: Case, player: Player, world: World, resource: Resource
) -> None:
    """What a wait began with tells the next event what may have been made, whoever dies."""
    player.begin("Create", resource)
    assert world.mutations() == []
    assert len(player.machine.running()) == 1
