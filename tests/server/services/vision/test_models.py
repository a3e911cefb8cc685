"""Models: versions, what they show, and how they go."""

from __future__ import annotations

from typing import Any

import pytest

from lookout_server.faults import Fault
from lookout_server.settings import Progress
from tests.server.services.support import refused
from tests.server.services.vision.support import OUTPUT, Studio, result


@pytest.fixture
def ready(bottles: Studio) -> Studio:
    """A project with a training dataset that is good enough."""
    bottles.dataset(bottles.images())
    return bottles


def versions(studio: Studio) -> list[str]:
    return [each["ModelVersion"] for each in studio.vision.list_models(ProjectName="bottles")["Models"]]


def test_a_model_is_trained_with_time(ready: Studio) -> None:
    ready.settings.progress = Progress.by_describes(2)
    made = ready.vision.create_model(ProjectName="bottles", OutputConfig=OUTPUT)["ModelMetadata"]
    assert (made["ModelVersion"], made["Status"]) == ("1", "TRAINING")
    assert made["ModelArn"] == "arn:aws:lookoutvision:eu-west-1:111111111111:model/bottles/1"
    assert [ready.describe()["Status"] for _ in range(3)] == ["TRAINING", "TRAINING", "TRAINED"]


def test_training_can_be_given_a_time_of_its_own(ready: Studio) -> None:
    ready.settings.training_progress = Progress.by_seconds(1_800)
    version = ready.start_training()
    assert [ready.describe(version)["Status"] for _ in range(4)] == ["TRAINING"] * 4
    ready.clock.advance(1_800)
    assert ready.describe(version)["Status"] == "TRAINED"


def test_a_model_shows_what_it_was_made_with(ready: Studio) -> None:
    described = ready.train(Description="first.try")
    assert described["Description"] == "first.try"
    assert described["OutputConfig"] == OUTPUT
    assert described["CreationTimestamp"] <= described["EvaluationEndTimestamp"]


@pytest.mark.parametrize("text", ["two words", "a,b", "a" * 501, ""])
def test_a_description_has_no_spaces(ready: Studio, text: str) -> None:
    assert "description" in refused("ValidationException", lambda: ready.start_training(Description=text))


def test_a_model_in_training_has_no_results(ready: Studio) -> None:
    ready.start_training()
    described = ready.describe()
    assert not {"Performance", "EvaluationResult", "EvaluationManifest", "EvaluationEndTimestamp"} & described.keys()


def test_the_files_are_there_when_the_training_has_ended(ready: Studio) -> None:
    ready.start_training()
    described = ready.settled_model()
    for name in ("EvaluationResult", "EvaluationManifest"):
        assert described[name] == {"Bucket": "results", "Key": f"out/{name}-bottles-1.json"}
        assert ("results", described[name]["Key"]) in ready.s3.objects


@pytest.mark.parametrize(("prefix", "folder"), [(None, ""), ("", ""), ("a/b", "a/b/"), ("a/b/", "a/b/")])
def test_the_files_are_below_the_prefix(ready: Studio, prefix: str | None, folder: str) -> None:
    location = {"Bucket": "results"} | ({} if prefix is None else {"Prefix": prefix})
    described = ready.train(OutputConfig={"S3Location": location})
    assert described["EvaluationResult"]["Key"] == f"{folder}EvaluationResult-bottles-1.json"


def test_a_training_that_cannot_write_its_files_fails(ready: Studio) -> None:
    ready.s3.read_only = "SlowDown: Please reduce your request rate."
    described = ready.train()
    assert (described["Status"], described["StatusMessage"]) == (
        "TRAINING_FAILED",
        "s3://results/out/EvaluationManifest-bottles-1.json cannot be written: "
        "SlowDown: Please reduce your request rate.",
    )
    assert "EvaluationResult" not in described


