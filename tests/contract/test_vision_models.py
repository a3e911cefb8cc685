"""Models of Lookout for Vision: versions that are kept, that fail, that are hosted, and that nobody knows of."""

from __future__ import annotations

from typing import Any

import pytest

from lookout_provider import ownership
from lookout_server.settings import Progress
from tests.contract.cases import VISION_MODEL
from tests.contract.cases.case import options
from tests.contract.cases.vision_model import PROJECT, made, model, start_by_hand, status, trained_by_hand, with_images
from tests.contract.player import Player, Resource
from tests.contract.test_sequences import another, tags_of
from tests.contract.world import World, until


def version(number: int) -> str:
    return f"{PROJECT}/model/{number}"


def trained(world: World, trigger: str, keep: int = 1, **more: str) -> dict[str, Any]:
    return model(world, Options=options(Keep=str(keep), Trigger=trigger, **more))


def host(world: World, number: int) -> None:
    start_by_hand(world, version(number))


@pytest.fixture
def progress() -> Progress:
    return Progress.by_describes(0)


@pytest.fixture
def resource(player: Player, world: World) -> Resource:
    """A model that was trained once, and of which two versions are kept."""
    made = Resource(VISION_MODEL.type, "Bottles1A2B3C4D", trained(world, "1", keep=2))
    assert player.create(made).ok
    return made


class TestKept:
    def test_another_trigger_trains_another_version(self, player: Player, world: World, resource: Resource) -> None:
        assert player.update(resource, trained(world, "2", keep=2)).physical_id == version(2)

    def test_as_many_as_asked_for_are_kept_and_the_oldest_goes(
        self, player: Player, world: World, resource: Resource
    ) -> None:
        for trigger in ("2", "3", "4"):
            player.update(resource, trained(world, trigger, keep=2))
        assert list(made(world)) == [version(3), version(4)]

    def test_with_one_the_version_from_before_goes(self, player: Player, world: World) -> None:
        one = Resource(VISION_MODEL.type, "Bottles1A2B3C4D", trained(world, "1"))
        player.create(one)
        player.update(one, trained(world, "2"))
        assert list(made(world)) == [version(2)]

    def test_going_back_to_a_kept_version_trains_nothing(
        self, player: Player, world: World, resource: Resource
    ) -> None:
        player.update(resource, trained(world, "2", keep=2))
        world.calls()
        assert player.update(resource, trained(world, "1", keep=2)).physical_id == version(1)
        assert "CreateModel" not in world.calls()
        assert list(made(world)) == [version(1)]

    def test_a_version_to_which_the_stack_went_back_is_not_one_of_those_to_go(
        self, player: Player, world: World, resource: Resource
    ) -> None:
        player.update(resource, trained(world, "2", keep=2))
        player.update(resource, trained(world, "1", keep=2))
        player.update(resource, trained(world, "3", keep=2))
        assert list(made(world)) == [version(1), version(3)]

    def test_what_was_kept_goes_with_the_construct(self, player: Player, world: World, resource: Resource) -> None:
        player.update(resource, trained(world, "2", keep=2))
        assert player.delete(resource).ok
        assert made(world) == {}

    def test_a_rolled_back_training_takes_nothing_along_that_was_kept(
        self, player: Player, world: World, resource: Resource
    ) -> None:
        player.update(resource, trained(world, "2", keep=2))
        before, old, old_id = made(world), resource.properties, resource.physical_id
        player.update(resource, trained(world, "3", keep=2), clean_up=False)
        assert player.roll_back(resource, old, old_id).physical_id == old_id
        assert made(world) == before

    def test_a_rollback_that_only_deletes_takes_nothing_along_either(
        self, player: Player, world: World, resource: Resource
    ) -> None:
        player.update(resource, trained(world, "2", keep=2))
        before = made(world)
        player.update(resource, trained(world, "3", keep=2), clean_up=False)
        assert player.delete(resource).ok
        assert made(world) == before

    def test_the_versions_of_others_count_nothing_and_stay(
        self, player: Player, world: World, resource: Resource
    ) -> None:
        world.vision.create_model(ProjectName=PROJECT, OutputConfig={"S3Location": {"Bucket": "results"}})
        until(lambda: status(world, "2") == "TRAINED")
        player.update(resource, trained(world, "3", keep=2))
        assert list(made(world)) == [version(1), version(2), version(3)]
        player.delete(resource)
        assert list(made(world)) == [version(2)]

    def test_a_trained_version_outlives_one_that_is_only_started(
        self, player: Player, world: World, resource: Resource
    ) -> None:
        world.backend.settings.progress = Progress.by_seconds(7200)
        player.update(resource, trained(world, "2", WaitSeconds="0"))
        assert made(world) == {version(1): "TRAINED", version(2): "TRAINING"}

    @pytest.mark.parametrize("keep", ["0", "-1", "some"])
    def test_to_keep_no_number_of_versions_is_refused(self, keep: str, player: Player, world: World) -> None:
        properties = model(world, Options=options(Keep=keep))
        answer = player.create(Resource(VISION_MODEL.type, "Bottles1A2B3C4D", properties))
        assert f"Options.Keep: got {keep!r}, expected a whole number from 1" in answer.reason


