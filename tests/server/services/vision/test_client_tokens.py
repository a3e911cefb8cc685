"""Client tokens: a call that comes again is answered as before, and nothing is done twice."""

from __future__ import annotations

from typing import Any

import pytest

from lookout_server.faults import Fault
from lookout_server.settings import Progress
from tests.server.services.support import refused
from tests.server.services.vision.material import line, manifest
from tests.server.services.vision.support import OUTPUT, Studio

ONE = {"ProjectName": "bottles", "ModelVersion": "1"}


def train(studio: Studio, token: str, **more: Any) -> str:
    return studio.start_training(ClientToken=token, **more)


@pytest.fixture
def ready(bottles: Studio) -> Studio:
    bottles.dataset(bottles.images())
    return bottles


def test_a_training_that_is_asked_for_again_is_not_repeated(ready: Studio) -> None:
    assert [train(ready, "once"), train(ready, "once")] == ["1", "1"]
    assert len(ready.vision.list_models(ProjectName="bottles")["Models"]) == 1


def test_another_token_is_another_training(ready: Studio) -> None:
    assert [train(ready, "one"), train(ready, "two")] == ["1", "2"]


def test_a_token_is_remembered_for_eight_hours(ready: Studio) -> None:
    train(ready, "once")
    ready.clock.advance(8 * 3_600 - 1)
    assert train(ready, "once") == "1"
    ready.clock.advance(1)
    assert train(ready, "once") == "2"


def test_a_token_with_other_parameters_is_an_error(ready: Studio) -> None:
    train(ready, "once")
    message = refused("ValidationException", lambda: train(ready, "once", Description="other"))
    assert message == "The ClientToken 'once' was used before with other parameters: Description"


def test_a_token_counts_for_one_operation(bottles: Studio) -> None:
    bottles.vision.create_dataset(ProjectName="bottles", DatasetType="train", ClientToken="same")
    assert bottles.vision.delete_dataset(ProjectName="bottles", DatasetType="train", ClientToken="same")


def test_a_call_that_was_refused_leaves_no_token(bottles: Studio) -> None:
    refused("ConflictException", lambda: train(bottles, "once"))
    bottles.dataset(bottles.images())
    assert train(bottles, "once") == "1"


def test_a_lost_answer_is_given_again(ready: Studio) -> None:
    ready.backend.faults.add("CreateModel", Fault.lost_answer())
    refused("InternalServerException", lambda: train(ready, "once"))
    assert train(ready, "once") == "1"
    assert len(ready.vision.list_models(ProjectName="bottles")["Models"]) == 1


def test_a_start_that_is_asked_for_again_does_nothing(studio: Studio) -> None:
    """With one token for every start, a restart within eight hours does nothing."""
    studio.trained()
    studio.vision.start_model(**ONE, MinInferenceUnits=1, ClientToken="fixed")
    studio.settled_model()
    studio.vision.stop_model(**ONE)
    studio.settled_model()
    assert studio.vision.start_model(**ONE, MinInferenceUnits=1, ClientToken="fixed")["Status"] == "STARTING_HOSTING"
    assert studio.describe()["Status"] == "TRAINED"


@pytest.mark.parametrize(
    ("call", "parameters"),
    [
        ("create_project", {"ProjectName": "cans"}),
        ("create_dataset", {"ProjectName": "bottles", "DatasetType": "test"}),
        ("delete_dataset", {"ProjectName": "bottles", "DatasetType": "train"}),
        ("delete_project", {"ProjectName": "empty"}),
        ("create_model", {"ProjectName": "bottles", "OutputConfig": OUTPUT}),
        (
            "update_dataset_entries",
            {"ProjectName": "bottles", "DatasetType": "train", "Changes": manifest([line("z.png")]).encode()},
        ),
    ],
)
def test_each_operation_with_a_token_answers_again(ready: Studio, call: str, parameters: dict[str, Any]) -> None:
    ready.project("empty")
    answers = [getattr(ready.vision, call)(**parameters, ClientToken="again") for _ in range(2)]
    for answer in answers:
        del answer["ResponseMetadata"]
    assert answers[0] == answers[1]


def test_a_model_is_deleted_and_packaged_once_per_token(studio: Studio) -> None:
    studio.trained()
    greengrass = {
        "S3OutputLocation": {"Bucket": "results"},
        "ComponentName": "Bottles",
        "TargetDevice": "jetson_xavier",
    }
    call = studio.vision.start_model_packaging_job
    names = {call(**ONE, Configuration={"Greengrass": greengrass}, ClientToken="a")["JobName"] for _ in range(2)}
    assert len(names) == 1
    studio.vision.describe_model_packaging_job(ProjectName="bottles", JobName=names.pop())
    studio.settings.progress = Progress.by_describes(0)
    arns = {studio.vision.delete_model(**ONE, ClientToken="b")["ModelArn"] for _ in range(2)}
    assert len(arns) == 1


@pytest.mark.parametrize("token", ["a b", "a_b", "a" * 65])
def test_a_token_must_match_the_model(studio: Studio, token: str) -> None:
    call = studio.vision.create_project
    assert "clientToken" in refused("ValidationException", call, ProjectName="cans", ClientToken=token)
