"""Hosted models look at images in other processes, or in this one: with the same answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lookout_server import inspecting
from lookout_server.detection.images import ByHand
from lookout_server.vision import judging
from lookout_server.vision.inspection import Elsewhere
from lookout_server.work.answerers import IsLoaded
from lookout_server.work.processes import Waiting, WorkerDied
from tests.server.services import restarting
from tests.server.services.support import refused
from tests.server.services.vision.material import RED, picture
from tests.server.services.vision.support import Studio

pytestmark = pytest.mark.skipif(restarting.WANTED, reason="nothing of it depends on what is remembered")


class Answerers:
    """What another process would do, done here."""

    def __init__(self) -> None:
        self.units: list[int] = []
        self.dies = False
        self.obstacle = ""
        self.loaded = False
        self.own: Path | None = None

    def ask(self, about: str, units: int, question: list[bytes], is_loaded: IsLoaded) -> list[bytes]:
        self.units.append(units)
        if self.obstacle:
            raise Waiting(self.obstacle)
        if self.dies:
            raise WorkerDied("its process was ended by signal 9")
        answer = inspecting.answer(question, self.own)
        self.loaded = is_loaded(answer)
        return list(answer)

    load = ask


@pytest.fixture
def answerers() -> Answerers:
    return Answerers()


@pytest.fixture
def remote(answerers: Answerers) -> Iterator[Studio]:
    """A studio whose models look elsewhere, with a trained one."""
    given: Any = answerers
    studio = Studio(inspection=Elsewhere(given))
    studio.trained(lines=studio.segmented({"scratch": 20}))
    yield studio
    assert studio.backend.internal_failures == []


def started(studio: Studio, units: int = 1) -> dict[str, Any]:
    studio.vision.start_model(ProjectName="bottles", ModelVersion="1", MinInferenceUnits=units)
    return studio.settled_model()


def test_the_answer_is_the_same_as_here(remote: Studio, studio: Studio, answerers: Answerers) -> None:
    studio.hosted(studio.segmented({"scratch": 20}))
    assert started(remote, 2)["Status"] == "HOSTED"
    for spot in (None, RED):
        assert remote.detect(picture(spot=spot)) == studio.detect(picture(spot=spot))
    assert answerers.units == [2, 2, 2]


def test_an_image_that_is_damaged_is_refused_as_here(remote: Studio) -> None:
    started(remote)
    message = refused("ValidationException", lambda: remote.detect(picture(kind="JPEG")[:-30], "image/jpeg"))
    assert message.startswith("Body: the image cannot be read: ")


def test_a_model_whose_images_need_too_much_memory_is_not_hosted(
    remote: Studio, answerers: Answerers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look(*_: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(judging, "look", look)
        described = started(remote)
    assert described["Status"] == "HOSTING_FAILED"
    reason = "An image of 64 x 64 pixels needs more memory than a process may take (inspector_bytes)"
    assert described["StatusMessage"] == reason
    assert not answerers.loaded
    assert started(remote)["Status"] == "HOSTED"
    assert answerers.loaded


def test_a_process_that_dies_fails_what_it_was_asked_and_nothing_else(remote: Studio, answerers: Answerers) -> None:
    answerers.dies = True
    assert "has died: its process was ended by signal 9" in started(remote)["StatusMessage"]
    answerers.dies = False
    started(remote)
    answerers.dies = True
    message = refused("InternalServerException", lambda: remote.detect(picture()))
    assert message == "The process that looked at the image has died: its process was ended by signal 9"
    answerers.dies = False
    assert remote.detect(picture())["IsAnomalous"] is False


@pytest.mark.parametrize("where", ["here", "elsewhere"])
def test_a_model_of_another_network_is_not_hosted(where: str, request: pytest.FixtureRequest) -> None:
    """Such as that of an earlier release."""
    studio: Studio = request.getfixturevalue("studio" if where == "here" else "remote")
    if where == "here":
        studio.trained(lines=studio.segmented({"scratch": 20}))
    judging._MODELS.clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ByHand, "identity", "by hand 2")
        described = started(studio)
    assert described["Status"] == "HOSTING_FAILED"
    assert described["StatusMessage"].startswith("The model cannot be used: ")
    assert "expected by hand (by hand 1), with which it was trained" in described["StatusMessage"]


def test_without_a_process_that_may_be_started_a_start_waits_and_an_image_is_refused_for_now(
    remote: Studio, answerers: Answerers
) -> None:
    answerers.obstacle = "start the server anew"
    remote.vision.start_model(ProjectName="bottles", ModelVersion="1", MinInferenceUnits=1)
    assert remote.describe()["Status"] == "STARTING_HOSTING"
    answerers.obstacle = ""
    remote.clock.advance(60)
    assert remote.settled_model()["Status"] == "HOSTED"
    answerers.obstacle = "start the server anew"
    with pytest.raises(ClientError, match="start the server anew") as caught:
        remote.detect(picture())
    answer = caught.value.response
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == ("InternalServerException", 500)
