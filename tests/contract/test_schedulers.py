"""Schedulers: stopped to be changed, started again only if they are to run, and one for each model."""

from __future__ import annotations

from typing import Any

import pytest

from lookout_provider import ownership
from lookout_provider.resources.scheduler import Scheduler
from lookout_server.faults import Fault
from tests.contract.cases import INFERENCE_SCHEDULER, RETRAINING_SCHEDULER, Case
from tests.contract.cases.case import options
from tests.contract.cases.inference_scheduler import by_hand, inference, schedulers
from tests.contract.cases.retraining_scheduler import retraining
from tests.contract.conftest import wire
from tests.contract.player import Answer, Player, Resource
from tests.contract.test_ownership import with_options
from tests.contract.world import SOURCE_KEY, TARGET_KEY, World, until

OTHER_KEY = TARGET_KEY[:-1] + "1"

both = pytest.mark.where(lambda case: issubclass(case.traits, Scheduler))


def made(case: Case, player: Player, world: World, **changed: Any) -> Resource:
    """A scheduler of the stack; nothing that was called so far is remembered."""
    resource = Resource(case.type, "Pumps1A2B3C4D", case.desired(world))
    resource.properties = with_options(resource, **changed)
    answer = player.create(resource)
    assert answer.ok, answer.reason
    world.calls()
    return resource


def update(player: Player, resource: Resource, properties: dict[str, Any], **changed: Any) -> Answer:
    return player.update(resource, with_options(Resource(resource.type, "", properties), **changed))


def status(case: Case, world: World) -> list[str]:
    """The status of each scheduler that there is."""
    return [one["Status"] for one in case.live(world).values()]


def changes(case: Case, world: World) -> list[str]:
    """What was done to schedulers, less the kind: `Stop`, `Update`."""
    kind = case.type.removeprefix("Custom::LookoutEquipment")
    return [operation.removesuffix(kind) for operation in world.mutations() if operation.endswith(kind)]


@both
def test_a_running_one_is_stopped_changed_and_started_again(case: Case, player: Player, world: World) -> None:
    resource = made(case, player, world)
    assert case.changed is not None
    assert update(player, resource, case.changed(world)).ok
    assert changes(case, world) == ["Stop", "Update", "Start"]
    assert status(case, world) == ["RUNNING"]


@both
def test_a_stopped_one_is_changed_and_stays_stopped(case: Case, player: Player, world: World) -> None:
    resource = made(case, player, world, DesiredState="STOPPED")
    assert case.changed is not None
    assert update(player, resource, case.changed(world), DesiredState="STOPPED").ok
    assert changes(case, world) == ["Update"]
    assert status(case, world) == ["STOPPED"]


@both
def test_one_that_is_not_to_run_is_stopped_once_it_is_made(case: Case, player: Player, world: World) -> None:
    resource = Resource(case.type, "Pumps1A2B3C4D", case.desired(world))
    resource.properties = with_options(resource, DesiredState="STOPPED")
    world.calls()
    answer = player.create(resource)
    assert answer.data["Status"] == "STOPPED"
    assert changes(case, world) == ["Create", "Stop"]


@both
def test_the_desired_state_alone_turns_it_on_and_off(case: Case, player: Player, world: World) -> None:
    resource = made(case, player, world)
    assert update(player, resource, case.desired(world), DesiredState="STOPPED").data["Status"] == "STOPPED"
    assert changes(case, world) == ["Stop"]
    assert update(player, resource, case.desired(world), DesiredState="RUNNING").data["Status"] == "RUNNING"
    assert changes(case, world) == ["Start"]


@both
def test_one_that_is_turned_off_and_changed_is_not_started(case: Case, player: Player, world: World) -> None:
    resource = made(case, player, world)
    assert case.changed is not None
    assert update(player, resource, case.changed(world), DesiredState="STOPPED").data["Status"] == "STOPPED"
    assert changes(case, world) == ["Stop", "Update"]


@both
def test_one_that_somebody_stopped_is_started_by_the_next_update(case: Case, player: Player, world: World) -> None:
    resource = made(case, player, world)
    turn_off(case, world, resource)
    assert player.update(resource, resource.properties).data["Status"] == "RUNNING"
    assert changes(case, world) == ["Start"]


