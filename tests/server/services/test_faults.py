"""Faults on request."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from lookout_server.faults import Fault, PlannedFault
from tests.server.services.support import Cloud, refused
from tests.sleep import instead_of_sleep


def exists(cloud: Cloud) -> bool:
    return bool(cloud.source.list_datasets()["DatasetSummaries"])


@pytest.mark.parametrize(
    ("fault", "code", "status"),
    [
        (Fault.throttle(), "ThrottlingException", 400),
        (Fault.server_error(), "InternalServerException", 500),
        (Fault.access_denied(), "AccessDeniedException", 400),
        (Fault.conflict(), "ConflictException", 400),
    ],
)
def test_a_fault_before_the_operation_leaves_nothing(cloud: Cloud, fault: Fault, code: str, status: int) -> None:
    cloud.backend.faults.add("CreateDataset", fault)
    with pytest.raises(ClientError) as caught:
        cloud.source.create_dataset(DatasetName="a")
    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert not exists(cloud)
    cloud.dataset("a")


def test_a_lost_answer_is_carried_out(cloud: Cloud) -> None:
    cloud.backend.faults.add("CreateDataset", Fault.lost_answer())
    refused("InternalServerException", cloud.source.create_dataset, DatasetName="a", ClientToken="once")
    assert exists(cloud)
    cloud.source.create_dataset(DatasetName="a", ClientToken="once")


def test_a_lost_answer_to_a_refused_call_is_the_refusal(cloud: Cloud) -> None:
    cloud.backend.faults.add("DeleteDataset", Fault.lost_answer())
    refused("ResourceNotFoundException", cloud.source.delete_dataset, DatasetName="a")


def test_a_slow_answer_comes_later(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    instead_of_sleep(monkeypatch, waited.append)
    cloud.backend.faults.add("ListDatasets", Fault.slow(12.5))
    assert not exists(cloud)
    assert waited == [12.5]


def test_a_fault_happens_as_often_as_it_says(cloud: Cloud) -> None:
    cloud.backend.faults.add("ListDatasets", Fault.throttle(), times=2)
    for _ in range(2):
        refused("ThrottlingException", cloud.source.list_datasets)
    assert not exists(cloud)


def test_faults_of_an_operation_happen_in_their_order(cloud: Cloud) -> None:
    cloud.backend.faults.add("ListDatasets", Fault.throttle())
    cloud.backend.faults.add("ListDatasets", Fault.conflict())
    refused("ThrottlingException", cloud.source.list_datasets)
    refused("ConflictException", cloud.source.list_datasets)


def test_faults_meet_their_operation_only(cloud: Cloud) -> None:
    cloud.backend.faults.add("DeleteDataset", Fault.throttle())
    assert not exists(cloud)


def test_a_malformed_call_uses_up_no_fault(cloud: Cloud) -> None:
    cloud.backend.faults.add("CreateDataset", Fault.throttle())
    refused("ValidationException", cloud.source.create_dataset, DatasetName="a b")
    refused("ThrottlingException", cloud.source.create_dataset, DatasetName="a")


def test_a_call_that_starts_nothing_uses_up_no_failure(cloud: Cloud) -> None:
    cloud.backend.faults.add("StartDataIngestionJob", Fault.fail("no"))
    cloud.dataset()
    with pytest.raises(ClientError):
        cloud.ingest("none")
    assert cloud.ingest()["FailedReason"] == "no"


def test_a_throttle_and_a_failure_can_wait_together(cloud: Cloud) -> None:
    cloud.backend.faults.add("StartDataIngestionJob", Fault.fail("no"))
    cloud.backend.faults.add("StartDataIngestionJob", Fault.throttle())
    cloud.dataset()
    with pytest.raises(ClientError):
        cloud.ingest()
    assert cloud.ingest()["FailedReason"] == "no"


def test_cleared_faults_do_not_happen(cloud: Cloud) -> None:
    cloud.backend.faults.add("ListDatasets", Fault.throttle())
    cloud.backend.faults.clear()
    assert not exists(cloud)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda faults: faults.add("A", Fault.throttle(), times=0),
        lambda _: Fault.fail(""),
        lambda _: Fault.fail("x" * 5001),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(cloud: Cloud, wrong: Any) -> None:
    with pytest.raises(ValueError, match="expected"):
        wrong(cloud.backend.faults)


def test_a_fault_of_an_operation_that_does_not_exist_is_refused(cloud: Cloud) -> None:
    with pytest.raises(
        ValueError, match=r"operation of a fault: got 'CreatDataset', expected .* such as CreateDataset"
    ):
        cloud.backend.faults.add("CreatDataset", Fault.throttle())


def test_faults_that_wait_are_listed_with_the_times_that_are_left(cloud: Cloud) -> None:
    cloud.backend.faults.add("ListDatasets", Fault.throttle(), times=2)
    cloud.backend.faults.add("DetectAnomalies", Fault.slow(1.0))
    refused("ThrottlingException", cloud.source.list_datasets)
    assert cloud.backend.faults.all() == [
        PlannedFault("ListDatasets", Fault.throttle(), 1),
        PlannedFault("DetectAnomalies", Fault.slow(1.0), 1),
    ]
    refused("ThrottlingException", cloud.source.list_datasets)
    assert [planned.operation for planned in cloud.backend.faults.all()] == ["DetectAnomalies"]
    cloud.backend.faults.clear()
    assert cloud.backend.faults.all() == []
