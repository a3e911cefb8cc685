"""What is particular to ingestions: their gate, their trigger, and that they are done anew on the way back."""

from __future__ import annotations

import copy
import json
from typing import Any

import aws_cdk as cdk
import pytest

from cdk_lookout.equipment import DataGate
from lookout_server.faults import Fault
from lookout_server.settings import Progress
from tests.contract.cases import DATASET
from tests.contract.cases.data_ingestion import DATA_INGESTION, ROLE
from tests.contract.player import Player, Resource
from tests.contract.test_ownership import with_options
from tests.contract.world import SCHEMA, World

_SCHEMA = {"InlineDataSchema": json.dumps(SCHEMA)}
_DUPLICATES = "DataQualitySummary.DuplicateTimestamps.TotalNumberOfDuplicateTimestamps"


@pytest.fixture
def resource(world: World) -> Resource:
    return Resource(DATA_INGESTION.type, "March1A2B3C4D", DATA_INGESTION.desired(world))


def gated(resource: Resource, **limits: Any) -> dict[str, Any]:
    return {**resource.properties, "Options": {**resource.properties["Options"], "Gate": DataGate(**limits).limits}}


def put(world: World, name: str, *rows: str) -> None:
    """Add a file of sensor data to those of January 2024, from the 1st at 0:00 to the 28th at 12:00."""
    world.storage.write(ROLE, "sensors", f"data/pump/{name}", "\n".join(["Timestamp,pressure", *rows]).encode())


@pytest.fixture
def _one_bucket_per_test(world: World) -> Any:
    before = dict(world.storage.objects)
    yield
    world.storage.objects.clear()
    world.storage.objects.update(before)


pytestmark = pytest.mark.usefixtures("_one_bucket_per_test")


def ingested(world: World) -> list[str]:
    """The key patterns of the ingestions since the last look, in their order."""
    started = [call.parameters for call in world.backend.calls.all() if call.operation == "StartDataIngestionJob"]
    world.backend.calls.clear()
    return [
        parameters["IngestionInputConfiguration"]["S3InputConfiguration"].get("KeyPattern", "")
        for parameters in started
    ]


def test_a_gate_that_is_kept_lets_the_deployment_go_on(player: Player, resource: Resource) -> None:
    limits: dict[str, Any] = {name: 0 for name in DataGate.__init__.__annotations__ if name.startswith("max_")}
    resource.properties = gated(resource, min_span=cdk.Duration.days(27), **limits)
    answer = player.create(resource)
    assert answer.ok, answer.reason
    assert (answer.data["IngestedNumberOfFiles"], answer.data["DiscardedNumberOfFiles"]) == ("1", "0")
    assert answer.data["DataEndTime"] == "2024-01-28T12:00:00+00:00"


def test_a_gate_that_is_not_kept_fails_with_the_figures_and_the_real_id(
    player: Player, world: World, resource: Resource
) -> None:
    put(world, "b.csv", "2024-01-02T00:00:00,1", "2024-01-02T12:00:00,1")
    resource.properties = gated(resource, max_duplicate_timestamps=1)
    answer = player.create(resource)
    assert not answer.ok
    assert f"does not pass its gate: {_DUPLICATES} is 2, expected at most 1" in answer.reason
    assert answer.physical_id in DATA_INGESTION.live(world)
    assert player.delete(resource).ok


def test_a_gate_sees_what_a_separator_of_thousands_has_moved(player: Player, world: World, resource: Resource) -> None:
    put(world, "b.csv", "2024-01-02T06:00:00,1,234", "2024-01-02T18:00:00,1")
    resource.properties = gated(resource, max_invalid_values=0)
    answer = player.create(resource)
    assert "InvalidSensorData.TotalNumberOfInvalidValues is 1, expected at most 0" in answer.reason