def turn_off(case: Case, world: World, resource: Resource) -> None:
    """Stop it by hand."""
    if case is INFERENCE_SCHEDULER:
        world.target.stop_inference_scheduler(InferenceSchedulerName=resource.physical_id)
    else:
        world.target.stop_retraining_scheduler(ModelName="plain-model")
    until(lambda: status(case, world) == ["STOPPED"])
    world.calls()


@both
def test_a_running_one_is_stopped_before_it_is_deleted(case: Case, player: Player, world: World) -> None:
    resource = made(case, player, world)
    assert player.delete(resource).ok
    assert changes(case, world) == ["Stop", "Delete"]


@both
def test_a_stopped_one_is_deleted_at_once(case: Case, player: Player, world: World) -> None:
    resource = made(case, player, world, DesiredState="STOPPED")
    assert player.delete(resource).ok
    assert changes(case, world) == ["Delete"]


@both
def test_a_desired_state_that_there_is_not_is_refused(case: Case, player: Player, world: World) -> None:
    resource = Resource(case.type, "Pumps1A2B3C4D", case.desired(world))
    resource.properties = with_options(resource, DesiredState="PAUSED")
    assert "Options.DesiredState: got 'PAUSED', expected RUNNING or STOPPED" in player.create(resource).reason


class TestTheKeyOfAnInferenceScheduler:
    """It cannot be updated, and there is no room for a second scheduler beside the first."""

    def test_another_key_makes_it_again_under_the_same_name(self, player: Player, world: World) -> None:
        resource = made(INFERENCE_SCHEDULER, player, world)
        name = str(resource.physical_id)
        answer = player.update(resource, inference(ServerSideKmsKeyId=OTHER_KEY))
        assert (answer.status, answer.physical_id) == ("SUCCESS", name)
        assert changes(INFERENCE_SCHEDULER, world) == ["Stop", "Delete", "Create"]
        assert schedulers(world)[name]["ServerSideKmsKeyId"] == OTHER_KEY

    def test_no_key_any_more_makes_it_again_as_well(self, player: Player, world: World) -> None:
        resource = made(INFERENCE_SCHEDULER, player, world)
        without = inference()
        del without["ServerSideKmsKeyId"]
        assert player.update(resource, without).ok
        assert [one["ServerSideKmsKeyId"] for one in schedulers(world).values()] == [None]

    def test_one_that_stands_still_does_so_again(self, player: Player, world: World) -> None:
        resource = made(INFERENCE_SCHEDULER, player, world, DesiredState="STOPPED")
        assert update(player, resource, inference(ServerSideKmsKeyId=OTHER_KEY), DesiredState="STOPPED").ok
        assert changes(INFERENCE_SCHEDULER, world) == ["Delete", "Create", "Stop"]

    def test_a_key_that_describe_spells_in_another_way_is_the_same_key(self, player: Player, world: World) -> None:
        """An alias, say: the service tells the ARN."""
        resource = made(INFERENCE_SCHEDULER, player, world)
        spelled = inference(ServerSideKmsKeyId="alias/pumps")
        player.update(resource, spelled)
        assert [one["ServerSideKmsKeyId"] for one in schedulers(world).values()] != ["alias/pumps"]
        world.calls()
        assert player.update(resource, spelled).ok
        assert world.mutations() == []

    def test_a_key_that_is_refused_rolls_back_to_the_old_one(self, player: Player, world: World) -> None:
        resource = made(INFERENCE_SCHEDULER, player, world)
        before, old, name = schedulers(world), resource.properties, resource.physical_id
        refused = player.update(resource, inference(ServerSideKmsKeyId="arn:aws:kms:nowhere"))
        assert (refused.status, refused.physical_id) == ("FAILED", name)
        assert "ValidationException" in refused.reason
        assert schedulers(world) == {}
        assert player.update(resource, old).physical_id == name
        assert schedulers(world) == before

    def test_the_rollback_of_another_key_brings_the_old_one_back(self, player: Player, world: World) -> None:
        resource = made(INFERENCE_SCHEDULER, player, world)
        before, old, name = schedulers(world), resource.properties, resource.physical_id
        player.update(resource, inference(ServerSideKmsKeyId=OTHER_KEY))
        player.roll_back(resource, old, name)
        assert schedulers(world) == before


