"""Models that are trained: what fails is removed, what can change in place does, what others add stays."""

from __future__ import annotations

from typing import Any

import pytest

from lookout_server.faults import Fault
from lookout_server.settings import Progress
from tests.contract.cases import IMPORTED_MODEL, LABELS, TRAINED_MODEL, WAIT
from tests.contract.cases.case import options
from tests.contract.cases.model import trained
from tests.contract.player import Player, Resource
from tests.contract.test_ownership import with_options
from tests.contract.world import World, until

DIAGNOSTICS = {
    "ModelDiagnosticsOutputConfiguration": {"S3OutputConfiguration": {"Bucket": "diagnostics", "Prefix": "wear/"}},
    "RoleArn": LABELS["RoleArn"],
}


def model(**more: Any) -> Resource:
    return Resource(TRAINED_MODEL.type, "Pumps1A2B3C4D", trained(**more))


def link(target: Resource) -> Resource:
    """The last link of the relay of *target*."""
    more = {"TargetType": target.type, "Target": str(target.physical_id), "WaitSeconds": "3300", "Last": "true"}
    return Resource(WAIT.type, "PumpsWait14A2B3C4D", {"Options": options(**more)})


def versions(world: World, name: str) -> dict[int, str]:
    found = world.target.list_model_versions(ModelName=name)["ModelVersionSummaries"]
    return {item["ModelVersion"]: item["SourceType"] for item in found}


def test_a_training_that_fails_behind_a_relay_fails_the_deployment_and_leaves_nothing(
    player: Player, world: World
) -> None:
    world.backend.faults.add("CreateModel", Fault.fail("there is too little data"))
    resource = model()
    resource.properties = with_options(resource, WaitSeconds="0")
    started = player.create(resource)
    failed = player.create(link(resource)) if started.ok else started
    assert not failed.ok
    assert "there is too little data" in failed.reason
    assert player.delete(resource).ok
    assert TRAINED_MODEL.live(world) == {}


def test_a_replacement_whose_training_fails_leaves_the_old_model(player: Player, world: World) -> None:
    resource = model()
    player.create(resource)
    before, old, old_id = TRAINED_MODEL.live(world), resource.properties, resource.physical_id
    world.backend.faults.add("CreateModel", Fault.fail("there is too little data"))
    event = trained(TrainingDataEndTime="2024-01-15T00:00:00Z")
    answer = player.update(resource, event)
    assert not answer.ok
    assert "there is too little data" in answer.reason
    assert answer.physical_id != old_id
    assert player.delete(Resource(resource.type, resource.logical_id, event, answer.physical_id)).ok
    assert player.update(resource, old).physical_id == old_id
    assert TRAINED_MODEL.live(world) == before


def test_a_training_without_data_fails_with_the_service_s_reason(player: Player, world: World) -> None:
    beyond = {"EvaluationDataStartTime": "2030-01-01T00:00:00Z", "EvaluationDataEndTime": "2030-02-01T00:00:00Z"}
    answer = player.create(model(**beyond))
    assert not answer.ok
    assert "There is no data between 2030-01-01" in answer.reason


def test_the_same_time_in_another_zone_is_the_same_model(player: Player, world: World) -> None:
    resource = model(TrainingDataStartTime="2024-01-02T00:00:00Z")
    first = player.create(resource).physical_id
    world.calls()
    again = player.update(resource, trained(TrainingDataStartTime="2024-01-02T05:30:00+05:30"))
    assert again.physical_id == first
    assert world.mutations() == []


def test_a_time_without_a_zone_is_refused_with_its_path(player: Player, world: World) -> None:
    answer = player.create(model(TrainingDataStartTime="2024-01-02T00:00:00"))
    assert not answer.ok
    assert "TrainingDataStartTime: got '2024-01-02T00:00:00', expected a time with its offset" in answer.reason


def test_a_model_that_somebody_trained_by_hand_in_the_same_way_can_be_adopted(player: Player, world: World) -> None:
    by_hand = {name: value for name, value in trained().items() if name not in ("Tags", "Options")}
    world.target.create_model(ModelName="mine", ClientToken="by-hand", **by_hand)
    until(lambda: world.status(world.target, "mine", 1) == "SUCCESS")
    adopting = options(AdoptExisting="true")
    assert player.create(model(ModelName="mine", Options=adopting)).physical_id == "mine"


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("TrainingDataEndTime", "2024-01-19T00:00:00Z"),
        ("OffCondition", "pump\\pressure > 90.0"),
        ("DataPreProcessingConfiguration", {"TargetSamplingRate": "PT30M"}),
    ],
)
def test_a_model_that_somebody_trained_otherwise_is_not_adopted(
    player: Player, world: World, member: str, value: Any
) -> None:
    by_hand = {name: value for name, value in trained().items() if name not in ("Tags", "Options")}
    world.target.create_model(ModelName="mine", ClientToken="by-hand", **by_hand)
    until(lambda: world.status(world.target, "mine", 1) == "SUCCESS")
    answer = player.create(model(ModelName="mine", Options=options(AdoptExisting="true"), **{member: value}))
    assert not answer.ok
    assert f"mine exists with another {member}, so it cannot be adopted" in answer.reason


