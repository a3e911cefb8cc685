"""Manifests and pictures are read, and results written, while requests are answered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from lookout_server.settings import Progress
from lookout_server.vision import images
from lookout_server.work import runner as work
from tests.server.services.gates import Gate, Threads, answered
from tests.server.services.support import TARGET
from tests.server.services.vision.material import line, manifest, picture
from tests.server.services.vision.support import OUTPUT, Studio, client_of, until


@pytest.fixture
def gate() -> Iterator[Gate]:
    made = Gate()
    yield made
    made.open()


@pytest.fixture
def threads() -> Threads:
    return Threads()


@pytest.fixture(params=["in the background", "at once"])
def studio(
    request: pytest.FixtureRequest, gate: Gate, threads: Threads, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Studio]:
    """A studio whose S3 can be held up; the work is done in other threads, or by who has begun it."""
    monkeypatch.setattr(work, "_PATIENCE", 0)
    made = Studio(in_background=lambda id, do: threads.begin(do)) if request.param == "in the background" else Studio()
    made.project()
    yield made
    gate.open()
    threads.join()
    assert made.backend.internal_failures == []


def others_are_answered(studio: Studio) -> None:
    """Calls of another account, and of the same one."""
    other: Any = client_of(studio.backend, TARGET)
    name = f"other-{len(studio.backend.calls.all())}"
    answered(other.create_project, ProjectName=name)
    answered(other.describe_project, ProjectName=name)
    answered(studio.vision.list_projects)
    answered(studio.backend.tick)


def with_dataset(studio: Studio, threads: Threads) -> None:
    studio.start_dataset(studio.images())
    threads.join()
    studio.settled_dataset()


def with_model(studio: Studio, threads: Threads) -> None:
    with_dataset(studio, threads)
    studio.start_training()
    threads.join()
    studio.settled_model()


def test_a_manifest_is_read_without_holding_anybody_up(studio: Studio, gate: Gate, threads: Threads) -> None:
    lines = studio.images()
    gate.before(studio.s3, "read")
    gate.shut()
    threads.begin(lambda: studio.start_dataset(lines))
    gate.reached()
    others_are_answered(studio)
    named = {"ProjectName": "bottles", "DatasetType": "train"}
    shown = [answered(studio.vision.describe_dataset, **named)["DatasetDescription"]["Status"] for _ in range(9)]
    assert shown == ["CREATE_IN_PROGRESS"] * 9
    gate.open()
    threads.join()
    described = studio.vision.describe_dataset(**named)["DatasetDescription"]
    assert (described["Status"], described["ImageStats"]["Total"]) == ("CREATE_COMPLETE", 30)


@pytest.mark.parametrize("bucket", ["manifests", "results"])
def test_a_bucket_is_looked_up_without_holding_anybody_up(
    studio: Studio, gate: Gate, threads: Threads, bucket: str
) -> None:
    if bucket == "results":
        with_dataset(studio, threads)
    gate.before(studio.s3, "region", lambda name: name == bucket)
    gate.shut()
    threads.begin(lambda: studio.start_training() if bucket == "results" else studio.start_dataset([line("a.png")]))
    gate.reached()
    others_are_answered(studio)


def test_pictures_are_looked_at_without_holding_anybody_up(studio: Studio, gate: Gate, threads: Threads) -> None:
    with_dataset(studio, threads)
    gate.before(studio.s3, "read")
    gate.shut()
    threads.begin(studio.start_training)
    gate.reached()
    others_are_answered(studio)
    shown = [answered(studio.describe)["Status"] for _ in range(9)]
    assert shown == ["TRAINING"] * 9
    gate.open()
    threads.join()
    assert studio.settled_model()["Status"] == "TRAINED"


def test_results_are_written_without_holding_anybody_up(studio: Studio, gate: Gate, threads: Threads) -> None:
    with_dataset(studio, threads)
    gate.before(studio.s3, "write")
    gate.shut()
    threads.begin(studio.start_training)
    gate.reached()
    others_are_answered(studio)
    assert [answered(studio.describe)["Status"] for _ in range(9)] == ["TRAINING"] * 9
    gate.open()
    threads.join()
    described = studio.describe()
    assert described["Status"] == "TRAINED"
    assert ("results", described["EvaluationResult"]["Key"]) in studio.s3.objects


def test_a_component_is_written_without_holding_anybody_up(studio: Studio, gate: Gate, threads: Threads) -> None:
    with_model(studio, threads)
    studio.settings.progress = Progress.by_seconds(60)
    target = {"S3OutputLocation": {"Bucket": "results"}, "ComponentName": "bottles", "TargetDevice": "jetson_xavier"}
    start = {"ProjectName": "bottles", "ModelVersion": "1", "JobName": "pack", "Configuration": {"Greengrass": target}}
    gate.before(studio.s3, "write")
    gate.shut()
    threads.begin(lambda: studio.vision.start_model_packaging_job(**start))
    gate.reached()
    others_are_answered(studio)
    describe = studio.vision.describe_model_packaging_job
    named = {"ProjectName": "bottles", "JobName": "pack"}
    assert answered(describe, **named)["ModelPackagingDescription"]["Status"] == "CREATED"
    studio.clock.advance(120)
    assert answered(describe, **named)["ModelPackagingDescription"]["Status"] == "RUNNING"
    gate.open()
    threads.join()
    assert describe(**named)["ModelPackagingDescription"]["Status"] == "SUCCEEDED"


def test_a_picture_is_judged_without_holding_anybody_up(
    studio: Studio, gate: Gate, threads: Threads, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_model(studio, threads)
    studio.vision.start_model(ProjectName="bottles", ModelVersion="1", MinInferenceUnits=1)
    until(studio.describe)
    monkeypatch.setattr(images, "measured", images.measured)  # so that the gate is gone afterwards
    gate.before(images, "measured")
    gate.shut()
    judged: list[bool] = []
    threads.begin(lambda: judged.append(studio.detect(picture())["IsAnomalous"]))
    gate.reached()
    others_are_answered(studio)
    gate.open()
    threads.join()
    assert judged == [False]


def test_changes_are_read_and_then_count(studio: Studio, threads: Threads) -> None:
    with_dataset(studio, threads)
    changes = manifest([line("new.png")]).encode()
    studio.vision.update_dataset_entries(ProjectName="bottles", DatasetType="train", Changes=changes)
    threads.join()
    assert studio.settled_dataset()["ImageStats"]["Total"] == 31


def test_a_training_of_a_project_that_is_gone_changes_nothing(studio: Studio, gate: Gate, threads: Threads) -> None:
    with_dataset(studio, threads)
    gate.before(studio.s3, "read")
    gate.shut()
    threads.begin(lambda: studio.vision.create_model(ProjectName="bottles", OutputConfig=OUTPUT))
    gate.reached()
    studio.backend.reset()
    studio.project()
    gate.open()
    threads.join()
    assert studio.vision.list_models(ProjectName="bottles")["Models"] == []
