"""Inference schedulers: what can be done with them in which state. What they do is in test_inference."""

from __future__ import annotations

from typing import Any

import pytest

from lookout_server.settings import Progress
from tests.server.services.scheduling import at, create, describe, parameters, running, source, status
from tests.server.services.support import REGION, ROLE, SOURCE, TARGET_ROLE, Cloud, refused

WATCH = {"InferenceSchedulerName": "watch"}


@pytest.fixture(autouse=True)
def model(cloud: Cloud) -> str:
    """The ARN of the version of the model `wear`; nobody was asked anything since."""
    version = cloud.trained_model("wear")
    cloud.authorizer.asked.clear()
    return version


def test_a_new_scheduler_is_pending_and_then_running(cloud: Cloud) -> None:
    made = cloud.source.create_inference_scheduler(**parameters())
    assert made["InferenceSchedulerArn"].startswith(f"arn:aws:lookoutequipment:{REGION}:{SOURCE}:inference-scheduler/")
    assert (made["InferenceSchedulerName"], made["Status"]) == ("watch", "PENDING")
    assert [status(cloud) for _ in range(3)] == ["PENDING", "PENDING", "RUNNING"]


def test_a_new_scheduler_tells_the_quality_of_the_active_version(cloud: Cloud) -> None:
    made = cloud.source.create_inference_scheduler(**parameters())
    assert made["ModelQuality"] == "CANNOT_DETERMINE_QUALITY"


def test_a_scheduler_shows_what_it_was_made_with(cloud: Cloud, model: str) -> None:
    arn = create(cloud, DataDelayOffsetInMinutes=7, ServerSideKmsKeyId="alias/plant")
    shown = describe(cloud)
    wanted = parameters(DataDelayOffsetInMinutes=7)
    assert {name: shown[name] for name in wanted} == wanted
    assert shown["InferenceSchedulerArn"] == arn
    assert shown["ModelArn"] == model.rsplit("/", 2)[0]
    assert shown["ServerSideKmsKeyId"] == f"arn:aws:kms:{REGION}:{SOURCE}:alias/plant"
    assert shown["CreatedAt"] == shown["UpdatedAt"]
    assert "LatestInferenceResult" not in shown


def test_the_name_of_a_scheduler_is_taken_once(cloud: Cloud) -> None:
    create(cloud)
    refused("ConflictException", cloud.source.create_inference_scheduler, **parameters())


def test_a_model_has_one_scheduler(cloud: Cloud) -> None:
    create(cloud)
    message = refused(
        "ServiceQuotaExceededException",
        cloud.source.create_inference_scheduler,
        **parameters(InferenceSchedulerName="other"),
    )
    assert message == "Inference schedulers per model: the model wear has 1 (watch), the quota is 1"


def test_a_model_can_have_a_scheduler_again_once_its_own_is_gone(cloud: Cloud) -> None:
    running(cloud)
    cloud.source.stop_inference_scheduler(**WATCH)
    cloud.source.delete_inference_scheduler(**WATCH)
    create(cloud, InferenceSchedulerName="other")


def test_a_scheduler_needs_a_model(cloud: Cloud) -> None:
    refused("ResourceNotFoundException", cloud.source.create_inference_scheduler, **parameters(ModelName="nothing"))


def test_a_scheduler_of_a_model_in_training_has_to_wait(cloud: Cloud) -> None:
    cloud.source.create_model(ModelName="young", DatasetName="pumps")
    message = refused("ConflictException", cloud.source.create_inference_scheduler, **parameters(ModelName="young"))
    assert "IN_PROGRESS" in message
    refused("ConflictException", cloud.source.create_inference_scheduler, **parameters(ModelName="young"))
    create(cloud, ModelName="young")


def test_a_model_that_failed_cannot_have_a_scheduler(cloud: Cloud) -> None:
    cloud.settings.progress = Progress.by_seconds(0)
    cloud.source.create_model(
        ModelName="bad", DatasetName="pumps", TrainingDataStartTime=at(0), TrainingDataEndTime=at(60)
    )
    message = refused("ValidationException", cloud.source.create_inference_scheduler, **parameters(ModelName="bad"))
    assert message == "The model bad has no active version: its status is FAILED, expected SUCCESS"


@pytest.mark.parametrize(("rate", "fits"), [("PT5M", True), ("PT10M", True), ("PT15M", False)])
def test_data_must_come_as_seldom_as_the_model_was_sampled(cloud: Cloud, rate: str, fits: bool) -> None:
    cloud.settings.progress = Progress.by_seconds(0)
    cloud.source.create_model(
        ModelName="slow", DatasetName="pumps", DataPreProcessingConfiguration={"TargetSamplingRate": rate}
    )
    asked = parameters(ModelName="slow", DataUploadFrequency="PT10M")
    if fits:
        cloud.source.create_inference_scheduler(**asked)
    else:
        message = refused("ValidationException", cloud.source.create_inference_scheduler, **asked)
        assert message == "DataUploadFrequency: got PT10M, expected at least the TargetSamplingRate of the model, PT15M"


