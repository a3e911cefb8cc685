"""Hosting of models of Lookout for Vision: who may start them, with which units, and at which times."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from lookout_provider import ownership
from lookout_provider.resources.vision import hosted_model
from lookout_server.faults import Fault
from lookout_server.settings import Progress
from tests.contract.cases import VISION_HOSTED_MODEL
from tests.contract.cases.case import options
from tests.contract.cases.vision_hosted_model import hosted, hosting
from tests.contract.cases.vision_model import PROJECT, start_by_hand, status, trained_by_hand
from tests.contract.player import Player, Resource
from tests.contract.test_sequences import another
from tests.contract.world import World, until

HOURS = {"Days": ["MON"], "Start": "08:00", "Stop": "18:00", "TimeZone": "Europe/Berlin"}
MONDAY_NOON, MONDAY_NIGHT = "2024-01-08T12:00:00+00:00", "2024-01-08T23:00:00+00:00"


def by_the_clock(world: World, units: int = 1) -> dict[str, Any]:
    return hosted(world, units=units, Options={**options(), "HostingHours": HOURS})


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets the clock on the wall."""

    def put(time: str) -> None:
        class Clock(datetime):
            @classmethod
            def now(cls, tz: Any = None) -> Any:
                return datetime.fromisoformat(time)

        monkeypatch.setattr(hosted_model, "datetime", Clock)

    return put


@pytest.fixture
def resource(world: World) -> Resource:
    """A hosted model, not created yet."""
    return Resource(VISION_HOSTED_MODEL.type, "Hosted1A2B3C4D", hosted(world))


def stop(world: World, number: int = 1) -> None:
    """Stop it by hand."""
    world.vision.stop_model(ProjectName=PROJECT, ModelVersion=str(number))
    until(lambda: status(world, str(number)) == "TRAINED")


def tags(world: World) -> dict[str, str]:
    """Ours on version 1."""
    arn = f"arn:aws:lookoutvision:us-east-1:222222222222:model/{PROJECT}/1"
    return ownership.reserved(ownership.read(world.vision.list_tags_for_resource(ResourceArn=arn)["Tags"]))


def test_other_units_stop_it_and_start_it_again(player: Player, world: World, resource: Resource) -> None:
    player.create(resource)
    world.calls()
    player.update(resource, hosted(world, units=3))
    assert [call for call in world.calls() if call.endswith("StopModel") or call == "StartModel"] == [
        "StopModel",
        "StartModel",
    ]
    assert hosting(world) == {f"{PROJECT}/model/1/hosting": (3, None)}


def test_a_maximum_that_is_taken_away_is_gone(player: Player, world: World, resource: Resource) -> None:
    resource.properties = hosted(world, MaxInferenceUnits=4)
    player.create(resource)
    player.update(resource, hosted(world))
    assert hosting(world) == {f"{PROJECT}/model/1/hosting": (1, None)}


def test_a_maximum_below_the_minimum_is_refused(player: Player, world: World, resource: Resource) -> None:
    resource.properties = hosted(world, units=3, MaxInferenceUnits=2)
    answer = player.create(resource)
    assert "MaxInferenceUnits: got 2, expected MinInferenceUnits, which is 3, or more" in answer.reason


def test_one_that_somebody_stopped_is_started_by_the_next_event(
    player: Player, world: World, resource: Resource
) -> None:
    player.create(resource)
    stop(world)
    assert player.update(resource, resource.properties).data["Status"] == "HOSTED"


def test_it_can_be_stopped_and_started_as_often_as_one_likes_within_the_hours_of_a_token(
    player: Player, world: World, resource: Resource
) -> None:
    for _ in range(3):
        assert player.create(resource).data["Status"] == "HOSTED"
        assert player.delete(resource).ok
        assert hosting(world) == {}


def test_one_that_somebody_else_started_is_refused_and_left_alone(
    player: Player, world: World, resource: Resource
) -> None:
    start_by_hand(world, f"{PROJECT}/model/1")
    world.calls()
    answer = player.create(resource)
    assert f"model {PROJECT}/model/1 is HOSTED, and was not started by this stack" in answer.reason
    assert player.delete(resource).ok
    assert world.mutations() == []


def test_one_whose_lease_was_lost_is_held_again(player: Player, world: World, resource: Resource) -> None:
    player.create(resource)
    arn = resource.data["ModelArn"]
    world.vision.untag_resource(ResourceArn=arn, TagKeys=["cdk-lookout:hosted-model"])
    assert player.update(resource, resource.properties).ok
    assert "cdk-lookout:hosted-model" in tags(world)


def test_two_constructs_of_a_rename_hold_it_together(player: Player, world: World, resource: Resource) -> None:
    player.create(resource)
    assert player.create(another(resource, logical_id="Renamed5E6F7A8B")).ok
    [lease] = tags(world).values()
    assert "+" in lease


