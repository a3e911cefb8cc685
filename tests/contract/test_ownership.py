"""What was there before: adopted, left over, or somebody else's."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lookout_provider import ownership
from tests.contract.cases import DATASET, Case
from tests.contract.conftest import wire
from tests.contract.marks import named, pinned
from tests.contract.player import Player, Resource
from tests.contract.test_sequences import another, tags_of
from tests.contract.world import SCHEMA, World


def with_options(resource: Resource, **options: str) -> dict[str, Any]:
    return {**resource.properties, "Options": {**resource.properties["Options"], **options}}


@pytest.fixture
def mine(world: World) -> Resource:
    """A construct with the explicit name of a dataset that somebody made by hand."""
    assert DATASET.by_hand is not None
    DATASET.by_hand(world)
    return Resource(DATASET.type, "Mine1A2B3C4D", {**DATASET.desired(world), "DatasetName": "mine"})


def test_what_somebody_made_by_hand_is_refused(player: Player, world: World, mine: Resource) -> None:
    world.calls()
    answer = player.create(mine)
    assert not answer.ok
    assert "mine exists and was not made by this stack" in answer.reason
    assert "adopt_existing" in answer.reason
    assert player.delete(mine).ok
    assert world.mutations() == []


def test_an_imported_dataset_never_overwrites_one_that_is_not_ours(
    player: Player, world: World, mine: Resource
) -> None:
    before = world.target.describe_dataset(DatasetName="mine")
    properties = {"SourceDatasetArn": world.dataset, "DatasetName": "mine", "Options": mine.properties["Options"]}
    assert not player.create(Resource(DATASET.type, "Import1A2B3C4D", properties)).ok
    assert world.target.describe_dataset(DatasetName="mine")["DatasetArn"] == before["DatasetArn"]


def test_adopt_existing_takes_over_what_is_as_desired(player: Player, world: World, mine: Resource) -> None:
    mine.properties = with_options(mine, AdoptExisting="true")
    assert player.create(mine).physical_id == "mine"
    assert tags_of(world, DATASET, mine)[ownership.OWNER].endswith("/plant/Mine1A2B3C4D")


def test_what_was_adopted_keeps_the_tags_that_it_had(player: Player, world: World, mine: Resource) -> None:
    arn = world.target.describe_dataset(DatasetName="mine")["DatasetArn"]
    world.target.tag_resource(ResourceArn=arn, Tags=[{"Key": "cost-centre", "Value": "7"}])
    mine.properties = with_options(mine, AdoptExisting="true")
    player.create(mine)
    player.update(mine, {**mine.properties, "Tags": [{"Key": "team", "Value": "valves"}]})
    assert ownership.users(tags_of(world, DATASET, mine)) == {"cost-centre": "7", "team": "valves"}


def test_adopt_existing_refuses_what_is_not_as_desired(player: Player, world: World, mine: Resource) -> None:
    mine.properties = {
        **with_options(mine, AdoptExisting="true"),
        "DatasetSchema": {"InlineDataSchema": json.dumps(SCHEMA).replace("pressure", "flow")},
    }
    world.calls()
    answer = player.create(mine)
    assert "another DatasetSchema" in answer.reason
    assert world.mutations() == []


def test_what_was_adopted_is_given_back_not_deleted(player: Player, world: World, mine: Resource) -> None:
    mine.properties = with_options(mine, AdoptExisting="true")
    player.create(mine)
    assert player.delete(mine).ok
    assert DATASET.live(world) == {"mine": "CREATED"}
    assert ownership.reserved(tags_of(world, DATASET, mine)) == {}


def test_what_was_adopted_is_deleted_once_the_stack_claims_it(player: Player, world: World, mine: Resource) -> None:
    mine.properties = with_options(mine, AdoptExisting="true")
    player.create(mine)
    assert player.update(mine, with_options(mine, AdoptExisting="false")).physical_id == "mine"
    assert player.delete(mine).ok
    assert DATASET.live(world) == {}


def test_a_claim_that_is_rolled_back_leaves_it_adopted(player: Player, world: World, mine: Resource) -> None:
    adopting = with_options(mine, AdoptExisting="true")
    mine.properties = adopting
    player.create(mine)
    player.update(mine, with_options(mine, AdoptExisting="false"))
    player.roll_back(mine, adopting, mine.physical_id)
    assert player.delete(mine).ok
    assert DATASET.live(world) == {"mine": "CREATED"}


@named
def test_what_an_earlier_life_of_the_stack_retained_is_found_and_not_made_twice(
    case: Case, player: Player, world: World, resource: Resource, monkeypatch: pytest.MonkeyPatch
) -> None:
    resource.properties = with_options(resource, RemovalPolicy="retain")
    first = player.create(resource)
    later = wire(Player(world.backend, world.clock), monkeypatch)
    second = later.create(another(resource, physical_id=None))
    assert (second.status, case.thing(second.physical_id)) == ("SUCCESS", first.physical_id)
    assert len(case.live(world)) == 1


@named
def test_a_failed_deployment_that_found_what_was_retained_leaves_it(
    case: Case, player: Player, world: World, resource: Resource, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rollback of a Create deletes also what is retained otherwise, but not what that Create did not make."""
    resource.properties = with_options(resource, RemovalPolicy="retain")
    player.create(resource)
    before = case.live(world)
    later = wire(Player(world.backend, world.clock), monkeypatch)
    found = another(resource, physical_id=None)
    later.create(found)
    assert later.delete(found).ok
    assert case.live(world) == before