def test_the_input_needs_a_location(cloud: Cloud) -> None:
    asked = parameters(DataInputConfiguration={"InputTimeZoneOffset": "+00:00"})
    message = refused("ValidationException", cloud.source.create_inference_scheduler, **asked)
    assert message == "DataInputConfiguration.S3InputConfiguration: it is required"


@pytest.mark.parametrize("offset", ["+12:30", "-13:00", "+01:15"])
def test_time_zones_come_in_steps_of_half_an_hour_up_to_twelve_hours(cloud: Cloud, offset: str) -> None:
    asked = parameters(DataInputConfiguration=source(InputTimeZoneOffset=offset))
    assert offset in refused("ValidationException", cloud.source.create_inference_scheduler, **asked)


def test_a_role_of_another_account_is_refused(cloud: Cloud) -> None:
    asked = parameters(RoleArn=TARGET_ROLE)
    refused("AccessDeniedException", cloud.source.create_inference_scheduler, **asked)


def test_the_same_token_makes_the_same_scheduler(cloud: Cloud) -> None:
    first = cloud.source.create_inference_scheduler(**parameters(ClientToken="t"))
    again = cloud.source.create_inference_scheduler(**parameters(ClientToken="t"))
    assert again["InferenceSchedulerArn"] == first["InferenceSchedulerArn"]


def test_the_creation_asks_for_scheduler_and_model_and_for_passing_the_role(cloud: Cloud, model: str) -> None:
    arn = create(cloud, Tags=[{"Key": "line", "Value": "1"}])
    asked = [(question.action, question.resource) for question in cloud.authorizer.asked]
    head = arn.rsplit("/", 1)[0]
    assert [(action, resource.startswith(head)) for action, resource in asked[:2]] == [
        ("lookoutequipment:CreateInferenceScheduler", True),
        ("lookoutequipment:TagResource", True),
    ]
    assert asked[2:] == [
        ("lookoutequipment:CreateInferenceScheduler", model.rsplit("/", 2)[0]),
        ("iam:PassRole", ROLE),
    ]


def test_a_key_is_used_with_the_rights_of_the_caller(cloud: Cloud) -> None:
    create(cloud, ServerSideKmsKeyId="1234")
    key = f"arn:aws:kms:{REGION}:{SOURCE}:key/1234"
    asked = [(question.action, question.resource) for question in cloud.authorizer.asked]
    assert asked[-2:] == [("kms:DescribeKey", key), ("kms:CreateGrant", key)]


@pytest.mark.parametrize("action", ["lookoutequipment:CreateInferenceScheduler", "iam:PassRole", "kms:CreateGrant"])
def test_a_denied_creation_makes_nothing(cloud: Cloud, action: str) -> None:
    cloud.authorizer.denied.add(action)
    asked = parameters(ServerSideKmsKeyId="1234")
    refused("AccessDeniedException", cloud.source.create_inference_scheduler, **asked)
    assert cloud.source.list_inference_schedulers()["InferenceSchedulerSummaries"] == []


@pytest.mark.parametrize(
    ("operation", "more"),
    [
        ("describe_inference_scheduler", {}),
        ("update_inference_scheduler", {}),
        ("start_inference_scheduler", {}),
        ("stop_inference_scheduler", {}),
        ("delete_inference_scheduler", {}),
        ("list_inference_executions", {}),
        ("list_inference_events", {"IntervalStartTime": at(0), "IntervalEndTime": at(1)}),
    ],
)
def test_everything_else_asks_for_the_scheduler_before_it_tells_whether_it_exists(
    cloud: Cloud, operation: str, more: dict[str, Any]
) -> None:
    call = getattr(cloud.source, operation)
    refused("ResourceNotFoundException", call, **WATCH, **more)
    (question,) = cloud.authorizer.asked
    assert question.action == "lookoutequipment:" + "".join(part.title() for part in operation.split("_"))
    assert question.resource == f"arn:aws:lookoutequipment:{REGION}:{SOURCE}:inference-scheduler/watch/"


def test_a_new_role_must_be_passed(cloud: Cloud) -> None:
    running(cloud)
    cloud.source.stop_inference_scheduler(**WATCH)
    cloud.authorizer.asked.clear()
    cloud.source.update_inference_scheduler(**WATCH, RoleArn=f"{ROLE}2")
    assert ("iam:PassRole", f"{ROLE}2") in [(one.action, one.resource) for one in cloud.authorizer.asked]


