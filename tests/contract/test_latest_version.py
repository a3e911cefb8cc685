"""The newest version of a model: found at deployment, passed over when it does not pass, kept until asked anew."""

from __future__ import annotations

from typing import Any

import pytest

from lookout_server.faults import Fault
from tests.contract.cases import LATEST_MODEL_VERSION
from tests.contract.player import Player, Resource
from tests.contract.world import World, until

FINDS_ALL = [{"Member": "Recall", "AtLeast": "1"}]


@pytest.fixture(autouse=True)
def _judged(world: World) -> None:
    world.judged_versions()


def look(*, gate: Any = None, trigger: str = "", **filters: Any) -> Resource:
    options = {**({"Gate": gate} if gate else {}), **({"Trigger": trigger} if trigger else {})}
    properties = {"ModelName": "plain-model", **filters, "Options": options}
    return Resource(LATEST_MODEL_VERSION.type, "Latest1A2B3C4D", properties)


def failed_version(world: World) -> None:
    world.backend.faults.add("ImportModelVersion", Fault.fail("the source is on fire"))
    world.target.import_model_version(
        SourceModelVersionArn=world.version(1), ModelName="plain-model", DatasetName="plain-dataset", ClientToken="4"
    )
    until(lambda: world.status(world.target, "plain-model", 4) == "FAILED")


def test_it_is_the_one_with_the_highest_number(player: Player, world: World) -> None:
    data = player.create(look()).data
    assert (data["ModelVersion"], data["SourceType"], data["ModelQuality"]) == ("3", "IMPORT", "QUALITY_THRESHOLD_MET")
    assert data["ModelVersionArn"] == f"{data['ModelArn']}/model-version/3"


def test_a_version_that_failed_is_passed_over(player: Player, world: World) -> None:
    failed_version(world)
    assert player.create(look()).data["ModelVersion"] == "3"


def test_a_version_that_does_not_pass_the_gate_is_passed_over(player: Player, world: World) -> None:
    gate = [{"Member": "ModelQuality", "OneOf": ["CANNOT_DETERMINE_QUALITY", "POOR_QUALITY_DETECTED"]}]
    assert player.create(look(gate=gate)).data["ModelVersion"] == "2"


def test_when_none_passes_the_failure_names_the_figures_of_each(player: Player, world: World) -> None:
    failed_version(world)
    answer = player.create(look(gate=FINDS_ALL, MaxModelVersion=4, CreatedAtStartTime="2020-01-01T00:00:00Z"))
    assert answer.ok
    answer = player.create(look(gate=[{"Member": "Recall", "AtLeast": "2"}]))
    assert not answer.ok
    assert (
        "model plain-model has no version that can be used and passes the gate: version 4 is FAILED; "
        "version 3: Recall is 1, expected at least 2; version 2: Recall is 0, expected at least 2; "
        "version 1: Recall is not known, expected at least 2"
    ) in answer.reason


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"MaxModelVersion": 2}, "2"),
        ({"MinModelVersion": 2, "MaxModelVersion": 2}, "2"),
        ({"SourceType": "IMPORT"}, "3"),
        ({"CreatedAtStartTime": "2020-01-01T00:00:00Z"}, "3"),
    ],
)
def test_filters_narrow_what_is_looked_at(player: Player, world: World, filters: dict[str, Any], found: str) -> None:
    assert player.create(look(**filters)).data["ModelVersion"] == found


def test_when_the_filters_leave_none_the_failure_names_them(player: Player, world: World) -> None:
    answer = player.create(look(SourceType="RETRAINING", MinModelVersion=2))
    assert not answer.ok
    assert (
        "model plain-model has no version with SourceType=RETRAINING and MinModelVersion=2 that can be used: "
        "there is no version at all"
    ) in answer.reason


def test_it_stays_the_same_version_until_the_trigger_changes(player: Player, world: World) -> None:
    resource = look(MaxModelVersion=3, trigger="monday")
    player.create(resource)
    world.target.delete_model(ModelName="judged-2")
    add_version(world)
    attributes = {**resource.properties["Options"], "Attributes": "7"}
    kept = player.update(resource, {**resource.properties, "Options": attributes})
    assert (kept.data["ModelVersion"], kept.physical_id) == ("3", resource.physical_id)


def test_another_trigger_looks_anew(player: Player, world: World) -> None:
    resource = look(trigger="monday")
    assert player.create(resource).data["ModelVersion"] == "3"
    add_version(world)
    assert player.update(resource, look(trigger="tuesday").properties).data["ModelVersion"] == "4"


def test_the_rollback_of_a_new_look_leaves_the_version_from_before(player: Player, world: World) -> None:
    """The look has another id, so CloudFormation goes back to what the old one answered."""
    resource = look(trigger="monday")
    before = player.create(resource)
    add_version(world)
    after = player.update(resource, look(trigger="tuesday").properties, clean_up=False)
    assert after.physical_id != before.physical_id
    assert player.delete(resource).ok
    resource.physical_id, resource.properties = before.physical_id, look(trigger="monday").properties
    assert player.update(resource, resource.properties).data["ModelVersion"] == "3"


def test_a_version_that_is_gone_is_replaced_by_the_newest_that_there_is(player: Player, world: World) -> None:
    resource = look(trigger="monday")
    player.create(resource)
    world.target.delete_model(ModelName="plain-model")
    world.target.import_model_version(
        SourceModelVersionArn=world.version(1), ModelName="plain-model", DatasetName="plain-dataset", ClientToken="anew"
    )
    until(lambda: world.status(world.target, "plain-model", 1) == "SUCCESS")
    assert player.update(resource, resource.properties).data["ModelVersion"] == "1"


def add_version(world: World) -> None:
    world.target.import_model_version(
        SourceModelVersionArn=world.version(1), ModelName="plain-model", DatasetName="plain-dataset", ClientToken="more"
    )
    until(lambda: world.status(world.target, "plain-model", 4) == "SUCCESS")