def test_the_end_of_the_evaluation_is_that_of_the_work(ready: Studio) -> None:
    ready.settings.progress = Progress.by_seconds(60)
    ready.start_training()
    began = ready.clock.now()
    ready.clock.advance(60)
    described = ready.describe()
    assert (described["Status"], described["EvaluationEndTimestamp"]) == ("TRAINED", began)
    assert result(ready)["EvaluationDetails"]["EvaluationEndTimestamp"].startswith(began.strftime("%Y-%m-%dT%H:%M:%S"))


def test_each_training_makes_a_version(ready: Studio) -> None:
    ready.train()
    assert ready.start_training() == "2"
    assert versions(ready) == ["1", "2"]


def test_a_number_is_not_given_twice(ready: Studio) -> None:
    ready.train()
    ready.vision.delete_model(ProjectName="bottles", ModelVersion="1")
    ready.describe()
    refused("ResourceNotFoundException", ready.describe)
    assert ready.start_training() == "2"


def test_projects_count_for_themselves(ready: Studio) -> None:
    ready.train()
    assert ready.trained("cans") == "1"


def test_latest_is_the_highest_version(ready: Studio) -> None:
    ready.train()
    ready.train()
    ready.settled_model("2")
    assert ready.describe("latest")["ModelVersion"] == "2"


def test_a_project_without_models_has_no_latest_one(bottles: Studio) -> None:
    message = refused("ResourceNotFoundException", lambda: bottles.describe("latest"))
    assert message == "Project bottles has no version latest of its model"


def test_a_training_needs_a_training_dataset(bottles: Studio) -> None:
    bottles.dataset(bottles.images(), "test")
    message = refused("ConflictException", bottles.start_training)
    assert message == "Project bottles has no train dataset: create one first"


@pytest.mark.parametrize("kind", ["train", "test"])
def test_a_training_needs_datasets_at_rest(bottles: Studio, kind: str) -> None:
    bottles.settings.progress = Progress.by_describes(0)
    if kind == "test":
        bottles.dataset(bottles.images())
    bottles.settings.progress = Progress.by_describes(9)
    bottles.start_dataset(bottles.images(), kind)
    message = refused("ConflictException", bottles.start_training)
    assert message.startswith(f"The {kind} dataset of project bottles cannot be used")


def test_a_training_does_not_use_a_dataset_that_failed(bottles: Studio) -> None:
    bottles.dataset(["no json"])
    assert "CREATE_FAILED" in refused("ConflictException", bottles.start_training)


def test_the_bucket_of_the_results_must_exist(ready: Studio) -> None:
    output = {"S3Location": {"Bucket": "nowhere"}}
    message = refused("ValidationException", lambda: ready.start_training(OutputConfig=output))
    assert message.startswith("OutputConfig.S3Location.Bucket: the bucket nowhere cannot be used")


def test_a_training_can_fail_for_a_reason_of_the_service(ready: Studio) -> None:
    ready.backend.faults.add("CreateModel", Fault.fail("out of order"))
    described = ready.train()
    assert (described["Status"], described["StatusMessage"]) == ("TRAINING_FAILED", "out of order")


def test_a_failed_training_counts_as_a_version(ready: Studio) -> None:
    ready.backend.faults.add("CreateModel", Fault.fail("out of order"))
    ready.train()
    assert ready.start_training() == "2"


def test_a_key_shows_as_its_arn(ready: Studio) -> None:
    described = ready.train(KmsKeyId="alias/images")
    assert described["KmsKeyId"] == "arn:aws:kms:eu-west-1:111111111111:alias/images"


def test_what_is_no_key_is_refused(ready: Studio) -> None:
    assert "KmsKeyId" in refused("ValidationException", lambda: ready.start_training(KmsKeyId="arn:aws:s3:::key"))


def test_models_are_listed_with_their_figures(ready: Studio) -> None:
    described = ready.train()
    [listed] = ready.vision.list_models(ProjectName="bottles")["Models"]
    assert listed == {name: described[name] for name in listed}
    assert listed["Performance"]["F1Score"] > 0