def test_schedulers_are_listed_by_name_model_and_status(cloud: Cloud) -> None:
    cloud.trained_model("tear")
    create(cloud)
    create(cloud, InferenceSchedulerName="guard", ModelName="tear", DataDelayOffsetInMinutes=1)

    def listed(**filters: Any) -> list[str]:
        found = cloud.source.list_inference_schedulers(**filters)["InferenceSchedulerSummaries"]
        return [one["InferenceSchedulerName"] for one in found]

    for _ in range(3):
        status(cloud)
    assert listed() == ["watch", "guard"]
    assert listed(InferenceSchedulerNameBeginsWith="gu") == ["guard"]
    assert listed(ModelName="wear") == ["watch"]
    assert listed(ModelName="wea") == []
    assert (listed(Status="PENDING"), listed(Status="RUNNING")) == (["guard"], ["watch"])


def test_a_scheduler_is_stopped_and_started_again(cloud: Cloud) -> None:
    create(cloud)
    for _ in range(3):
        status(cloud)
    assert cloud.source.stop_inference_scheduler(**WATCH)["Status"] == "STOPPING"
    assert [status(cloud) for _ in range(3)] == ["STOPPING", "STOPPING", "STOPPED"]
    assert cloud.source.start_inference_scheduler(**WATCH)["Status"] == "PENDING"
    assert [status(cloud) for _ in range(3)] == ["PENDING", "PENDING", "RUNNING"]


def test_a_running_scheduler_is_neither_deleted_nor_changed(cloud: Cloud) -> None:
    running(cloud)
    for call in (cloud.source.delete_inference_scheduler, cloud.source.update_inference_scheduler):
        assert "its status is RUNNING, expected STOPPED" in refused("ConflictException", call, **WATCH)


def test_a_running_scheduler_is_changed_when_so_set(cloud: Cloud) -> None:
    running(cloud)
    cloud.settings.scheduler_updates_need_stopped = False
    cloud.source.update_inference_scheduler(**WATCH, DataUploadFrequency="PT1H")
    assert describe(cloud)["DataUploadFrequency"] == "PT1H"


def test_an_update_changes_what_it_names(cloud: Cloud) -> None:
    running(cloud, DataDelayOffsetInMinutes=2)
    cloud.source.stop_inference_scheduler(**WATCH)
    cloud.clock.advance(5)
    cloud.source.update_inference_scheduler(**WATCH, DataUploadFrequency="PT15M", DataDelayOffsetInMinutes=0)
    shown = describe(cloud)
    assert (shown["DataUploadFrequency"], shown["DataDelayOffsetInMinutes"]) == ("PT15M", 0)
    assert shown["DataInputConfiguration"] == source()
    assert shown["UpdatedAt"] > shown["CreatedAt"]


def test_an_update_is_checked_like_a_creation(cloud: Cloud) -> None:
    running(cloud)
    cloud.source.stop_inference_scheduler(**WATCH)
    changed = source(InputTimeZoneOffset="+00:10")
    refused("ValidationException", cloud.source.update_inference_scheduler, **WATCH, DataInputConfiguration=changed)
    assert describe(cloud)["DataInputConfiguration"] == source()


def test_a_deleted_scheduler_is_gone_with_its_tags(cloud: Cloud) -> None:
    arn = running(cloud, Tags=[{"Key": "line", "Value": "1"}])
    cloud.source.stop_inference_scheduler(**WATCH)
    cloud.source.delete_inference_scheduler(**WATCH)
    refused("ResourceNotFoundException", cloud.source.describe_inference_scheduler, **WATCH)
    refused("ResourceNotFoundException", cloud.source.list_tags_for_resource, ResourceArn=arn)
    assert cloud.source.list_inference_schedulers()["InferenceSchedulerSummaries"] == []


def test_a_scheduler_has_tags(cloud: Cloud) -> None:
    arn = create(cloud, Tags=[{"Key": "line", "Value": "1"}])
    cloud.source.tag_resource(ResourceArn=arn, Tags=[{"Key": "owner", "Value": "ann"}])
    cloud.source.untag_resource(ResourceArn=arn, TagKeys=["line"])
    assert cloud.source.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "owner", "Value": "ann"}]


def test_a_dataset_with_a_scheduler_on_its_model_stays(cloud: Cloud) -> None:
    create(cloud)
    cloud.settings.dataset_deletion_blocked_by_models = False
    message = refused("ConflictException", cloud.source.delete_dataset, DatasetName="pumps")
    assert message == "The dataset pumps is used by the inference scheduler watch"


def test_a_model_with_a_scheduler_stays_even_when_it_is_stopped(cloud: Cloud) -> None:
    running(cloud)
    cloud.source.stop_inference_scheduler(**WATCH)
    message = refused("ConflictException", cloud.source.delete_model, ModelName="wear")
    assert "the inference scheduler watch" in message
    cloud.source.delete_inference_scheduler(**WATCH)
    cloud.source.delete_model(ModelName="wear")
