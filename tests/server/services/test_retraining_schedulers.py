"""Retraining schedulers: their states, and what is asked of them; what they do is in test_retraining."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from lookout_server.faults import Fault
from lookout_server.settings import Progress
from tests.server.services.support import Cloud, model_of, refused

CREATION = {"ModelName": "wear", "RetrainingFrequency": "P1M", "LookbackWindow": "P360D"}
OPERATIONS = ["describe", "update", "delete", "start", "stop"]


@pytest.fixture
def model(cloud: Cloud) -> str:
    """The ARN of the model `wear`, on 2024-01-01."""
    return model_of(cloud.trained_model("wear"))


@pytest.fixture
def running(cloud: Cloud, model: str) -> Cloud:
    """A cloud in which the model has a retraining scheduler that runs."""
    cloud.source.create_retraining_scheduler(**CREATION)
    until(cloud, "RUNNING")
    return cloud


def call(cloud: Cloud, operation: str, **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = getattr(cloud.source, f"{operation}_retraining_scheduler")(ModelName="wear", **more)
    return answer


def until(cloud: Cloud, status: str) -> None:
    """Describe until the scheduler has a status."""
    for _ in range(4):
        if call(cloud, "describe")["Status"] == status:
            return
    raise AssertionError(f"the scheduler is not {status}")


def stopped(cloud: Cloud) -> None:
    call(cloud, "stop")
    until(cloud, "STOPPED")


def test_a_retraining_scheduler_starts_when_it_is_made(cloud: Cloud, model: str) -> None:
    made = cloud.source.create_retraining_scheduler(**CREATION)
    assert (made["ModelName"], made["ModelArn"], made["Status"]) == ("wear", model, "PENDING")
    assert [call(cloud, "describe")["Status"] for _ in range(3)] == ["PENDING", "PENDING", "RUNNING"]


def test_it_shows_what_it_was_made_with(cloud: Cloud, model: str) -> None:
    cloud.clock.advance(3_600)
    cloud.source.create_retraining_scheduler(
        **CREATION, PromoteMode="MANUAL", RetrainingStartDate=datetime(2024, 3, 5, 17, 30, tzinfo=UTC)
    )
    shown = call(cloud, "describe")
    del shown["ResponseMetadata"]
    assert shown == {
        **CREATION,
        "ModelArn": model,
        "Status": "PENDING",
        "PromoteMode": "MANUAL",
        "RetrainingStartDate": datetime(2024, 3, 5, tzinfo=UTC),
        "CreatedAt": cloud.clock.now(),
        "UpdatedAt": cloud.clock.now(),
    }


def test_without_a_date_it_starts_one_period_later(running: Cloud) -> None:
    assert call(running, "describe")["RetrainingStartDate"] == datetime(2024, 2, 1, tzinfo=UTC)


def test_the_promote_mode_that_is_not_given_is_a_setting(running: Cloud) -> None:
    assert call(running, "describe")["PromoteMode"] == "MANAGED"
    stopped(running)
    call(running, "delete")
    running.settings.default_promote_mode = "MANUAL"
    running.source.create_retraining_scheduler(**CREATION)
    assert call(running, "describe")["PromoteMode"] == "MANUAL"


@pytest.mark.parametrize("frequency", ["P30D", "P1M", "P3M15D", "P150D", "P365D", "P12M", "P1Y", "P0Y2M"])
def test_a_frequency_is_between_a_month_and_a_year(cloud: Cloud, model: str, frequency: str) -> None:
    cloud.source.create_retraining_scheduler(**{**CREATION, "RetrainingFrequency": frequency})
    assert call(cloud, "describe")["RetrainingFrequency"] == frequency


@pytest.mark.parametrize("frequency", ["P", "P29D", "P0M", "P1Y1D", "P2Y", "P13M", "P366D"])
def test_any_other_frequency_is_refused(running: Cloud, frequency: str) -> None:
    message = refused(
        "ValidationException",
        running.source.update_retraining_scheduler,
        ModelName="wear",
        RetrainingFrequency=frequency,
    )
    assert message == f"RetrainingFrequency: got {frequency}, expected P30D to P1Y"
    refused(
        "ValidationException",
        running.source.create_retraining_scheduler,
        **{**CREATION, "RetrainingFrequency": frequency},
    )


def test_a_model_has_one_retraining_scheduler(running: Cloud) -> None:
    message = refused("ConflictException", running.source.create_retraining_scheduler, **CREATION)
    assert message == "The model wear already has a retraining scheduler"


def test_the_same_token_makes_one_scheduler(cloud: Cloud, model: str) -> None:
    first = cloud.source.create_retraining_scheduler(**CREATION, ClientToken="once")
    again = cloud.source.create_retraining_scheduler(**CREATION, ClientToken="once")
    assert {**first, "ResponseMetadata": 0} == {**again, "ResponseMetadata": 0}


def test_a_model_that_does_not_exist_has_none(cloud: Cloud) -> None:
    for operation in OPERATIONS:
        message = refused("ResourceNotFoundException", call, cloud=cloud, operation=operation)
        assert message == "The model wear does not exist"
    refused("ResourceNotFoundException", cloud.source.create_retraining_scheduler, **CREATION)


def test_a_model_without_one_has_none(cloud: Cloud, model: str) -> None:
    for operation in OPERATIONS:
        message = refused("ResourceNotFoundException", call, cloud=cloud, operation=operation)
        assert message == "The model wear has no retraining scheduler"


def test_a_model_in_training_gets_none_until_it_is_trained(cloud: Cloud) -> None:
    cloud.active_dataset()
    cloud.source.create_model(ModelName="wear", DatasetName="pumps")
    for _ in range(2):
        message = refused("ConflictException", cloud.source.create_retraining_scheduler, **CREATION)
        assert message.startswith("The model wear cannot be retrained: its status is IN_PROGRESS")
    cloud.source.create_retraining_scheduler(**CREATION)


def test_a_model_without_an_active_version_gets_none(cloud: Cloud) -> None:
    cloud.active_dataset()
    cloud.backend.faults.add("CreateModel", Fault.fail("no"))
    cloud.train()
    message = refused("ValidationException", cloud.source.create_retraining_scheduler, **CREATION)
    assert message == "The model wear cannot be retrained: it has no active version"


def test_it_stops_and_starts_again(running: Cloud) -> None:
    assert call(running, "stop")["Status"] == "STOPPING"
    assert [call(running, "describe")["Status"] for _ in range(3)] == ["STOPPING", "STOPPING", "STOPPED"]
    assert call(running, "start")["Status"] == "PENDING"
    until(running, "RUNNING")


def test_by_time_a_transient_state_lasts_its_seconds(cloud: Cloud, model: str) -> None:
    cloud.settings.progress = Progress.by_seconds(30)
    cloud.source.create_retraining_scheduler(**CREATION)
    cloud.clock.advance(29)
    assert call(cloud, "describe")["Status"] == "PENDING"
    cloud.clock.advance(1)
    summary = cloud.source.list_retraining_schedulers()["RetrainingSchedulerSummaries"][0]
    assert summary["Status"] == "RUNNING"


def test_a_list_is_no_look(cloud: Cloud, model: str) -> None:
    cloud.source.create_retraining_scheduler(**CREATION)
    for _ in range(9):
        assert cloud.source.list_retraining_schedulers(Status="PENDING")["RetrainingSchedulerSummaries"]


@pytest.mark.parametrize("operation", ["start", "stop", "update", "delete"])
def test_what_is_refused_because_of_a_transient_state_counts_as_a_look(
    cloud: Cloud, model: str, operation: str
) -> None:
    cloud.source.create_retraining_scheduler(**CREATION)
    for _ in range(2):
        message = refused("ConflictException", call, cloud=cloud, operation=operation)
        assert "its status is PENDING" in message
    if operation == "stop":
        assert call(cloud, "stop")["Status"] == "STOPPING"
    else:
        refused("ConflictException", call, cloud=cloud, operation=operation)
        assert call(cloud, "describe")["Status"] == "RUNNING"


def test_what_is_started_is_not_started_again_unless_set(running: Cloud) -> None:
    message = refused("ConflictException", call, cloud=running, operation="start")
    assert message.endswith("of the model wear cannot be started: its status is RUNNING, expected STOPPED")
    running.settings.redundant_scheduler_changes_refused = False
    assert call(running, "start")["Status"] == "RUNNING"


def test_what_is_stopped_is_not_stopped_again_unless_set(running: Cloud) -> None:
    stopped(running)
    message = refused("ConflictException", call, cloud=running, operation="stop")
    assert message.endswith("of the model wear cannot be stopped: its status is STOPPED, expected RUNNING")
    running.settings.redundant_scheduler_changes_refused = False
    assert call(running, "stop")["Status"] == "STOPPED"


def test_an_update_needs_a_stopped_scheduler_unless_set(running: Cloud) -> None:
    message = refused("ConflictException", call, cloud=running, operation="update", PromoteMode="MANUAL")
    assert message.endswith("of the model wear cannot be updated: its status is RUNNING, expected STOPPED")
    running.settings.scheduler_updates_need_stopped = False
    call(running, "update", PromoteMode="MANUAL")
    assert call(running, "describe")["PromoteMode"] == "MANUAL"


def test_an_update_keeps_what_it_does_not_name(running: Cloud) -> None:
    stopped(running)
    before = call(running, "describe")
    running.clock.advance(60)
    call(running, "update", LookbackWindow="P180D")
    after = call(running, "describe")
    assert (after["LookbackWindow"], after["UpdatedAt"]) == ("P180D", running.clock.now())
    for member in ("RetrainingStartDate", "RetrainingFrequency", "PromoteMode", "CreatedAt", "Status"):
        assert after[member] == before[member]


def test_an_update_can_change_everything(running: Cloud) -> None:
    stopped(running)
    changes = {"RetrainingFrequency": "P60D", "LookbackWindow": "P720D", "PromoteMode": "MANUAL"}
    call(running, "update", **changes, RetrainingStartDate=datetime(2025, 1, 1, 23, tzinfo=UTC))
    shown = call(running, "describe")
    assert {name: shown[name] for name in changes} == changes
    assert shown["RetrainingStartDate"] == datetime(2025, 1, 1, tzinfo=UTC)


def test_only_a_stopped_scheduler_is_deleted(running: Cloud) -> None:
    message = refused("ConflictException", call, cloud=running, operation="delete")
    assert message == (
        "The retraining scheduler of the model wear cannot be deleted: its status is RUNNING, expected STOPPED"
    )
    stopped(running)
    call(running, "delete")
    refused("ResourceNotFoundException", call, cloud=running, operation="describe")
    assert running.source.list_retraining_schedulers()["RetrainingSchedulerSummaries"] == []
    running.source.create_retraining_scheduler(**CREATION)


def test_schedulers_are_listed_by_model_and_status(running: Cloud) -> None:
    running.trained_model("weather")
    running.source.create_retraining_scheduler(**{**CREATION, "ModelName": "weather"})

    def listed(**filters: Any) -> list[str]:
        found = running.source.list_retraining_schedulers(**filters)["RetrainingSchedulerSummaries"]
        return [one["ModelName"] for one in found]

    assert listed() == ["wear", "weather"]
    assert listed(ModelNameBeginsWith="weat") == ["weather"]
    assert listed(Status="RUNNING") == ["wear"]
    assert listed(Status="PENDING", ModelNameBeginsWith="wea") == ["weather"]
    assert listed(Status="STOPPED") == []


def test_schedulers_are_listed_in_pages(running: Cloud) -> None:
    running.trained_model("tear")
    running.source.create_retraining_scheduler(**{**CREATION, "ModelName": "tear"})
    first = running.source.list_retraining_schedulers(MaxResults=1)
    second = running.source.list_retraining_schedulers(MaxResults=1, NextToken=first["NextToken"])
    pages = [page["RetrainingSchedulerSummaries"][0]["ModelName"] for page in (first, second)]
    assert (pages, "NextToken" in second) == (["wear", "tear"], False)


def test_a_summary_has_date_frequency_and_window(running: Cloud, model: str) -> None:
    assert running.source.list_retraining_schedulers()["RetrainingSchedulerSummaries"] == [
        {**CREATION, "ModelArn": model, "Status": "RUNNING", "RetrainingStartDate": datetime(2024, 2, 1, tzinfo=UTC)}
    ]


def test_a_model_shows_its_scheduler(running: Cloud) -> None:
    listed = running.source.list_models()["ModelSummaries"][0]
    for shown in (running.source.describe_model(ModelName="wear"), listed):
        assert shown["RetrainingSchedulerStatus"] == "RUNNING"
        assert shown["NextScheduledRetrainingStartDate"] == datetime(2024, 2, 1, tzinfo=UTC)
    stopped(running)
    shown = running.source.describe_model(ModelName="wear")
    assert (shown["RetrainingSchedulerStatus"], "NextScheduledRetrainingStartDate" in shown) == ("STOPPED", False)


def test_a_model_with_a_scheduler_is_not_deleted_unless_set(running: Cloud) -> None:
    stopped(running)
    message = refused("ConflictException", running.source.delete_model, ModelName="wear")
    assert message == "The model wear cannot be deleted: its retraining scheduler must be deleted first"
    running.settings.model_deletion_blocked_by_schedulers = False
    running.source.delete_model(ModelName="wear")
    assert running.source.list_retraining_schedulers()["RetrainingSchedulerSummaries"] == []


def test_a_model_without_its_scheduler_is_deleted(running: Cloud) -> None:
    stopped(running)
    call(running, "delete")
    running.source.delete_model(ModelName="wear")


def test_schedulers_ask_for_their_model_with_its_tags(cloud: Cloud, model: str) -> None:
    cloud.source.tag_resource(ResourceArn=model, Tags=[{"Key": "team", "Value": "red"}])
    cloud.settings.progress = Progress.by_seconds(0)
    cloud.authorizer.asked.clear()
    cloud.source.create_retraining_scheduler(**CREATION)
    for operation in ("describe", "stop", "update", "start", "stop", "delete"):
        call(cloud, operation)
    assert cloud.authorizer.actions() == [
        f"lookoutequipment:{action}RetrainingScheduler"
        for action in ("Create", "Describe", "Stop", "Update", "Start", "Stop", "Delete")
    ]
    for question in cloud.authorizer.asked:
        assert (question.resource, question.context) == (model, {"aws:ResourceTag/team": "red"})


def test_the_list_asks_for_everything(cloud: Cloud) -> None:
    cloud.source.list_retraining_schedulers()
    assert [one.resource for one in cloud.authorizer.asked] == ["*"]


def test_a_denied_creation_makes_nothing(cloud: Cloud, model: str) -> None:
    cloud.authorizer.denied.add("lookoutequipment:CreateRetrainingScheduler")
    refused("AccessDeniedException", cloud.source.create_retraining_scheduler, **CREATION)
    assert cloud.source.list_retraining_schedulers()["RetrainingSchedulerSummaries"] == []
