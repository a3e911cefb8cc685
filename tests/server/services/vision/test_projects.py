"""Projects."""

from __future__ import annotations

import pytest

from lookout_server.settings import Progress
from tests.server.services.support import SOURCE, refused
from tests.server.services.vision.support import Studio, client_of


def test_a_new_project_is_empty(studio: Studio) -> None:
    made = studio.vision.create_project(ProjectName="bottles")["ProjectMetadata"]
    described = studio.vision.describe_project(ProjectName="bottles")["ProjectDescription"]
    assert made["ProjectArn"] == "arn:aws:lookoutvision:eu-west-1:111111111111:project/bottles"
    assert described == {**made, "Datasets": []}


def test_a_name_can_be_taken_once(bottles: Studio) -> None:
    message = refused("ConflictException", bottles.vision.create_project, ProjectName="bottles")
    assert message == "Project bottles already exists"


@pytest.mark.parametrize("name", ["-a", "_a", "a b", "a.b", "", "a" * 256])
def test_a_name_must_match_the_model(studio: Studio, name: str) -> None:
    assert "projectName" in refused("ValidationException", studio.vision.create_project, ProjectName=name)


def test_projects_are_listed_in_the_order_in_which_they_were_made(studio: Studio) -> None:
    for name in ("c", "a", "b"):
        studio.project(name)
    assert [each["ProjectName"] for each in studio.vision.list_projects()["Projects"]] == ["c", "a", "b"]


def test_a_list_has_pages(studio: Studio) -> None:
    for number in range(5):
        studio.project(f"p{number}")
    pages = studio.vision.get_paginator("list_projects").paginate(PaginationConfig={"PageSize": 2})
    assert [[each["ProjectName"] for each in page["Projects"]] for page in pages] == [
        ["p0", "p1"],
        ["p2", "p3"],
        ["p4"],
    ]


def test_a_token_of_another_list_is_refused(bottles: Studio) -> None:
    bottles.project("cans")
    token = bottles.vision.list_projects(MaxResults=1)["NextToken"]
    message = refused("ValidationException", bottles.vision.list_models, ProjectName="bottles", NextToken=token)
    assert "NextToken" in message


def test_a_project_shows_its_datasets(bottles: Studio) -> None:
    for kind in ("train", "test"):
        bottles.vision.create_dataset(ProjectName="bottles", DatasetType=kind)
    described = bottles.vision.describe_project(ProjectName="bottles")["ProjectDescription"]
    assert [(each["DatasetType"], each["Status"]) for each in described["Datasets"]] == [
        ("train", "CREATE_COMPLETE"),
        ("test", "CREATE_COMPLETE"),
    ]


def test_an_empty_project_is_deleted_at_once(bottles: Studio) -> None:
    arn = bottles.vision.delete_project(ProjectName="bottles")["ProjectArn"]
    assert arn.endswith(":project/bottles")
    refused("ResourceNotFoundException", bottles.vision.describe_project, ProjectName="bottles")


def test_a_project_with_datasets_is_not_deleted(bottles: Studio) -> None:
    bottles.vision.create_dataset(ProjectName="bottles", DatasetType="train")
    message = refused("ConflictException", bottles.vision.delete_project, ProjectName="bottles")
    assert message == "Project bottles has datasets: delete train first"


def test_datasets_go_with_their_project_as_in_the_api_text_of_2020(bottles: Studio) -> None:
    bottles.settings.vision_projects_deleted_with_datasets = True
    bottles.vision.create_dataset(ProjectName="bottles", DatasetType="train")
    bottles.vision.delete_project(ProjectName="bottles")
    bottles.project("bottles")
    assert bottles.vision.describe_project(ProjectName="bottles")["ProjectDescription"]["Datasets"] == []


@pytest.mark.parametrize("lenient", [False, True])
def test_a_project_with_models_is_not_deleted(studio: Studio, lenient: bool) -> None:
    studio.settings.vision_projects_deleted_with_datasets = lenient
    studio.trained()
    message = refused("ConflictException", studio.vision.delete_project, ProjectName="bottles")
    assert message == "Project bottles has models: delete version 1 first"


def test_packaging_jobs_go_with_their_project(studio: Studio) -> None:
    studio.settings.vision_projects_deleted_with_datasets = True
    studio.trained()
    studio.settings.progress = Progress.by_describes(0)
    greengrass = {"S3OutputLocation": {"Bucket": "results"}, "ComponentName": "c", "TargetDevice": "jetson_xavier"}
    named = {"ProjectName": "bottles", "ModelVersion": "1"}
    studio.vision.start_model_packaging_job(**named, Configuration={"Greengrass": greengrass}, JobName="job")
    studio.vision.delete_model(**named)
    studio.vision.delete_project(ProjectName="bottles")
    studio.project()
    assert studio.vision.list_model_packaging_jobs(ProjectName="bottles")["ModelPackagingJobs"] == []


def test_a_project_that_does_not_exist_cannot_be_deleted(studio: Studio) -> None:
    refused("ResourceNotFoundException", studio.vision.delete_project, ProjectName="none")


def test_a_project_can_be_made_again(bottles: Studio) -> None:
    bottles.vision.delete_project(ProjectName="bottles")
    assert bottles.project("bottles") == "bottles"


def test_regions_do_not_see_each_other(bottles: Studio) -> None:
    elsewhere = client_of(bottles.backend, SOURCE, "us-west-2")
    assert elsewhere.list_projects()["Projects"] == []


def test_a_reset_forgets_everything(bottles: Studio) -> None:
    bottles.backend.reset()
    assert bottles.vision.list_projects()["Projects"] == []
