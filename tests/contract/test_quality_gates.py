"""A version becomes active only if it passes its gate; otherwise what was active stays so."""

from __future__ import annotations

from typing import Any

import pytest

from lookout_provider import ownership
from tests.contract.cases import ACTIVE_MODEL_VERSION
from tests.contract.player import Player, Resource
from tests.contract.test_training import retrain
from tests.contract.world import World

FINDS_ALL = {"Member": "Recall", "AtLeast": "1"}


@pytest.fixture(autouse=True)
def _judged(world: World) -> None:
    world.judged_versions()


def activation(version: int, *gate: dict[str, Any]) -> dict[str, Any]:
    return {"ModelName": "plain-model", "ModelVersion": version, "Options": {"Gate": list(gate)}}


def active(world: World) -> int:
    return int(world.target.describe_model(ModelName="plain-model")["ActiveModelVersion"])


def construct(version: int, *gate: dict[str, Any]) -> Resource:
    return Resource(ACTIVE_MODEL_VERSION.type, "Active1A2B3C4D", activation(version, *gate))


def test_a_version_that_passes_becomes_active(player: Player, world: World) -> None:
    answer = player.create(construct(3, FINDS_ALL))
    assert answer.ok, answer.reason
    assert active(world) == 3


def test_the_figures_of_the_active_version_are_attributes(player: Player, world: World) -> None:
    data = player.create(construct(3, FINDS_ALL)).data
    told = {name: data[name] for name in ("ModelQuality", "LabeledEvents", "IdentifiedEvents", "Recall", "PriorRecall")}
    assert told == {
        "ModelQuality": "QUALITY_THRESHOLD_MET",
        "LabeledEvents": "1",
        "IdentifiedEvents": "1",
        "Recall": "1",
        "PriorRecall": "",
    }


def test_a_version_that_does_not_pass_fails_with_its_figures(player: Player, world: World) -> None:
    answer = player.create(construct(2, FINDS_ALL, {"Member": "ModelQuality", "OneOf": ["QUALITY_THRESHOLD_MET"]}))
    assert not answer.ok
    assert (
        "version 2 of plain-model does not pass its gate, so version 1 stays active: Recall is 0, expected at least 1; "
        "ModelQuality is POOR_QUALITY_DETECTED, expected QUALITY_THRESHOLD_MET"
    ) in answer.reason


def test_a_version_that_does_not_pass_is_never_made_active(player: Player, world: World) -> None:
    world.calls()
    resource = construct(2, FINDS_ALL)
    player.create(resource)
    assert player.delete(resource).ok
    assert world.calls("UpdateActiveModelVersion") == []
    assert active(world) == 1


def test_a_refused_activation_leaves_no_lease(player: Player, world: World) -> None:
    resource = construct(2, FINDS_ALL)
    player.create(resource)
    player.delete(resource)
    arn = world.target.describe_model(ModelName="plain-model")["ModelArn"]
    assert ownership.reserved(ownership.read(world.target.list_tags_for_resource(ResourceArn=arn)["Tags"])) == {}


def test_an_update_to_a_version_that_does_not_pass_keeps_the_former_one_and_rolls_back(
    player: Player, world: World
) -> None:
    resource = construct(3, FINDS_ALL)
    player.create(resource)
    refused = player.update(resource, activation(2, FINDS_ALL))
    assert (refused.status, refused.physical_id, active(world)) == ("FAILED", resource.physical_id, 3)
    back = player.update(resource, activation(3, FINDS_ALL))
    assert (back.status, back.physical_id, active(world)) == ("SUCCESS", resource.physical_id, 3)


def test_a_gate_that_is_tightened_below_the_active_version_fails_and_changes_nothing(
    player: Player, world: World
) -> None:
    resource = construct(2)
    player.create(resource)
    world.calls()
    answer = player.update(resource, activation(2, FINDS_ALL))
    assert not answer.ok
    assert "does not pass its gate: Recall is 0, expected at least 1" in answer.reason
    assert world.mutations() == []
    assert player.update(resource, activation(2)).ok
    assert active(world) == 2


def test_what_the_service_does_not_tell_of_a_version_is_not_kept(player: Player, world: World) -> None:
    answer = player.create(construct(1, FINDS_ALL))
    assert not answer.ok
    assert "Recall is not known, expected at least 1" in answer.reason


def test_the_version_from_before_needs_no_gate_to_come_back(player: Player, world: World) -> None:
    resource = construct(3, FINDS_ALL)
    player.create(resource)
    assert player.delete(resource).ok
    assert active(world) == 1


class TestARetrainedVersion:
    @pytest.fixture(autouse=True)
    def _retrained(self, world: World) -> None:
        """Version 2 of judged-3, whose version 1 finds the labeled event."""
        retrain(world, "judged-3")

    def activation(self, *gate: dict[str, Any]) -> Resource:
        properties = {"ModelName": "judged-3", "ModelVersion": 2, "Options": {"Gate": list(gate)}}
        return Resource(ACTIVE_MODEL_VERSION.type, "Active1A2B3C4D", properties)

    def test_is_compared_with_the_version_before_it(self, player: Player, world: World) -> None:
        data = player.create(self.activation()).data
        assert (data["PriorRecall"], data["Recall"]) == ("1", "0")

    def test_that_is_worse_than_the_version_before_it_is_refused(self, player: Player, world: World) -> None:
        answer = player.create(self.activation({"Member": "RecallGain", "AtLeast": "0"}))
        assert not answer.ok
        assert "RecallGain is -1, expected at least 0" in answer.reason

    def test_is_judged_in_the_same_way_when_it_is_active_already(self, player: Player, world: World) -> None:
        world.target.update_active_model_version(ModelName="judged-3", ModelVersion=2)
        left = {"Member": "AutoPromotionResult", "OneOf": ["MODEL_NOT_PROMOTED"]}
        answer = player.create(self.activation(left))
        assert answer.ok, answer.reason

    def test_is_judged_by_what_the_retraining_did_with_it(self, player: Player, world: World) -> None:
        left = {"Member": "AutoPromotionResult", "OneOf": ["MODEL_NOT_PROMOTED"]}
        assert player.create(self.activation(left)).ok
        promoted = {"Member": "AutoPromotionResult", "OneOf": ["MODEL_PROMOTED"]}
        answer = player.create(self.activation(promoted))
        assert "AutoPromotionResult is MODEL_NOT_PROMOTED, expected MODEL_PROMOTED" in answer.reason