class TestTheOneInferenceSchedulerOfAModel:
    def test_one_that_somebody_made_is_named_and_left_alone(self, player: Player, world: World) -> None:
        by_hand(world)
        before = schedulers(world)
        answer = player.create(Resource(INFERENCE_SCHEDULER.type, "Pumps1A2B3C4D", inference()))
        assert "inference scheduler mine was not made by this stack: a model has one" in answer.reason
        assert answer.physical_id.startswith("refused:")
        assert schedulers(world) == before

    def test_a_model_that_is_used_otherwise_is_waited_for(self, player: Player, world: World) -> None:
        world.backend.faults.add("CreateInferenceScheduler", Fault.conflict(), times=2)
        answer = player.create(Resource(INFERENCE_SCHEDULER.type, "Pumps1A2B3C4D", inference()))
        assert answer.ok, answer.reason

    def test_a_conflict_with_one_that_somebody_made_is_not_waited_out(self, player: Player, world: World) -> None:
        by_hand(world)
        world.backend.faults.add("CreateInferenceScheduler", Fault.conflict())
        answer = player.create(Resource(INFERENCE_SCHEDULER.type, "Pumps1A2B3C4D", inference()))
        assert "ConflictException" in answer.reason
        assert "inference scheduler mine was not made by this stack" in answer.reason

    def test_one_that_somebody_made_is_adopted_and_brought_up_to_date(self, player: Player, world: World) -> None:
        by_hand(world, DataUploadFrequency="PT5M")
        resource = Resource(INFERENCE_SCHEDULER.type, "Pumps1A2B3C4D", inference(InferenceSchedulerName="mine"))
        resource.properties = with_options(resource, AdoptExisting="true")
        answer = player.create(resource)
        assert answer.ok, answer.reason
        assert schedulers(world)["mine"]["DataUploadFrequency"] == "PT10M"
        assert player.delete(resource).ok
        assert list(schedulers(world)) == ["mine"]

    def test_one_that_was_adopted_is_not_deleted_for_another_key(self, player: Player, world: World) -> None:
        by_hand(world)
        resource = Resource(INFERENCE_SCHEDULER.type, "Pumps1A2B3C4D", inference(InferenceSchedulerName="mine"))
        resource.properties = with_options(resource, AdoptExisting="true")
        player.create(resource)
        before = schedulers(world)
        answer = player.update(resource, {**resource.properties, "ServerSideKmsKeyId": OTHER_KEY})
        assert "ServerSideKmsKeyId cannot change in place" in answer.reason
        assert schedulers(world) == before

    def test_one_that_was_adopted_is_not_deleted_for_another_name(self, player: Player, world: World) -> None:
        by_hand(world)
        resource = Resource(INFERENCE_SCHEDULER.type, "Pumps1A2B3C4D", inference(InferenceSchedulerName="mine"))
        resource.properties = with_options(resource, AdoptExisting="true")
        player.create(resource)
        before = schedulers(world)
        answer = player.update(resource, {**resource.properties, "InferenceSchedulerName": "yours"})
        assert (answer.status, answer.physical_id) == ("FAILED", "mine")
        assert "a model has one" in answer.reason
        assert schedulers(world) == before

    def test_another_name_makes_it_again_and_the_rollback_leads_back(self, player: Player, world: World) -> None:
        resource = made(INFERENCE_SCHEDULER, player, world)
        before, old, name = schedulers(world), resource.properties, resource.physical_id
        renamed = player.update(resource, inference(InferenceSchedulerName="renamed"), clean_up=False)
        assert renamed.physical_id == "renamed"
        assert list(schedulers(world)) == ["renamed"]
        player.roll_back(resource, old, name)
        assert schedulers(world) == before

    def test_an_alias_it_was_made_with_is_not_what_tells_whose_key_it_is(self, player: Player, world: World) -> None:
        made(INFERENCE_SCHEDULER, player, world)
        [summary] = world.target.list_inference_schedulers()["InferenceSchedulerSummaries"]
        tags = ownership.read(world.target.list_tags_for_resource(ResourceArn=summary["InferenceSchedulerArn"])["Tags"])
        assert SOURCE_KEY not in tags.values()
        assert len(tags["cdk-lookout:key"]) == 8


def requiring(*qualities: str, **more: Any) -> dict[str, Any]:
    """The properties of a scheduler whose model has to be of one of these *qualities*."""
    return inference(**more, Options={**options(), "RequireQuality": list(qualities)})


