"""What is kept in documents and blobs, and goes on when the service begins anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lookout_server.faults import Fault
from lookout_server.protocol.errors import AccessDenied
from lookout_server.protocol.http import HttpRequest
from lookout_server.settings import Progress
from lookout_server.store.scratch import ScratchBlobs
from lookout_server.store.sqlite import MEMORY, SqliteDocuments
from lookout_server.work.tasks import TERM
from tests.server.services.support import refused
from tests.server.services.vision.material import DARK, line, picture
from tests.server.services.vision.support import OUTPUT, Studio

ONE = {"ProjectName": "bottles", "ModelVersion": "1"}
TARGET = {"S3OutputLocation": {"Bucket": "results"}, "ComponentName": "c", "TargetDevice": "jetson_xavier"}


class Interrupted(BaseException):
    """What ends a process."""


class Kept:
    """Documents and blobs, and one studio after the other that works on them."""

    def __init__(self) -> None:
        self.store: dict[str, Any] = {"documents": SqliteDocuments(MEMORY), "blobs": ScratchBlobs()}
        self.studio = Studio(**self.store)

    def restart(self, **more: Any) -> Studio:
        """The next one; buckets and clock stay as they are."""
        before, self.studio = self.studio, Studio(**self.store, **more)
        self.studio.s3.__dict__.update(before.s3.__dict__)
        self.studio.clock.advance((before.clock.now() - self.studio.clock.now()).total_seconds())
        return self.studio


@pytest.fixture
def kept() -> Kept:
    return Kept()


def nobody_works(id: str, do: Callable[[], None]) -> None:
    """Work that is never begun."""


def interrupt_writing(studio: Studio) -> None:
    """Let the process end when it writes to a bucket."""

    def write(*_: object) -> None:
        raise Interrupted

    studio.s3.__dict__["write"] = write


def test_a_hosted_model_answers_after_a_restart(kept: Kept) -> None:
    kept.studio.hosted(kept.studio.segmented({"scratch": 20}))
    before = kept.studio.detect(picture(spot=DARK))
    assert kept.restart().detect(picture(spot=DARK)) == before


def test_everything_is_shown_as_before_after_a_restart(kept: Kept) -> None:
    def shown(studio: Studio) -> list[Any]:
        projects = studio.vision.list_projects()["Projects"]
        project = studio.vision.describe_project(ProjectName="bottles")["ProjectDescription"]
        return [projects, project, studio.describe(), studio.settled_dataset(), studio.entries()]

    kept.studio.trained()
    before = shown(kept.studio)
    assert shown(kept.restart()) == before


def test_a_training_that_was_not_begun_before_a_restart_is_done_after_it(kept: Kept) -> None:
    kept.studio.project()
    kept.studio.dataset(kept.studio.images())
    kept.restart(in_background=nobody_works).start_training()
    studio = kept.restart()
    assert studio.settled_model()["Status"] == "TRAINED"
    assert ("results", "out/EvaluationResult-bottles-1.json") in studio.s3.objects


def test_changes_that_were_not_read_before_a_restart_are_read_after_it(kept: Kept) -> None:
    kept.studio.project()
    kept.studio.dataset(kept.studio.images())
    changes = {"ProjectName": "bottles", "DatasetType": "train", "Changes": b'{"source-ref": "x"}'}
    kept.restart(in_background=nobody_works).vision.update_dataset_entries(**changes)
    described = kept.restart().settled_dataset()
    assert described["Status"] == "UPDATE_FAILED_ROLLBACK_COMPLETE"
    assert "line 1: source-ref" in described["StatusMessage"]


def test_a_training_goes_on_with_the_rights_of_who_wanted_it(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    kept.studio.project()
    kept.studio.dataset(kept.studio.images())
    kept.restart(in_background=nobody_works).start_training()
    studio = kept.restart()
    asked: set[tuple[str, str, str]] = set()

    def authorize(request: HttpRequest, action: str, *_: object) -> None:
        asked.add((request.account, request.access_key, action))
        if action == "s3:GetObject":
            raise AccessDenied("not authorized")

    monkeypatch.setattr(studio.authorizer, "authorize", authorize)
    described = studio.settled_model()
    assert described["StatusMessage"] == "s3://images/raw/000.png cannot be read: not authorized"
    [caller] = {(account, key) for account, key, _ in asked}
    assert all(caller)


def test_a_training_that_was_interrupted_is_made_again(kept: Kept) -> None:
    studio = kept.studio
    studio.trained()
    interrupt_writing(studio)
    with pytest.raises(Interrupted):
        studio.start_training()
    del studio.s3.__dict__["write"]
    studio = kept.restart()
    studio.backend.recover()
    assert studio.settled_model("2")["Status"] == "TRAINED"


def test_a_job_that_was_interrupted_still_has_its_component(kept: Kept) -> None:
    studio = kept.studio
    studio.trained()
    interrupt_writing(studio)
    with pytest.raises(Interrupted):
        studio.vision.start_model_packaging_job(**ONE, JobName="job", Configuration={"Greengrass": TARGET})
    del studio.s3.__dict__["write"]
    studio = kept.restart()
    studio.backend.recover()
    describe = studio.vision.describe_model_packaging_job
    named = {"ProjectName": "bottles", "JobName": "job"}
    shown = [describe(**named)["ModelPackagingDescription"]["Status"] for _ in range(4)]
    assert shown[-1] == "SUCCEEDED"


def test_what_is_interrupted_again_and_again_fails(kept: Kept) -> None:
    studio = kept.studio
    studio.project()
    studio.dataset(studio.images())
    interrupt_writing(studio)
    with pytest.raises(Interrupted):
        studio.start_training()
    for _ in range(2):
        studio = kept.restart()
        studio.clock.advance(TERM.total_seconds())
        with pytest.raises(Interrupted):
            studio.backend.tick()
    studio = kept.restart()
    studio.clock.advance(TERM.total_seconds())
    described = studio.settled_model()
    assert described["Status"] == "TRAINING_FAILED"
    assert described["StatusMessage"].startswith("It was tried 3 times, and did not come to an end")


def test_what_is_over_by_time_ends_without_anybody_looking(kept: Kept) -> None:
    kept.studio.trained()
    kept.studio.settings.progress = Progress.by_seconds(60)
    kept.studio.vision.delete_model(**ONE)
    kept.studio.clock.advance(60)
    studio = kept.restart()
    studio.settings.progress = Progress.by_seconds(60)
    studio.backend.tick()
    studio.settings.progress = Progress.by_describes(9)
    refused("ResourceNotFoundException", studio.describe)


def test_a_project_that_is_made_again_has_nothing_of_the_earlier_one(kept: Kept) -> None:
    studio = kept.studio
    studio.settings.vision_projects_deleted_with_datasets = True
    studio.project()
    studio.dataset([line("a.png")])
    studio.vision.delete_project(ProjectName="bottles")
    studio.project()
    described = kept.restart().vision.describe_project(ProjectName="bottles")["ProjectDescription"]
    assert described["Datasets"] == []
    kinds = kept.store["documents"].kinds("lookoutvision/")
    assert not [kind for kind in kinds if kind.startswith(("lookoutvision/dataset/", "lookoutvision/task/"))]


def test_what_has_ended_leaves_nothing_to_do(kept: Kept) -> None:
    studio = kept.studio
    studio.project()
    studio.dataset(studio.images())
    studio.backend.faults.add("CreateModel", Fault.fail("out of order"))
    studio.vision.create_model(ProjectName="bottles", OutputConfig=OUTPUT)
    assert kept.restart().settled_model()["StatusMessage"] == "out of order"
    kinds = kept.store["documents"].kinds("lookoutvision/task/")
    assert kinds == []
