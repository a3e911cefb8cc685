"""Quotas of an account in a Region, and how often an operation may be called."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from lookout_server.settings import Progress
from tests.server.services import restarting
from tests.server.services.support import TARGET, refused
from tests.server.services.vision.material import picture
from tests.server.services.vision.support import Studio, client_of

remembered = pytest.mark.skipif(restarting.WANTED, reason="calls within a second are counted in memory")


def test_projects(studio: Studio) -> None:
    studio.quotas.projects = 1
    studio.project("a")
    message = refused("ServiceQuotaExceededException", studio.vision.create_project, ProjectName="b")
    assert message == "Projects (L-64685F61): there would be 2, the quota is 1"
    assert client_of(studio.backend, TARGET).create_project(ProjectName="b")["ProjectMetadata"]


def test_models_per_project(bottles: Studio) -> None:
    bottles.quotas.models_per_project = 1
    bottles.trained()
    message = refused("ServiceQuotaExceededException", bottles.start_training)
    assert message == "Models per project (L-1B1011CA): there would be 2, the quota is 1"
    assert bottles.trained("cans") == "1"


def test_concurrent_trainings(studio: Studio) -> None:
    for name in ("a", "b", "c"):
        studio.project(name)
        studio.dataset(studio.images(folder=name), project=name)
    studio.settings.progress = Progress.by_seconds(60)
    studio.start_training("a")
    studio.start_training("b")
    message = refused("ServiceQuotaExceededException", lambda: studio.start_training("c"))
    assert message == "Concurrent training jobs (L-2489F742): there would be 3, the quota is 2"
    studio.clock.advance(60)
    assert studio.start_training("c") == "1"


@remembered
def test_requests_per_second_and_operation(studio: Studio) -> None:
    studio.quotas.requests_per_second = 2
    for _ in range(2):
        studio.vision.list_projects()
    message = refused("ThrottlingException", studio.vision.list_projects)
    assert message == "Rate exceeded (L-6C6DBBAE): ListProjects was called 2 times within a second"
    studio.project("another-operation-counts-for-itself")
    studio.clock.advance(1)
    assert len(studio.vision.list_projects()["Projects"]) == 1


def test_a_throttled_call_says_when_to_come_again(studio: Studio) -> None:
    studio.quotas.requests_per_second = 0
    with pytest.raises(ClientError) as caught:
        studio.vision.list_projects()
    answer = caught.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert answer["ResponseMetadata"]["HTTPHeaders"]["retry-after"] == "1"
    assert (answer["QuotaCode"], answer["ServiceCode"]) == ("L-6C6DBBAE", "lookoutvision")


@remembered
def test_detections_per_second(studio: Studio) -> None:
    studio.hosted()
    studio.quotas.requests_per_second, studio.quotas.detections_per_second = 0, 1
    assert studio.detect(picture())["IsAnomalous"] is False
    assert "(L-9A58AC7A)" in refused("ThrottlingException", lambda: studio.detect(picture()))


def test_nothing_is_throttled_by_default(studio: Studio) -> None:
    for _ in range(30):
        studio.vision.list_projects()
    assert {call.error_code for call in studio.backend.calls.all()} == {None}