class TestTheQualityOfItsModel:
    """The model of this world has no labels, so nobody can tell."""

    def test_a_model_of_another_quality_gets_no_scheduler(self, player: Player, world: World) -> None:
        resource = Resource(INFERENCE_SCHEDULER.type, "Pumps1A2B3C4D", inference())
        resource.properties = requiring("QUALITY_THRESHOLD_MET")
        answer = player.create(resource)
        assert "ModelQuality is CANNOT_DETERMINE_QUALITY, expected QUALITY_THRESHOLD_MET" in answer.reason
        assert answer.physical_id.startswith("refused:")
        assert schedulers(world) == {}

    def test_a_quality_that_is_accepted_is_an_attribute(self, player: Player, world: World) -> None:
        resource = Resource(INFERENCE_SCHEDULER.type, "Pumps1A2B3C4D", inference())
        resource.properties = requiring("QUALITY_THRESHOLD_MET", "CANNOT_DETERMINE_QUALITY")
        assert player.create(resource).data["ModelQuality"] == "CANNOT_DETERMINE_QUALITY"

    def test_one_that_must_not_be_started_again_is_not_stopped(self, player: Player, world: World) -> None:
        resource = made(INFERENCE_SCHEDULER, player, world)
        answer = player.update(resource, requiring("QUALITY_THRESHOLD_MET", DataUploadFrequency="PT30M"))
        assert not answer.ok
        assert world.mutations() == []
        assert status(INFERENCE_SCHEDULER, world) == ["RUNNING"]

    def test_one_that_stands_still_is_not_started(self, player: Player, world: World) -> None:
        resource = made(INFERENCE_SCHEDULER, player, world, DesiredState="STOPPED")
        answer = player.update(resource, requiring("QUALITY_THRESHOLD_MET"))
        assert not answer.ok
        assert status(INFERENCE_SCHEDULER, world) == ["STOPPED"]


class TestTheRetrainingSchedulerOfAModel:
    def test_one_that_somebody_made_is_refused_and_left_alone(self, player: Player, world: World) -> None:
        members = {name: value for name, value in retraining().items() if name != "Options"}
        world.target.create_retraining_scheduler(**members, ClientToken="by-hand")
        until(lambda: status(RETRAINING_SCHEDULER, world) == ["RUNNING"])
        before = RETRAINING_SCHEDULER.live(world)
        resource = Resource(RETRAINING_SCHEDULER.type, "Pumps1A2B3C4D", retraining(PromoteMode="MANAGED"))
        assert "was not made by this stack" in player.create(resource).reason
        assert player.delete(resource).ok
        assert RETRAINING_SCHEDULER.live(world) == before

    @pytest.mark.parametrize("same", ["2031-02-03T23:59:59+00:00", "2031-02-04T01:00:00+02:00"])
    def test_of_its_start_date_only_the_day_counts(self, player: Player, world: World, same: str) -> None:
        resource = made(RETRAINING_SCHEDULER, player, world)
        assert player.update(resource, retraining(RetrainingStartDate=same)).ok
        assert world.mutations() == []

    def test_another_day_is_another_start_date(self, player: Player, world: World) -> None:
        resource = made(RETRAINING_SCHEDULER, player, world)
        answer = player.update(resource, retraining(RetrainingStartDate="2031-02-04T00:00:00Z"))
        assert answer.data["RetrainingStartDate"] == "2031-02-04T00:00:00+00:00"

    def test_what_is_not_said_is_left_as_it_is(self, player: Player, world: World) -> None:
        resource = made(RETRAINING_SCHEDULER, player, world)
        without = retraining()
        del without["RetrainingStartDate"]
        assert player.update(resource, without).ok
        assert world.mutations() == []

    def test_one_that_disappeared_comes_back(
        self, player: Player, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        resource = made(RETRAINING_SCHEDULER, player, world)
        turn_off(RETRAINING_SCHEDULER, world, resource)
        world.target.delete_retraining_scheduler(ModelName="plain-model")
        assert player.update(resource, resource.properties).data["Status"] == "RUNNING"
        intruder = wire(Player(world.backend, world.clock, stack="other"), monkeypatch)
        theirs = Resource(RETRAINING_SCHEDULER.type, "Theirs1A2B3C4D", retraining())
        assert "belongs to 222222222222/us-east-1/plant" in intruder.create(theirs).reason