def test_a_trained_model_is_not_adopted_as_an_imported_one(player: Player, world: World) -> None:
    by_hand = {name: value for name, value in trained().items() if name not in ("Tags", "Options")}
    world.target.create_model(ModelName="mine", ClientToken="by-hand", **by_hand)
    until(lambda: world.status(world.target, "mine", 1) == "SUCCESS")
    wanted = IMPORTED_MODEL.desired(world) | {"ModelName": "mine", "Options": options(AdoptExisting="true")}
    answer = player.create(Resource(IMPORTED_MODEL.type, "Pumps1A2B3C4D", wanted))
    assert "mine exists with another SourceModelVersionArn" in answer.reason


def test_an_imported_model_is_adopted_whatever_its_source_was_trained_with(player: Player, world: World) -> None:
    wanted = IMPORTED_MODEL.desired(world) | {"ModelName": "plain-model", "Options": options(AdoptExisting="true")}
    answer = player.create(Resource(IMPORTED_MODEL.type, "Pumps1A2B3C4D", wanted))
    assert answer.ok, answer.reason


def test_an_update_in_place_keeps_the_versions_that_retraining_added(player: Player, world: World) -> None:
    resource = model()
    name = str(player.create(resource).physical_id)
    retrain(world, name)
    world.target.update_active_model_version(ModelName=name, ModelVersion=2)
    updated = player.update(resource, trained(**LABELS | DIAGNOSTICS))
    assert updated.ok, updated.reason
    assert updated.physical_id == name
    assert versions(world, name) == {1: "TRAINING", 2: "RETRAINING"}
    assert updated.data["ActiveModelVersion"] == "2"


def test_an_update_waits_for_a_version_that_is_in_the_making(player: Player, world: World) -> None:
    resource = model()
    name = str(player.create(resource).physical_id)
    world.backend.settings.progress = Progress.by_seconds(1200)
    source = f"{resource.data['ModelArn']}/model-version/1"
    world.target.import_model_version(
        SourceModelVersionArn=source, ModelName=name, DatasetName="plain-dataset", ClientToken="beside"
    )
    updated = player.update(resource, trained(**LABELS))
    assert updated.ok, updated.reason
    assert versions(world, name) == {1: "TRAINING", 2: "IMPORT"}


def test_an_update_in_place_is_told_to_the_service_once(player: Player, world: World) -> None:
    resource = model()
    player.create(resource)
    world.calls()
    player.update(resource, trained(**LABELS | DIAGNOSTICS))
    player.update(resource, trained(**LABELS | DIAGNOSTICS))
    assert world.calls("UpdateModel", "CreateModel") == ["UpdateModel"]


def test_what_a_retraining_brought_is_an_attribute_of_the_model(player: Player, world: World) -> None:
    resource = model()
    name = str(player.create(resource).physical_id)
    retrain(world, name)
    data = player.update(resource, resource.properties).data
    assert data["LatestScheduledRetrainingStatus"] == "SUCCESS"
    assert data["LatestScheduledRetrainingModelVersion"] == "2"
    assert data["LatestScheduledRetrainingStartTime"]


def test_the_diagnostics_of_version_1_are_found_by_attributes(player: Player, world: World) -> None:
    data = player.create(model(**DIAGNOSTICS)).data
    bucket, key = data["ModelDiagnosticsResultsBucket"], data["ModelDiagnosticsResultsKey"]
    assert bucket == "diagnostics"
    assert key.startswith("wear/")
    assert world.storage.read("", bucket, key)


def test_the_figures_of_a_training_with_labels_are_attributes(player: Player, world: World) -> None:
    world.storage.write("", "judged", "a.csv", b"2024-01-25T00:00:00,2024-01-27T00:00:00")
    labels = {**LABELS, "LabelsInputConfiguration": {"S3InputConfiguration": {"Bucket": "judged"}}}
    data = player.create(model(TrainingDataStartTime="2024-01-06T00:00:00Z", **labels)).data
    assert (data["ModelQuality"], data["LabeledEvents"], data["Recall"]) == ("QUALITY_THRESHOLD_MET", "1", "1")
    assert 0 < float(data["Precision"]) <= 1


def retrain(world: World, name: str) -> None:
    """Let a retraining scheduler add version 2."""
    world.target.create_retraining_scheduler(
        ModelName=name,
        RetrainingFrequency="P30D",
        LookbackWindow="P720D",
        PromoteMode="MANUAL",
        ClientToken="retrain",
    )
    until(lambda: world.target.describe_retraining_scheduler(ModelName=name)["Status"] == "RUNNING")
    world.clock.advance(31 * 24 * 3600)
    until(lambda: versions(world, name).keys() == {1, 2})
    until(lambda: world.status(world.target, name, 2) == "SUCCESS")
    world.target.stop_retraining_scheduler(ModelName=name)
    until(lambda: world.target.describe_retraining_scheduler(ModelName=name)["Status"] == "STOPPED")
