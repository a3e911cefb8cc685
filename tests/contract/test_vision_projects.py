"""Projects of Lookout for Vision: what proves whose they are, and how they go with all that is in them."""

from __future__ import annotations

from typing import Any

import pytest

from lookout_server.settings import Progress
from tests.contract.cases import VISION_PROJECT
from tests.contract.cases.vision_model import HOSTED
from tests.contract.cases.vision_project import OWNER, fill
from tests.contract.conftest import wire
from tests.contract.player import Player, Resource
from tests.contract.test_ownership import with_options
from tests.contract.world import World

FOREIGN = {"Key": "cdk-lookout:owner", "Value": "222222222222/us-east-1/other/Caps5E6F7A8B"}


@pytest.fixture
def project(world: World) -> Resource:
    return Resource(VISION_PROJECT.type, "Bottles1A2B3C4D", VISION_PROJECT.desired(world))


@pytest.fixture
def mine(world: World, project: Resource) -> Resource:
    """A construct with the explicit name of a project that somebody made by hand."""
    assert VISION_PROJECT.by_hand is not None
    VISION_PROJECT.by_hand(world)
    project.properties = {**project.properties, "ProjectName": "mine"}
    return project


def projects(world: World) -> list[str]:
    return list(VISION_PROJECT.live(world))


def name_of(player: Player, resource: Resource) -> str:
    return str(player.create(resource).data["ProjectName"])


@pytest.mark.parametrize("hosted", [True, False])
def test_a_project_that_was_used_goes_with_all_that_is_in_it(
    player: Player, world: World, project: Resource, hosted: bool
) -> None:
    fill(world, name_of(player, project), hosted=hosted)
    answer = player.delete(project)
    assert answer.ok, answer.reason
    assert projects(world) == []


def test_it_goes_in_the_order_that_the_service_wants(player: Player, world: World, project: Resource) -> None:
    fill(world, name_of(player, project))
    player.delete(project)
    stopped, *rest = dict.fromkeys(world.mutations())
    assert (stopped, rest[-1]) == ("StopModel", "DeleteProject")
    assert set(rest[:-1]) == {"DeleteModel", "DeleteDataset"}


def test_its_deletion_waits_for_what_cannot_be_deleted_yet(player: Player, world: World, project: Resource) -> None:
    name = name_of(player, project)
    fill(world, name, hosted=False)
    world.backend.settings.progress = Progress.by_seconds(600)
    world.vision.create_model(ProjectName=name, OutputConfig={"S3Location": {"Bucket": "results"}}, Tags=[OWNER])
    assert player.delete(project).ok
    assert projects(world) == []


@pytest.mark.parametrize("tags", [[FOREIGN], [{"Key": "team", "Value": "caps"}]], ids=["another stack's", "nobody's"])
def test_a_model_of_somebody_else_keeps_it_from_being_deleted(
    player: Player, world: World, project: Resource, tags: list[dict[str, str]]
) -> None:
    name = name_of(player, project)
    fill(world, name)
    version = fill(world, name, *tags, hosted=False)
    answer = player.delete(project)
    assert not answer.ok
    assert f"delete version {version}, or allow it with delete_contents=True" in answer.reason
    assert world.mutations() == []


def test_a_model_that_another_stack_has_hosted_keeps_it_from_being_deleted(
    player: Player, world: World, project: Resource
) -> None:
    lease = {"Key": "cdk-lookout:hosted-model", "Value": "222222222222/us-east-1/other holders=0a1b2c3d4e5f"}
    fill(world, name_of(player, project), OWNER, lease)
    assert "delete version 1" in player.delete(project).reason
    assert world.mutations() == []


def test_models_of_somebody_else_go_when_that_is_allowed(player: Player, world: World, project: Resource) -> None:
    project.properties = with_options(project, DeleteContents="true")
    fill(world, name_of(player, project), FOREIGN)
    assert player.delete(project).ok
    assert projects(world) == []


def test_a_hosted_model_is_stopped_once(player: Player, world: World, project: Resource) -> None:
    world.backend.settings.progress = Progress.by_describes(0)
    fill(world, name_of(player, project))
    world.backend.settings.progress = Progress.by_seconds(300)
    player.delete(project)
    assert world.calls("StopModel") == ["StopModel"]
    assert HOSTED[1] == "HOSTED"


def test_what_somebody_made_by_hand_is_refused(player: Player, world: World, mine: Resource) -> None:
    world.calls()
    answer = player.create(mine)
    assert "mine exists and nothing proves that this stack made it; it was not touched" in answer.reason
    assert player.delete(mine).ok
    assert world.mutations() == []


def test_what_was_adopted_stays(player: Player, world: World, mine: Resource) -> None:
    mine.properties = with_options(mine, AdoptExisting="true")
    assert player.create(mine).ok
    assert player.delete(mine).ok
    assert projects(world) == ["mine"]


def test_what_was_adopted_is_deleted_once_the_stack_claims_it(player: Player, world: World, mine: Resource) -> None:
    mine.properties = with_options(mine, AdoptExisting="true")
    player.create(mine)
    assert player.update(mine, with_options(mine, AdoptExisting="false")).physical_id == "mine"
    assert player.delete(mine).ok
    assert projects(world) == []


def test_a_claim_that_is_rolled_back_leaves_it_adopted(player: Player, world: World, mine: Resource) -> None:
    adopting = mine.properties = with_options(mine, AdoptExisting="true")
    player.create(mine)
    player.update(mine, with_options(mine, AdoptExisting="false"))
    player.roll_back(mine, adopting, mine.physical_id)
    assert player.delete(mine).ok
    assert projects(world) == ["mine"]


def test_adopt_existing_says_nothing_about_a_generated_name(player: Player, world: World, project: Resource) -> None:
    project.properties = with_options(project, AdoptExisting="true")
    player.create(project)
    assert player.delete(project).ok
    assert projects(world) == []


def test_a_create_with_an_explicit_name_that_comes_again_is_answered_once(
    player: Player, world: World, project: Resource
) -> None:
    project.properties = {**project.properties, "ProjectName": "bottles"}
    event = player.event("Create", project)
    for _ in range(2):
        player.deliver(event)
    player.drain()
    player.deliver(event)
    [answer] = player.answers[event["ResponseURL"]]
    assert (answer.status, answer.physical_id) == ("SUCCESS", "bottles")


@pytest.mark.parametrize("difference", [{"stack": "plant-East"}, {"account": "111111111111"}])
def test_a_generated_name_is_that_of_one_construct_alone(
    player: Player, world: World, project: Resource, difference: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`plant` and `East-Bottles` make the same text as `plant-East` and `Bottles`."""
    project.properties = with_options(project, Name="East-Bottles")
    name = name_of(player, project)
    other = wire(Player(world.backend, world.clock, **difference), monkeypatch)
    construct = "Bottles" if "stack" in difference else "East-Bottles"
    twin = Resource(VISION_PROJECT.type, "Bottles5E6F7A8B", with_options(project, Name=construct))
    assert (name.rpartition("-")[0], name) == ("plant-East-Bottles", name)
    found = name_of(other, twin)
    assert found.rpartition("-")[0] == "plant-East-Bottles"
    assert found != name