@pytest.mark.parametrize(
    ("limits", "complaint"),
    [
        ({"min_ingested_files": 4}, "IngestedFilesSummary.IngestedNumberOfFiles is 2, expected at least 4"),
        ({"max_discarded_files": 0}, "IngestedFilesSummary.DiscardedFiles is 1, expected at most 0"),
        ({"min_span": cdk.Duration.days(28)}, "DataSpanInDays is 27.5, expected at least 28"),
        ({"min_span": cdk.Duration.hours(661)}, "DataSpanInDays is 27.5, expected at least 27.541667"),
        ({"max_sensors_with_missing_values": 0}, "MissingSensorData.AffectedSensorCount is 1, expected at most 0"),
        ({"max_missing_values": 0}, "MissingSensorData.TotalNumberOfMissingValues is 1, expected at most 0"),
        ({"max_sensors_with_invalid_values": 0}, "InvalidSensorData.AffectedSensorCount is 1, expected at most 0"),
        ({"max_invalid_values": 0}, "InvalidSensorData.TotalNumberOfInvalidValues is 1, expected at most 0"),
        ({"max_unsupported_timestamps": 0}, "TotalNumberOfUnsupportedTimestamps is 1, expected at most 0"),
        ({"max_duplicate_timestamps": 0}, f"{_DUPLICATES} is 1, expected at most 0"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_every_limit_is_one_of_what_the_service_found(
    limits: dict[str, Any], complaint: str, player: Player, world: World, resource: Resource
) -> None:
    put(world, "b.csv", "2024-01-02T00:00:00,1", "2024-01-02T01:00:00,", "2024-01-02T02:00:00,broken", "yesterday,1")
    world.storage.write(ROLE, "sensors", "data/pump/notes.jpg", b"\x89")
    resource.properties = gated(resource, **limits)
    answer = player.create(resource)
    assert not answer.ok
    assert complaint in answer.reason


def test_a_gate_is_checked_by_whoever_waits_in_a_relay(player: Player, world: World, resource: Resource) -> None:
    world.backend.settings.progress = Progress.by_seconds(4000)
    resource.properties = with_options(resource, WaitSeconds="0")
    target = player.create(resource).physical_id
    link = Resource("Custom::LookoutWait", "MarchWait15E6F7A8B", {})
    link.properties = {
        "Options": {
            "TargetType": DATA_INGESTION.type,
            "Target": target,
            "WaitSeconds": "4400",
            "Last": "true",
            "Gate": DataGate(min_span=cdk.Duration.days(28)).limits,
        }
    }
    answer = player.create(link)
    assert not answer.ok
    assert f"data ingestion {target} does not pass its gate: DataSpanInDays is 27.5" in answer.reason


def test_another_trigger_ingests_again(player: Player, world: World, resource: Resource) -> None:
    first = player.create(resource)
    world.calls()
    second = player.update(resource, with_options(resource, Trigger="2024-02-01"))
    assert second.ok, second.reason
    assert second.physical_id != first.physical_id
    assert second.data["Generation"] != first.data["Generation"]
    assert world.mutations() == ["StartDataIngestionJob"]
    assert player.update(resource, with_options(resource, Trigger="2024-02-01")).physical_id == second.physical_id
    assert world.mutations() == []


def test_another_role_reads_the_same_data_and_is_no_reason_to(player: Player, world: World, resource: Resource) -> None:
    first = player.create(resource)
    world.calls()
    assert DATA_INGESTION.changed is not None
    assert player.update(resource, DATA_INGESTION.changed(world)).physical_id == first.physical_id
    assert world.calls() == ["DescribeDataIngestionJob"]


def test_an_update_back_after_other_data_did_not_pass_ingests_nothing_and_the_failure_has_said_so(
    player: Player, world: World, resource: Resource
) -> None:
    """The service has no way back: another job would read whatever is in the files by now."""
    assert DATA_INGESTION.replaced is not None
    old = resource.properties
    first = player.create(resource)
    ingested(world)
    other = copy.deepcopy(DATA_INGESTION.replaced(world))
    other["Options"]["Gate"] = DataGate(min_span=cdk.Duration.days(28)).limits
    failed = player.update(resource, other)
    assert (failed.status, failed.physical_id) == ("FAILED", first.physical_id)
    assert "; dataset plain-dataset has the data of job" in failed.reason
    resource.properties = other
    back = player.update(resource, old)
    assert (back.status, back.physical_id, back.data) == ("SUCCESS", first.physical_id, first.data)
    assert ingested(world) == ["{prefix}/{component_name}/*"]


def test_an_update_back_after_another_gate_ingests_nothing(player: Player, world: World, resource: Resource) -> None:
    first = player.create(resource)
    ingested(world)
    failed = player.update(resource, gated(resource, min_span=cdk.Duration.days(28)))
    assert (failed.status, failed.physical_id) == ("FAILED", first.physical_id)
    back = player.update(resource, resource.properties)
    assert (back.status, back.physical_id) == ("SUCCESS", first.physical_id)
    assert ingested(world) == []


def test_another_ingestion_into_the_dataset_is_waited_out(player: Player, world: World, resource: Resource) -> None:
    world.backend.settings.progress = Progress.by_seconds(400)
    player.begin("Create", Resource(resource.type, "February5E6F7A8B", resource.properties))
    answer = player.create(resource)
    assert answer.ok, answer.reason
    assert list(DATA_INGESTION.live(world).values()) == ["SUCCESS", "SUCCESS"]


def test_the_quota_of_pending_ingestions_is_waited_out(player: Player, world: World, resource: Resource) -> None:
    world.imported("other-dataset", "other-model")
    world.backend.settings.quotas.pending_data_ingestion_jobs = 1
    world.backend.settings.progress = Progress.by_seconds(400)
    player.begin(
        "Create", Resource(resource.type, "Other5E6F7A8B", {**resource.properties, "DatasetName": "other-dataset"})
    )
    answer = player.create(resource)
    assert answer.ok, answer.reason


def test_an_ingestion_whose_answer_was_lost_is_not_started_twice(
    player: Player, world: World, resource: Resource
) -> None:
    world.backend.faults.add("StartDataIngestionJob", Fault.lost_answer())
    answer = player.create(resource)
    assert answer.ok, answer.reason
    assert list(DATA_INGESTION.live(world)) == [answer.physical_id]


def test_what_cannot_be_ingested_fails_with_the_service_s_reason(
    player: Player, world: World, resource: Resource
) -> None:
    location = {"S3InputConfiguration": {"Bucket": "sensors", "Prefix": "nothing/"}}
    resource.properties = {**resource.properties, "IngestionInputConfiguration": location}
    answer = player.create(resource)
    assert not answer.ok
    assert "No usable file was found in s3://sensors/nothing/" in answer.reason


def test_an_ingestion_that_disappeared_with_its_dataset_is_done_again(
    player: Player, world: World, resource: Resource
) -> None:
    resource.properties = {**resource.properties, "DatasetName": "mine"}
    world.target.create_dataset(DatasetName="mine", ClientToken="first", DatasetSchema=_SCHEMA)
    first = player.create(resource)
    world.target.delete_dataset(DatasetName="mine")
    world.target.create_dataset(DatasetName="mine", ClientToken="second", DatasetSchema=_SCHEMA)
    ingested(world)
    second = player.update(resource, resource.properties)
    assert second.ok, second.reason
    assert second.physical_id != first.physical_id
    assert ingested(world) == [""]


def test_a_dataset_is_deleted_once_what_is_ingested_into_it_is_done(
    player: Player, world: World, resource: Resource
) -> None:
    dataset = Resource(DATASET.type, "Pumps1A2B3C4D", DATASET.desired(world))
    name = player.create(dataset).physical_id
    world.backend.settings.progress = Progress.by_seconds(2500)
    resource.properties = {**with_options(resource, WaitSeconds="0"), "DatasetName": name}
    assert player.create(resource).ok
    assert player.update(dataset, dataset.properties).ok
    assert player.delete(resource).ok
    assert player.delete(dataset).ok
    assert name not in DATASET.live(world)
