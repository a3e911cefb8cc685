"""Files are read, models trained and results written while requests are answered."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lookout_server.equipment import learning
from lookout_server.settings import Progress
from lookout_server.work import runner
from tests.server.services import restarting, scheduling
from tests.server.services.gates import Gate, Threads, answered
from tests.server.services.support import ROLE, Cloud, csv_text, location, refused, rows

pytestmark = pytest.mark.skipif(restarting.WANTED, reason="what is held up is in the process that ends")
DIAGNOSTICS = {"ModelDiagnosticsOutputConfiguration": {"S3OutputConfiguration": {"Bucket": "out", "Prefix": "d/"}}}
LABELS = {"LabelsInputConfiguration": {"S3InputConfiguration": {"Bucket": "labels", "Prefix": ""}}}


@pytest.fixture
def gate() -> Iterator[Gate]:
    made = Gate()
    yield made
    made.open()


@pytest.fixture
def threads() -> Threads:
    return Threads()


@pytest.fixture(params=["in the background", "at once"])
def cloud(
    request: pytest.FixtureRequest, gate: Gate, threads: Threads, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Cloud]:
    """A cloud whose S3 can be held up; the work is done in other threads, or by who has begun it."""
    monkeypatch.setattr(runner, "_PATIENCE", 0)
    made = Cloud(in_background=lambda id, do: threads.begin(do)) if request.param == "in the background" else Cloud()
    made.s3.put("out", "d/", b"")
    made.s3.put("data", "raw/pump1/a.csv", csv_text(rows()))
    made.s3.put("labels", "a.csv", "2023-01-01T00:00:00,2023-01-02T00:00:00\n")
    yield made
    gate.open()
    threads.join()
    assert made.backend.internal_failures == made.expected_failures


def prepared(cloud: Cloud, threads: Threads, *, model: bool = False, **more: Any) -> None:
    """A dataset with data, and a model where one is wanted."""
    cloud.dataset()
    ingest(cloud)
    threads.join()
    until(cloud.source.describe_dataset, "ACTIVE", DatasetName="pumps")
    if model:
        train(cloud, **more)
        threads.join()
        until(cloud.source.describe_model, "SUCCESS", ModelName="wear")


def until(describe: Callable[..., Any], status: str, **parameters: Any) -> None:
    """Describe as often as a state shows, and once more."""
    assert [describe(**parameters)["Status"] for _ in range(3)][-1] == status


def ingest(cloud: Cloud) -> None:
    cloud.source.start_data_ingestion_job(
        DatasetName="pumps",
        IngestionInputConfiguration=location("data", "raw/", "{prefix}/{component_name}/*"),
        RoleArn=ROLE,
    )


def train(cloud: Cloud, **more: Any) -> None:
    cloud.source.create_model(ModelName="wear", DatasetName="pumps", RoleArn=ROLE, **more)


def others_are_answered(cloud: Cloud) -> None:
    """Calls of another account, and of the same one."""
    name = f"other-{len(cloud.backend.calls.all())}"
    answered(cloud.target.create_dataset, DatasetName=name)
    answered(cloud.target.describe_dataset, DatasetName=name)
    answered(cloud.source.list_models)
    answered(cloud.backend.tick)


def test_an_ingestion_holds_nobody_up_and_is_in_progress_until_it_is_done(
    cloud: Cloud, gate: Gate, threads: Threads
) -> None:
    cloud.dataset()
    gate.before(cloud.s3, "open")
    gate.shut()
    threads.begin(lambda: ingest(cloud))
    gate.reached()
    others_are_answered(cloud)
    shown = [answered(cloud.source.describe_dataset, DatasetName="pumps")["Status"] for _ in range(9)]
    assert shown == ["INGESTION_IN_PROGRESS"] * 9
    refused("ConflictException", cloud.source.delete_dataset, DatasetName="pumps")
    gate.open()
    threads.join()
    assert cloud.source.describe_dataset(DatasetName="pumps")["Status"] == "ACTIVE"


def test_listing_files_holds_nobody_up(cloud: Cloud, gate: Gate, threads: Threads) -> None:
    cloud.dataset()
    gate.before(cloud.s3, "list")
    gate.shut()
    threads.begin(lambda: ingest(cloud))
    gate.reached()
    others_are_answered(cloud)


def test_labels_in_files_are_read_without_holding_anybody_up(cloud: Cloud, gate: Gate, threads: Threads) -> None:
    prepared(cloud, threads)
    gate.before(cloud.s3, "read", lambda _, bucket, *__, **___: bucket == "labels")
    gate.shut()
    threads.begin(lambda: train(cloud, **LABELS))
    gate.reached()
    others_are_answered(cloud)
    shown = [answered(cloud.source.describe_model, ModelName="wear")["Status"] for _ in range(9)]
    assert shown == ["IN_PROGRESS"] * 9
    gate.open()
    threads.join()
    assert cloud.source.describe_model(ModelName="wear")["Status"] == "SUCCESS"


def test_a_model_learns_without_holding_anybody_up(
    cloud: Cloud, gate: Gate, threads: Threads, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared(cloud, threads)
    monkeypatch.setattr(learning, "train", learning.train)  # so that the gate is gone afterwards
    gate.before(learning, "train")
    gate.shut()
    threads.begin(lambda: train(cloud))
    gate.reached()
    others_are_answered(cloud)


@pytest.mark.parametrize("progress", [Progress.by_describes(0), Progress.by_seconds(0)], ids=["describe", "time"])
def test_diagnostics_are_written_without_holding_anybody_up(
    cloud: Cloud, gate: Gate, threads: Threads, progress: Progress
) -> None:
    prepared(cloud, threads)
    cloud.settings.progress = progress
    gate.before(cloud.s3, "writer")
    gate.shut()
    threads.begin(lambda: train(cloud, **DIAGNOSTICS))
    gate.reached()
    others_are_answered(cloud)
    described = answered(cloud.source.describe_model, ModelName="wear")
    assert (described["Status"], "ModelDiagnosticsResultsObject" in described) == ("IN_PROGRESS", False)
    gate.open()
    threads.join()
    version = cloud.source.describe_model_version(ModelName="wear", ModelVersion=1)
    assert version["Status"] == "SUCCESS"
    assert version["ModelDiagnosticsResultsObject"]["Bucket"] == "out"


def test_what_cannot_be_written_fails_the_training(cloud: Cloud, threads: Threads) -> None:
    prepared(cloud, threads)
    del cloud.s3.objects[("out", "d/")]
    train(cloud, **DIAGNOSTICS)
    threads.join()
    until(cloud.source.describe_model, "FAILED", ModelName="wear")
    reason = cloud.source.describe_model(ModelName="wear")["FailedReason"]
    assert "cannot be written to s3://out/d/" in reason


def test_a_scheduled_inference_holds_nobody_up(cloud: Cloud, gate: Gate, threads: Threads) -> None:
    prepared(cloud, threads, model=True)
    scheduling.running(cloud)
    scheduling.send(cloud, 1, scheduling.NORMAL)
    gate.before(cloud.s3, "open", lambda _, bucket, key, **__: key.startswith("in/"))
    gate.shut()
    cloud.clock.advance(300)
    threads.begin(cloud.backend.tick)
    gate.reached()
    others_are_answered(cloud)
    assert [one["Status"] for one in answered(scheduling.executions, cloud=cloud)] == ["IN_PROGRESS"]
    gate.open()
    threads.join()
    assert [one["Status"] for one in scheduling.executions(cloud)] == ["SUCCESS"]


def test_a_retraining_holds_nobody_up(cloud: Cloud, gate: Gate, threads: Threads) -> None:
    prepared(cloud, threads, model=True, **LABELS)
    cloud.settings.progress = Progress.by_seconds(0)
    cloud.source.create_retraining_scheduler(
        ModelName="wear", RetrainingFrequency="P30D", LookbackWindow="P720D", PromoteMode="MANAGED"
    )
    gate.before(cloud.s3, "read", lambda _, bucket, *__, **___: bucket == "labels")
    gate.shut()
    cloud.clock.advance(31 * 86_400)
    threads.begin(cloud.backend.tick)
    gate.reached()
    others_are_answered(cloud)
    describe = cloud.source.describe_model_version
    assert answered(describe, ModelName="wear", ModelVersion=2)["Status"] == "IN_PROGRESS"
    gate.open()
    threads.join()
    assert describe(ModelName="wear", ModelVersion=2)["Status"] == "SUCCESS"


def test_what_was_read_for_something_that_is_gone_changes_nothing(cloud: Cloud, gate: Gate, threads: Threads) -> None:
    cloud.dataset()
    gate.before(cloud.s3, "open")
    gate.shut()
    threads.begin(lambda: ingest(cloud))
    gate.reached()
    cloud.backend.reset()
    cloud.dataset()
    gate.open()
    threads.join()
    described = cloud.source.describe_dataset(DatasetName="pumps")
    assert (described["Status"], "DataStartTime" in described) == ("CREATED", False)
    assert cloud.source.list_data_ingestion_jobs()["DataIngestionJobSummaries"] == []


def test_what_goes_wrong_inside_ends_the_work_as_failed(cloud: Cloud, threads: Threads) -> None:
    def fail(*_: Any, **__: Any) -> bytes:
        raise ValueError("out of order")

    cloud.dataset()
    cloud.s3.open = fail  # type: ignore[method-assign]
    ingest(cloud)
    threads.join()
    cloud.expected_failures = ["lookoutequipment on its own: ValueError: out of order"]
    for _ in range(3):
        cloud.source.describe_dataset(DatasetName="pumps")
    [job] = cloud.source.list_data_ingestion_jobs()["DataIngestionJobSummaries"]
    described = cloud.source.describe_data_ingestion_job(JobId=job["JobId"])
    assert described["FailedReason"] == "An internal error occurred; the log of the server has more"


def test_by_time_work_is_over_when_it_is_done_but_not_before_its_time(
    cloud: Cloud, gate: Gate, threads: Threads
) -> None:
    cloud.settings.progress = Progress.by_seconds(60)
    cloud.dataset()
    gate.before(cloud.s3, "open")
    gate.shut()
    threads.begin(lambda: ingest(cloud))
    gate.reached()
    cloud.clock.advance(100)
    assert answered(cloud.source.describe_dataset, DatasetName="pumps")["Status"] == "INGESTION_IN_PROGRESS"
    gate.open()
    threads.join()
    described = cloud.source.describe_dataset(DatasetName="pumps")
    assert described["Status"] == "ACTIVE"
    assert described["LastUpdatedAt"] == datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=100)


def test_who_looks_too_early_waits_for_the_end(
    cloud: Cloud, gate: Gate, threads: Threads, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = threading.Event()
    monkeypatch.setattr(runner, "_PATIENCE", 30)
    cloud.settings.progress = Progress.by_describes(0)
    cloud.dataset()
    gate.before(cloud.s3, "open")
    gate.shut()
    threads.begin(lambda: ingest(cloud))
    gate.reached()
    plain = runner.Runner.wait

    def wait(late: runner.Runner) -> None:
        waiting.set()
        plain(late)

    monkeypatch.setattr(runner.Runner, "wait", wait)
    threads.begin(lambda: (waiting.wait(30), gate.open()))
    assert answered(cloud.source.describe_dataset, DatasetName="pumps")["Status"] == "ACTIVE"
    assert waiting.is_set()


def test_only_so_many_wait(cloud: Cloud, gate: Gate, threads: Threads, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "_PATIENCE", 10_000)
    places = threading.BoundedSemaphore(1)
    monkeypatch.setattr(cloud.backend._runner, "_waiting", places)
    cloud.settings.progress = Progress.by_describes(0)
    cloud.dataset()
    gate.before(cloud.s3, "open")
    gate.shut()
    threads.begin(lambda: ingest(cloud))
    gate.reached()
    assert places.acquire(blocking=False)
    assert answered(cloud.source.describe_dataset, DatasetName="pumps")["Status"] == "INGESTION_IN_PROGRESS"
    places.release()