def test_a_list_of_models_has_pages(ready: Studio) -> None:
    for _ in range(3):
        ready.train()
        ready.settled_model(versions(ready)[-1])
    pages = ready.vision.get_paginator("list_models").paginate(ProjectName="bottles", PaginationConfig={"PageSize": 2})
    assert [[each["ModelVersion"] for each in page["Models"]] for page in pages] == [["1", "2"], ["3"]]


def test_a_model_is_deleted_with_time(ready: Studio) -> None:
    ready.train()
    answer = ready.vision.delete_model(ProjectName="bottles", ModelVersion="1")
    assert answer["ModelArn"].endswith(":model/bottles/1")
    assert ready.describe()["Status"] == "DELETING"
    refused("ResourceNotFoundException", ready.describe)


def test_the_end_of_a_deletion_shows_in_the_list_as_well(ready: Studio) -> None:
    ready.train()
    ready.vision.delete_model(ProjectName="bottles", ModelVersion="1")
    assert [versions(ready) for _ in range(2)] == [["1"], []]


def test_a_list_is_no_look_at_a_training(ready: Studio) -> None:
    ready.start_training()
    for _ in range(5):
        ready.vision.list_models(ProjectName="bottles")
    assert ready.describe()["Status"] == "TRAINING"


def test_latest_cannot_be_deleted(ready: Studio) -> None:
    ready.train()
    call: Any = ready.vision.delete_model
    assert "modelVersion" in refused("ValidationException", call, ProjectName="bottles", ModelVersion="latest")


def test_a_model_in_training_cannot_be_deleted(ready: Studio) -> None:
    ready.start_training()
    ready.settings.progress = Progress.by_describes(9)
    message = refused("ConflictException", ready.vision.delete_model, ProjectName="bottles", ModelVersion="1")
    assert "its status is TRAINING" in message


def test_a_failed_model_can_be_deleted(ready: Studio) -> None:
    ready.backend.faults.add("CreateModel", Fault.fail("out of order"))
    ready.train()
    ready.vision.delete_model(ProjectName="bottles", ModelVersion="1")
    assert ready.describe()["Status"] == "DELETING"


def test_a_model_is_not_deleted_twice(ready: Studio) -> None:
    ready.train()
    ready.settings.progress = Progress.by_describes(9)
    ready.vision.delete_model(ProjectName="bottles", ModelVersion="1")
    message = refused("ConflictException", ready.vision.delete_model, ProjectName="bottles", ModelVersion="1")
    assert "its status is DELETING" in message


def test_a_deletion_that_ends_at_a_refused_call_has_ended(ready: Studio) -> None:
    ready.train()
    ready.settings.progress = Progress.by_describes(0)
    ready.vision.delete_model(ProjectName="bottles", ModelVersion="1")
    message = refused("ConflictException", ready.vision.delete_model, ProjectName="bottles", ModelVersion="1")
    assert "its status is DELETING" in message
    ready.settings.progress = Progress.by_describes(9)
    refused("ResourceNotFoundException", ready.describe)


def test_a_model_that_does_not_exist_cannot_be_deleted(bottles: Studio) -> None:
    refused("ResourceNotFoundException", bottles.vision.delete_model, ProjectName="bottles", ModelVersion="7")


@pytest.mark.parametrize("version", ["0", "01", "newest", "12345678901"])
def test_a_version_is_a_number_or_latest(bottles: Studio, version: str) -> None:
    assert "modelVersion" in refused("ValidationException", lambda: bottles.describe(version))


def test_a_deleted_training_dataset_blocks_training_only(ready: Studio) -> None:
    ready.train()
    ready.vision.delete_dataset(ProjectName="bottles", DatasetType="train")
    refused("ResourceNotFoundException", ready.settled_dataset)
    refused("ConflictException", ready.start_training)
    assert ready.describe()["Status"] == "TRAINED"