class TestFailed:
    def test_a_version_that_does_not_keep_the_gate_fails_with_its_figures_and_is_deleted(
        self, player: Player, world: World, resource: Resource
    ) -> None:
        old, old_id = resource.properties, resource.physical_id
        gated = trained(world, "2", keep=2)
        gated["Options"]["Gate"] = [{"Member": "F1Score", "AtLeast": "1.1"}]
        answer = player.finish(player.begin("Update", resource, properties=gated))
        assert f"model {version(2)} does not pass its gate: F1Score is 1.0, expected at least 1.1" in answer.reason
        resource.properties, resource.physical_id = gated, answer.physical_id
        player.roll_back(resource, old, old_id)
        assert list(made(world)) == [version(1)]

    def test_its_figures_are_attributes(self, resource: Resource) -> None:
        assert {name: resource.data[name] for name in ("F1Score", "Precision", "Recall")} == {
            "F1Score": "1.0",
            "Precision": "1.0",
            "Recall": "1.0",
        }
        assert resource.data["EvaluationResultKey"] == "out/EvaluationResult-bottles-1.json"

    def test_a_project_without_images_fails_with_the_service_s_words(self, player: Player, world: World) -> None:
        world.vision_project("empty")
        properties = {**model(world), "ProjectName": "empty"}
        answer = player.create(Resource(VISION_MODEL.type, "Bottles1A2B3C4D", {**properties, "Options": options()}))
        assert not answer.ok
        assert "has no train dataset" in answer.reason


class TestHosted:
    def test_a_hosted_version_is_not_deleted_to_make_room(
        self, player: Player, world: World, resource: Resource
    ) -> None:
        host(world, 1)
        player.update(resource, trained(world, "2"))
        player.update(resource, trained(world, "3"))
        assert made(world) == {version(1): "HOSTED", version(3): "TRAINED"}

    def test_it_goes_with_a_later_training_once_it_is_not_hosted(
        self, player: Player, world: World, resource: Resource
    ) -> None:
        host(world, 1)
        player.update(resource, trained(world, "2"))
        world.vision.stop_model(ProjectName=PROJECT, ModelVersion="1")
        until(lambda: status(world, "1") == "TRAINED")
        player.update(resource, trained(world, "3"))
        assert list(made(world)) == [version(3)]

    def test_it_is_stopped_when_the_construct_goes(self, player: Player, world: World, resource: Resource) -> None:
        world.backend.settings.progress = Progress.by_describes(2)
        host(world, 1)
        assert player.delete(resource).ok
        assert made(world) == {}

    def test_what_another_stack_hosts_is_not_stopped(self, player: Player, world: World, resource: Resource) -> None:
        lease = {"Key": "cdk-lookout:hosted-model", "Value": "222222222222/us-east-1/other holders=0a1b"}
        world.vision.tag_resource(ResourceArn=resource.data["ModelArn"], Tags=[lease])
        host(world, 1)
        answer = player.delete(resource)
        assert "is hosted by 222222222222/us-east-1/other" in answer.reason
        assert made(world) == {version(1): "HOSTED"}