def test_more_units_than_the_quota_has_leave_no_lease(player: Player, world: World, resource: Resource) -> None:
    resource.properties = hosted(world, units=9)
    answer = player.create(resource)
    assert "ServiceQuotaExceededException" in answer.reason
    assert player.delete(resource).ok
    assert tags(world) == {}


def test_a_model_that_could_not_be_trained_is_not_waited_for(player: Player, world: World) -> None:
    trained_by_hand(world)
    world.backend.faults.add("CreateModel", Fault.fail("the images are on fire"))
    world.vision.create_model(ProjectName=PROJECT, OutputConfig={"S3Location": {"Bucket": "results"}})
    until(lambda: status(world, "2") == "TRAINING_FAILED")
    properties = {"ProjectName": PROJECT, "ModelVersion": "2", "MinInferenceUnits": 1, "Options": options()}
    answer = player.create(Resource(VISION_HOSTED_MODEL.type, "Hosted1A2B3C4D", properties))
    assert "cannot be started: the images are on fire" in answer.reason


class TestAnotherVersion:
    def test_it_is_hosted_beside_the_one_from_before(self, player: Player, world: World, resource: Resource) -> None:
        player.create(resource)
        player.update(resource, hosted(world, version=2), clean_up=False)
        assert len(hosting(world)) == 2

    def test_the_one_from_before_gives_way_where_the_quota_has_room_for_one(
        self, player: Player, world: World, resource: Resource
    ) -> None:
        world.backend.settings.vision_quotas.running_models = 1
        player.create(resource)
        answer = player.update(resource, hosted(world, version=2))
        assert answer.ok, answer.reason
        assert list(hosting(world)) == [f"{PROJECT}/model/2/hosting"]
        assert tags(world) == {}

    def test_it_comes_back_when_the_deployment_is_rolled_back(
        self, player: Player, world: World, resource: Resource
    ) -> None:
        world.backend.settings.vision_quotas.running_models = 1
        player.create(resource)
        before, old, old_id = hosting(world), resource.properties, resource.physical_id
        player.update(resource, hosted(world, version=2), clean_up=False)
        player.roll_back(resource, old, old_id)
        assert hosting(world) == before

    def test_what_others_run_is_waited_for(self, player: Player, world: World, resource: Resource) -> None:
        trained_by_hand(world, 2)
        world.backend.settings.vision_quotas.running_models = 1
        start_by_hand(world, f"{PROJECT}/model/2")
        player.begin("Create", resource)
        player.drain(until=lambda: player.invocations > 5)
        assert hosting(world) == {f"{PROJECT}/model/2/hosting": (1, None)}
        stop(world, 2)
        player.drain()
        until(lambda: status(world, "1") == "HOSTED")


class TestHours:
    def test_in_its_hours_a_new_one_is_started(
        self, player: Player, world: World, resource: Resource, now: Any
    ) -> None:
        now(MONDAY_NOON)
        resource.properties = by_the_clock(world)
        assert player.create(resource).data["Status"] == "HOSTED"

    def test_out_of_its_hours_a_new_one_is_not_started(
        self, player: Player, world: World, resource: Resource, now: Any
    ) -> None:
        now(MONDAY_NIGHT)
        resource.properties = by_the_clock(world)
        assert player.create(resource).data["Status"] == "TRAINED"
        assert "cdk-lookout:hosted-model" in tags(world)

    def test_out_of_its_hours_a_deployment_leaves_it_as_it_is(
        self, player: Player, world: World, resource: Resource, now: Any
    ) -> None:
        now(MONDAY_NOON)
        resource.properties = by_the_clock(world)
        player.create(resource)
        now(MONDAY_NIGHT)
        world.calls()
        assert player.update(resource, by_the_clock(world, units=2)).ok
        assert world.mutations() == []

    def test_hours_that_end_while_it_is_started_end_the_wait(
        self, player: Player, world: World, resource: Resource, now: Any
    ) -> None:
        now(MONDAY_NOON)
        world.backend.settings.progress = Progress.by_describes(0)
        resource.properties = by_the_clock(world)
        player.create(resource)
        stop(world)
        world.backend.settings.progress = Progress.by_seconds(300)
        url = player.begin("Update", resource, properties=resource.properties)
        now(MONDAY_NIGHT)
        assert player.finish(url).ok

    def test_hours_that_cannot_be_read_are_refused(self, player: Player, world: World, resource: Resource) -> None:
        hours = {**HOURS, "TimeZone": "Europe/Atlantis"}
        resource.properties = hosted(world, Options={**options(), "HostingHours": hours})
        answer = player.create(resource)
        assert "Options.HostingHours.TimeZone: got 'Europe/Atlantis', expected the name of a time zone" in answer.reason