@named
def test_what_was_found_again_is_deleted_once_the_stack_says_so(
    case: Case, player: Player, world: World, resource: Resource, monkeypatch: pytest.MonkeyPatch
) -> None:
    resource.properties = with_options(resource, RemovalPolicy="retain")
    player.create(resource)
    later = wire(Player(world.backend, world.clock), monkeypatch)
    found = another(resource, physical_id=None)
    later.create(found)
    assert later.update(found, with_options(found, RemovalPolicy="destroy")).ok
    assert later.delete(found).ok
    assert case.live(world) == {}


@named
def test_a_first_create_that_fails_leaves_nothing(case: Case, player: Player, world: World, resource: Resource) -> None:
    resource.properties = with_options(resource, RemovalPolicy="retain")
    player.create(resource)
    assert player.delete(resource).ok
    assert case.live(world) == {}


@pinned
def test_an_explicit_name_refuses_a_create_only_change_before_anything_is_touched(
    case: Case, player: Player, world: World, resource: Resource
) -> None:
    assert case.name_member is not None
    assert case.replaced is not None
    name = {case.name_member: "named"}
    resource.properties = {**resource.properties, **name}
    player.create(resource)
    before, replaced = case.live(world), {**case.replaced(world), **name}
    world.calls()
    answer = player.finish(player.begin("Update", resource, properties=replaced))
    assert (answer.status, answer.physical_id) == ("FAILED", "named")
    assert "cannot change in place" in answer.reason
    assert world.mutations() == []
    assert case.live(world) == before


@named
def test_an_explicit_name_can_be_changed(case: Case, player: Player, world: World, resource: Resource) -> None:
    member = case.name_member or ""
    resource.properties = {**resource.properties, member: "first"}
    player.create(resource)
    assert case.thing(player.update(resource, {**resource.properties, member: "second"}).physical_id) == "second"
    assert list(case.live(world)) == ["second"]


@named
def test_another_explicit_name_that_is_rolled_back_leads_back_to_the_old_one(
    case: Case, player: Player, world: World, resource: Resource
) -> None:
    member = case.name_member or ""
    old = resource.properties = {**resource.properties, member: "first"}
    player.create(resource)
    before = case.live(world)
    player.update(resource, {**old, member: "second"}, clean_up=case.traits.one_per_parent)
    assert player.roll_back(resource, old, "first").physical_id == "first"
    assert case.live(world) == before


@named
def test_an_explicit_name_that_is_taken_away_gives_way_to_a_generated_one(
    case: Case, player: Player, world: World, resource: Resource
) -> None:
    member = case.name_member or ""
    without = dict(resource.properties)
    resource.properties = {**without, member: "first"}
    player.create(resource)
    generated = case.thing(player.update(resource, without).physical_id)
    assert generated.startswith("plant-Pumps-")
    assert list(case.live(world)) == [generated]
    player.delete(resource)
    assert case.live(world) == {}


@named
def test_an_explicit_name_that_is_given_later_replaces_a_generated_one(
    case: Case, player: Player, world: World, resource: Resource
) -> None:
    player.create(resource)
    explicit = {**resource.properties, case.name_member or "": "first"}
    assert case.thing(player.update(resource, explicit).physical_id) == "first"
    assert list(case.live(world)) == ["first"]


@pinned
def test_the_rollback_of_an_update_that_was_refused_comes_home(
    case: Case, player: Player, world: World, resource: Resource
) -> None:
    assert case.name_member is not None
    assert case.replaced is not None
    name = {case.name_member: "named"}
    resource.properties = {**resource.properties, **name}
    player.create(resource)
    player.finish(player.begin("Update", resource, properties={**case.replaced(world), **name}))
    world.calls()
    back = player.update(resource, resource.properties)
    assert (back.status, back.physical_id) == ("SUCCESS", "named")
    assert world.mutations() == []
