"""Hosting: models are started and stopped."""

from __future__ import annotations

from typing import Any

import pytest

from lookout_server.faults import Fault
from lookout_server.settings import Progress
from tests.server.services.support import refused
from tests.server.services.vision.material import picture
from tests.server.services.vision.support import Studio

ONE = {"ProjectName": "bottles", "ModelVersion": "1"}


def start(studio: Studio, least: int = 1, **more: Any) -> str:
    return str(studio.vision.start_model(**ONE, MinInferenceUnits=least, **more)["Status"])


@pytest.fixture
def trained(studio: Studio) -> Studio:
    studio.trained()
    return studio


def test_a_model_is_started_with_time(trained: Studio) -> None:
    assert start(trained) == "STARTING_HOSTING"
    assert [trained.describe()["Status"] for _ in range(2)] == ["STARTING_HOSTING", "HOSTED"]


def test_who_sleeps_instead_of_describing_gets_a_hosted_model(studio: Studio) -> None:
    studio.settings.progress = Progress.by_describes(2, or_seconds=60)
    studio.project()
    studio.start_dataset(studio.images())
    studio.clock.advance(60)
    studio.start_training()
    studio.clock.advance(2 * 60)
    start(studio)
    studio.clock.advance(60)
    assert studio.detect(picture())["IsAnomalous"] is False


def test_a_hosted_model_shows_its_units(trained: Studio) -> None:
    start(trained, 2, MaxInferenceUnits=5)
    described = trained.settled_model()
    assert (described["MinInferenceUnits"], described["MaxInferenceUnits"]) == (2, 5)


def test_without_a_maximum_none_shows(trained: Studio) -> None:
    start(trained)
    assert "MaxInferenceUnits" not in trained.settled_model()


def test_a_model_is_stopped_with_time_and_is_trained_again(trained: Studio) -> None:
    start(trained)
    trained.settled_model()
    assert trained.vision.stop_model(**ONE)["Status"] == "STOPPING_HOSTING"
    assert [trained.describe()["Status"] for _ in range(2)] == ["STOPPING_HOSTING", "TRAINED"]


def test_a_stopped_model_has_no_units(trained: Studio) -> None:
    start(trained)
    trained.settled_model()
    trained.vision.stop_model(**ONE)
    assert "MinInferenceUnits" not in trained.settled_model()


def test_the_latest_model_can_be_started(trained: Studio) -> None:
    trained.vision.start_model(ProjectName="bottles", ModelVersion="latest", MinInferenceUnits=1)
    assert trained.settled_model()["Status"] == "HOSTED"


def test_other_units_need_a_stop_first(trained: Studio) -> None:
    start(trained)
    trained.settled_model()
    assert "its status is HOSTED, expected TRAINED" in refused("ConflictException", lambda: start(trained, 2))


def test_a_starting_model_cannot_be_stopped(trained: Studio) -> None:
    trained.settings.progress = Progress.by_describes(9)
    start(trained)
    assert "STARTING_HOSTING" in refused("ConflictException", trained.vision.stop_model, **ONE)


def test_a_model_that_does_not_run_cannot_be_stopped(trained: Studio) -> None:
    assert "its status is TRAINED" in refused("ConflictException", trained.vision.stop_model, **ONE)


def test_a_model_in_training_cannot_be_started(bottles: Studio) -> None:
    bottles.dataset(bottles.images())
    bottles.settings.progress = Progress.by_describes(9)
    bottles.start_training()
    assert "its status is TRAINING" in refused("ConflictException", lambda: start(bottles))


def test_a_model_that_failed_cannot_be_started(bottles: Studio) -> None:
    bottles.dataset(bottles.images(1, 1))
    bottles.train()
    assert "its status is TRAINING_FAILED" in refused("ConflictException", lambda: start(bottles))


def test_a_hosted_model_cannot_be_deleted(trained: Studio) -> None:
    start(trained)
    trained.settled_model()
    assert "its status is HOSTED" in refused("ConflictException", trained.vision.delete_model, **ONE)


def test_a_model_whose_start_failed_can_be_stopped(trained: Studio) -> None:
    start_and_fail(trained)
    trained.vision.stop_model(**ONE)
    assert trained.settled_model()["Status"] == "TRAINED"


def start_and_fail(studio: Studio) -> dict[str, Any]:
    """A start that fails; the description of the model afterwards."""
    studio.backend.faults.add("StartModel", Fault.fail("no capacity"))
    start(studio)
    return studio.settled_model()


def test_starting_can_fail(trained: Studio) -> None:
    described = start_and_fail(trained)
    assert (described["Status"], described["StatusMessage"]) == ("HOSTING_FAILED", "no capacity")
    assert "MinInferenceUnits" not in described


def test_a_model_whose_start_failed_can_be_started_again(trained: Studio) -> None:
    start_and_fail(trained)
    start(trained)
    assert trained.settled_model()["Status"] == "HOSTED"


@pytest.mark.parametrize("units", [0, -1])
def test_a_model_has_at_least_one_unit(trained: Studio, units: int) -> None:
    assert "minInferenceUnits" in refused("ValidationException", lambda: start(trained, units))


def test_the_maximum_is_not_below_the_minimum(trained: Studio) -> None:
    message = refused("ValidationException", lambda: start(trained, 3, MaxInferenceUnits=2))
    assert message == "MaxInferenceUnits: got 2, expected MinInferenceUnits (3) or more"


@pytest.mark.parametrize("units", [{"least": 6}, {"least": 1, "MaxInferenceUnits": 6}])
def test_a_model_has_at_most_as_many_units_as_the_quota_allows(trained: Studio, units: dict[str, int]) -> None:
    message = refused("ServiceQuotaExceededException", lambda: start(trained, **units))
    assert message == "Inference units per started model (L-84E8C9F8): there would be 6, the quota is 5"


def test_two_models_run_at_a_time(trained: Studio) -> None:
    for name in ("cans", "jars"):
        trained.trained(name)
        if name == "cans":
            trained.vision.start_model(ProjectName=name, ModelVersion="1", MinInferenceUnits=1)
    start(trained)
    call = trained.vision.start_model
    message = refused("ServiceQuotaExceededException", call, ProjectName="jars", ModelVersion="1", MinInferenceUnits=1)
    assert message == "Running models (L-82DA2ABD): there would be 3, the quota is 2"


def test_a_stopped_model_runs_no_more(trained: Studio) -> None:
    trained.quotas.running_models = 1
    start(trained)
    trained.settled_model()
    trained.vision.stop_model(**ONE)
    trained.settled_model()
    assert start(trained) == "STARTING_HOSTING"


def test_a_model_that_does_not_exist_cannot_be_started(bottles: Studio) -> None:
    refused("ResourceNotFoundException", lambda: start(bottles))
