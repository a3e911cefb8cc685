"""Model packaging jobs."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest

from lookout_server.faults import Fault
from lookout_server.settings import Progress
from tests.server.services.support import refused
from tests.server.services.vision.support import Studio

DEVICE = {"TargetDevice": "jetson_xavier"}
NVIDIA = {"Os": "LINUX", "Arch": "X86_64", "Accelerator": "NVIDIA"}
OPTIONS = "{'gpu-code': 'sm_75', 'trt-ver': '7.1.3', 'cuda-ver': '10.2'}"


@pytest.fixture
def trained(studio: Studio) -> Studio:
    studio.trained()
    return studio


def start(studio: Studio, target: dict[str, Any] = DEVICE, *, version: str = "1", **more: Any) -> str:
    greengrass = {
        "S3OutputLocation": {"Bucket": "results", "Prefix": "edge"},
        "ComponentName": "Bottles",
        **target,
    }
    named = {"ProjectName": "bottles", "ModelVersion": version, "Configuration": {"Greengrass": greengrass}}
    return str(studio.vision.start_model_packaging_job(**named, **more)["JobName"])


def describe(studio: Studio, job: str) -> dict[str, Any]:
    answer = studio.vision.describe_model_packaging_job(ProjectName="bottles", JobName=job)
    description: dict[str, Any] = answer["ModelPackagingDescription"]
    return description


def packaged(studio: Studio, target: dict[str, Any] = DEVICE, **more: Any) -> dict[str, Any]:
    """The description of a job at its end."""
    job = start(studio, target, **more)
    for _ in range(4):
        described = describe(studio, job)
    return described


def test_a_job_goes_through_its_states(trained: Studio) -> None:
    trained.settings.progress = Progress.by_describes(2)
    job = start(trained)
    assert [describe(trained, job)["Status"] for _ in range(5)] == [
        "CREATED",
        "CREATED",
        "RUNNING",
        "RUNNING",
        "SUCCEEDED",
    ]


def test_a_job_says_what_it_made(trained: Studio) -> None:
    output = packaged(trained, {**DEVICE, "ComponentVersion": "2.1.0"})["ModelPackagingOutputDetails"]["Greengrass"]
    assert output == {
        "ComponentVersionArn": "arn:aws:greengrass:eu-west-1:aws:components:Bottles",
        "ComponentName": "Bottles",
        "ComponentVersion": "2.1.0",
    }


def test_the_version_of_a_component_follows_from_that_of_the_model(trained: Studio) -> None:
    trained.trained()
    output = packaged(trained, version="2")["ModelPackagingOutputDetails"]["Greengrass"]
    assert output["ComponentVersion"] == "2.0.0"


def test_the_component_is_in_the_location_that_was_named(trained: Studio) -> None:
    packaged(trained, {**DEVICE, "ComponentName": "Other"})
    with zipfile.ZipFile(io.BytesIO(trained.s3.objects[("results", "edge/Other-1.0.0.zip")])) as archive:
        recipe, about = (json.loads(archive.read(name)) for name in ("recipe.json", "component.json"))
    assert (recipe["ComponentName"], recipe["ComponentVersion"]) == ("Other", "1.0.0")
    assert recipe["Manifests"][0]["Artifacts"][0]["Uri"] == "s3://results/edge/Other-1.0.0.zip"
    assert (about["model_arn"], about["size"]) == (trained.describe()["ModelArn"], [64, 64])


def test_a_job_shows_what_it_was_made_with(trained: Studio) -> None:
    described = packaged(trained, JobName="my-job", Description="For the line, in hall 2.")
    assert (described["JobName"], described["ProjectName"], described["ModelVersion"]) == ("my-job", "bottles", "1")
    assert described["ModelPackagingJobDescription"] == "For the line, in hall 2."
    assert described["ModelPackagingConfiguration"]["Greengrass"]["TargetDevice"] == "jetson_xavier"
    assert described["ModelPackagingMethod"] == "Greengrass"
    assert described["CreationTimestamp"] <= described["LastUpdatedTimestamp"]


def test_latest_becomes_a_number(trained: Studio) -> None:
    trained.trained()
    assert packaged(trained, version="latest")["ModelVersion"] == "2"


def test_a_job_gets_a_name_when_it_has_none(trained: Studio) -> None:
    one, other = start(trained), start(trained)
    assert one != other
    assert len(one) == 36


def test_the_name_of_a_job_is_taken_once(trained: Studio) -> None:
    start(trained, JobName="one")
    message = refused("ConflictException", lambda: start(trained, JobName="one"))
    assert message == "Project bottles already has a model packaging job one"


def test_name_and_version_of_a_component_are_taken_once(trained: Studio) -> None:
    packaged(trained)
    described = packaged(trained)
    assert described["Status"] == "FAILED"
    assert described["StatusMessage"] == "The component Bottles already has a version 1.0.0"
    assert "ModelPackagingOutputDetails" not in described


def test_a_job_can_fail_for_a_reason_of_the_service(trained: Studio) -> None:
    trained.backend.faults.add("StartModelPackagingJob", Fault.fail("out of order"))
    described = packaged(trained)
    assert (described["Status"], described["StatusMessage"]) == ("FAILED", "out of order")


def test_a_job_that_cannot_write_fails(trained: Studio) -> None:
    trained.s3.read_only = "SlowDown: Please reduce your request rate."
    described = packaged(trained)
    assert described["Status"] == "FAILED"
    assert "s3://results/edge/Bottles-1.0.0.zip cannot be written" in described["StatusMessage"]


def test_the_component_of_a_job_that_failed_is_free_again(trained: Studio) -> None:
    trained.s3.read_only = "SlowDown: Please reduce your request rate."
    packaged(trained)
    trained.s3.read_only = ""
    assert packaged(trained)["Status"] == "SUCCEEDED"


def test_a_job_has_no_output_before_it_is_over(trained: Studio) -> None:
    assert "ModelPackagingOutputDetails" not in describe(trained, start(trained))


def test_jobs_are_listed_and_stay(trained: Studio) -> None:
    names = [start(trained, JobName=f"job-{number}") for number in range(3)]
    pages = trained.vision.get_paginator("list_model_packaging_jobs").paginate(
        ProjectName="bottles", PaginationConfig={"PageSize": 2}
    )
    assert [[each["JobName"] for each in page["ModelPackagingJobs"]] for page in pages] == [names[:2], names[2:]]


def test_a_job_that_does_not_exist_is_not_described(bottles: Studio) -> None:
    message = refused("ResourceNotFoundException", lambda: describe(bottles, "none"))
    assert message == "Project bottles has no model packaging job none"


def test_three_jobs_run_at_a_time(trained: Studio) -> None:
    trained.settings.progress = Progress.by_seconds(60)
    for _ in range(3):
        start(trained)
    message = refused("ServiceQuotaExceededException", lambda: start(trained))
    assert message == "Concurrent model packaging jobs (L-A2F581AB): there would be 4, the quota is 3"
    trained.clock.advance(120)
    assert start(trained)


def test_by_time_each_state_has_its_own(trained: Studio) -> None:
    trained.settings.progress = Progress.by_seconds(60)
    job = start(trained)
    found = []
    for _ in range(3):
        found.append(describe(trained, job)["Status"])
        trained.clock.advance(60)
    assert found == ["CREATED", "RUNNING", "SUCCEEDED"]


def test_a_model_in_training_is_not_packaged(bottles: Studio) -> None:
    bottles.dataset(bottles.images())
    bottles.settings.progress = Progress.by_describes(9)
    bottles.start_training()
    assert "its status is TRAINING" in refused("ConflictException", lambda: start(bottles))


def test_a_hosted_model_can_be_packaged(studio: Studio) -> None:
    studio.hosted()
    assert packaged(studio)["Status"] == "SUCCEEDED"


def test_a_model_that_is_being_packaged_is_not_deleted(trained: Studio) -> None:
    job = start(trained)
    named = {"ProjectName": "bottles", "ModelVersion": "1"}
    message = refused("ConflictException", trained.vision.delete_model, **named)
    assert message == f"Version 1 of project bottles cannot be deleted: job {job} is packaging it"


@pytest.mark.parametrize(
    "target",
    [
        DEVICE,
        {"TargetPlatform": NVIDIA, "CompilerOptions": OPTIONS},
        {"TargetPlatform": NVIDIA, "CompilerOptions": OPTIONS.replace("'", '"')},
        {"TargetPlatform": {**NVIDIA, "Arch": "ARM64"}, "CompilerOptions": OPTIONS},
        {"TargetPlatform": {"Os": "LINUX", "Arch": "X86_64"}},
        {"TargetPlatform": {"Os": "LINUX", "Arch": "ARM64"}, "CompilerOptions": "{'mattr': ['+neon', '+vfpv4']}"},
    ],
)
def test_a_device_or_a_platform_is_the_target(trained: Studio, target: dict[str, Any]) -> None:
    assert packaged(trained, target)["Status"] == "SUCCEEDED"


@pytest.mark.parametrize(
    ("target", "part"),
    [
        ({}, "got neither, expected either TargetDevice or TargetPlatform"),
        ({**DEVICE, "TargetPlatform": {"Os": "LINUX", "Arch": "ARM64"}}, "got both"),
        ({**DEVICE, "CompilerOptions": OPTIONS}, "CompilerOptions: expected none beside TargetDevice"),
        ({"TargetPlatform": NVIDIA}, "CompilerOptions.gpu-code: got nothing, expected a value such as 'sm_75'"),
        ({"TargetPlatform": NVIDIA, "CompilerOptions": "{'gpu-code': 'sm_75'}"}, "CompilerOptions.trt-ver"),
        (
            {"TargetPlatform": NVIDIA, "CompilerOptions": OPTIONS.replace("10.2", "10")},
            "CompilerOptions.cuda-ver: got '10', expected a value such as '10.2'",
        ),
        ({"TargetPlatform": {"Os": "LINUX", "Arch": "ARM64"}, "CompilerOptions": "-O2"}, "CompilerOptions: got '-O2'"),
        ({"TargetPlatform": {"Os": "LINUX", "Arch": "ARM64"}, "CompilerOptions": "{1: 2}"}, "CompilerOptions: got"),
        ({"TargetDevice": "raspberry"}, "targetDevice"),
        ({"TargetPlatform": {"Os": "LINUX"}}, "arch"),
        ({**DEVICE, "ComponentVersion": "1.0"}, "componentVersion"),
        ({**DEVICE, "ComponentName": "a b"}, "componentName"),
    ],
)
def test_a_target_that_does_not_fit_is_refused(trained: Studio, target: dict[str, Any], part: str) -> None:
    assert part in refused("ValidationException", lambda: start(trained, target))


def test_the_bucket_must_exist(trained: Studio) -> None:
    target = {**DEVICE, "S3OutputLocation": {"Bucket": "nowhere"}}
    message = refused("ValidationException", lambda: start(trained, target))
    assert message.startswith("Configuration.Greengrass.S3OutputLocation.Bucket: the bucket nowhere cannot be used")