class TestAbandoned:
    """The Update that had a version trained is cancelled: CloudFormation takes the old one."""

    @pytest.fixture
    def abandoned(self, player: Player, world: World, resource: Resource) -> Resource:
        world.backend.settings.progress = Progress.by_seconds(4000)
        player.begin("Update", resource, properties=trained(world, "2", keep=2))
        player.poll(player.machine.running()[0])
        assert made(world)[version(2)] == "TRAINING"
        return resource

    def test_one_that_is_trained_meanwhile_is_deleted_by_the_next_event(
        self, player: Player, world: World, abandoned: Resource
    ) -> None:
        world.clock.advance(4000)
        assert status(world, "2") == "TRAINED"
        assert player.update(abandoned, abandoned.properties).physical_id == version(1)
        assert list(made(world)) == [version(1)]

    def test_one_that_is_still_trained_goes_with_the_construct(
        self, player: Player, world: World, abandoned: Resource
    ) -> None:
        player.update(abandoned, abandoned.properties)
        assert made(world) == {version(1): "TRAINED", version(2): "TRAINING"}
        world.clock.advance(4000)
        world.backend.settings.progress = Progress.by_seconds(600)
        assert player.delete(abandoned).ok
        assert made(world) == {}

    def test_one_that_is_wanted_after_all_is_joined(self, player: Player, world: World, abandoned: Resource) -> None:
        player.update(abandoned, abandoned.properties)
        assert player.update(abandoned, trained(world, "2", keep=2)).physical_id == version(2)
        assert list(made(world)) == [version(1), version(2)]


def test_what_was_deleted_is_trained_again_under_another_number(
    player: Player, world: World, resource: Resource
) -> None:
    player.delete(resource)
    assert player.create(resource).physical_id == version(2)


def test_a_retained_version_is_found_again(player: Player, world: World) -> None:
    kept = Resource(VISION_MODEL.type, "Bottles1A2B3C4D", model(world, Options=options(RemovalPolicy="retain")))
    player.create(kept)
    again = another(kept, physical_id=None)
    assert player.create(again).physical_id == version(1)
    assert ownership.ADOPTED in tags_of(world, VISION_MODEL, again)


def test_trainings_of_others_are_waited_out(player: Player, world: World) -> None:
    with_images(world)
    world.backend.settings.vision_quotas.concurrent_trainings = 1
    world.backend.settings.progress = Progress.by_seconds(300)
    world.vision.create_model(ProjectName=PROJECT, OutputConfig={"S3Location": {"Bucket": "results"}})
    assert player.create(Resource(VISION_MODEL.type, "Bottles1A2B3C4D", model(world))).ok


def test_what_the_list_still_has_although_it_is_gone_is_passed_over(
    player: Player, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list is eventually consistent."""
    trained_by_hand(world)
    listed = world.vision.list_models(ProjectName=PROJECT)
    ghost = {**listed["Models"][0], "ModelVersion": "9", "ModelArn": listed["Models"][0]["ModelArn"][:-1] + "9"}
    real = player.client

    class Stale:
        def __init__(self, client: Any) -> None:
            self._client = client

        def list_models(self, **parameters: Any) -> Any:
            found = self._client.list_models(**parameters)
            return {**found, "Models": [*found["Models"], ghost]}

        def __getattr__(self, operation: str) -> Any:
            return getattr(self._client, operation)

    monkeypatch.setattr(player, "client", lambda service, region: Stale(real(service, region)))
    bottles = Resource(VISION_MODEL.type, "Bottles1A2B3C4D", model(world))
    assert player.create(bottles).physical_id == version(2)
    assert player.delete(bottles).ok
    assert list(made(world)) == [version(1)]
