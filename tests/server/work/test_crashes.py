"""Whenever the server ends, whoever starts next comes to the same end: nothing is lost, and nothing happens twice."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO

import pytest

from lookout_server.settings import Progress
from lookout_server.store.scratch import ScratchBlobs
from lookout_server.store.sqlite import MEMORY
from tests.server.services import scheduling
from tests.server.services.support import ROLE, Bucket, Cloud, csv_text, location, rows
from tests.server.work.crashing import Crash, Documents, Points

FIVE_MINUTES = 300


class Storage(Bucket):
    """S3 before and after whose writes the process may end; how often each key was written."""

    def __init__(self) -> None:
        super().__init__()
        self.points = Points()

    @contextmanager
    def writer(self, role_arn: str, bucket: str, key: str) -> Iterator[BinaryIO]:
        self.points()
        with super().writer(role_arn, bucket, key) as file:
            yield file
        self.points()


class Machine:
    """A server that is started again after each crash, and a client that tries again until it is answered."""

    def __init__(self, points: Points) -> None:
        self.documents, self.blobs, self.s3 = Documents(MEMORY), ScratchBlobs(), Storage()
        self.s3.put("out", "d/", b"")
        self.s3.put("data", "raw/pump1/a.csv", csv_text(rows()))
        self.cloud = self._started()
        self.documents.points = self.s3.points = points
        self.crashes = 0

    def _started(self) -> Cloud:
        cloud = Cloud(self.s3, documents=self.documents, blobs=self.blobs)
        cloud.settings.progress = Progress.by_seconds(0)
        cloud.backend.recover()
        return cloud

    def do(self, step: Callable[[Cloud], Any]) -> Any:
        """Let a step be done, again after a crash."""
        while True:
            try:
                return step(self.cloud)
            except Crash:
                self.crashes += 1
                clock = self.cloud.clock
                self.cloud = self._started()
                self.cloud.clock.advance((clock.now() - self.cloud.clock.now()).total_seconds())


def token(name: str) -> dict[str, str]:
    return {"ClientToken": name}


def ingest(cloud: Cloud) -> None:
    cloud.source.start_data_ingestion_job(
        DatasetName="pumps",
        IngestionInputConfiguration=location("data", "raw/", "{prefix}/{component_name}/*"),
        RoleArn=ROLE,
        **token("ingest"),
    )


def train(cloud: Cloud) -> None:
    cloud.source.create_model(
        ModelName="wear",
        DatasetName="pumps",
        RoleArn=ROLE,
        ModelDiagnosticsOutputConfiguration={"S3OutputConfiguration": {"Bucket": "out", "Prefix": "d/"}},
        **token("train"),
    )


DATASET: list[Callable[[Cloud], Any]] = [lambda cloud: cloud.dataset("pumps", **token("dataset")), ingest]
MODEL = [*DATASET, train]


def imported(cloud: Cloud) -> None:
    source = cloud.source.describe_dataset(DatasetName="pumps")["DatasetArn"]
    cloud.source.import_dataset(SourceDatasetArn=source, DatasetName="copy", **token("import"))


def imported_version(cloud: Cloud) -> None:
    source = cloud.source.describe_model(ModelName="wear")["ActiveModelVersionArn"]
    cloud.source.import_model_version(
        SourceModelVersionArn=source, ModelName="copy", DatasetName="pumps", **token("import-version")
    )


def watching(cloud: Cloud) -> None:
    scheduling.create(cloud, **token("watch"))
    scheduling.send(cloud, 1, scheduling.NORMAL)


def five_minutes_on(cloud: Cloud) -> None:
    cloud.clock.advance(FIVE_MINUTES)


def retraining(cloud: Cloud) -> None:
    cloud.source.create_retraining_scheduler(
        ModelName="wear", RetrainingFrequency="P30D", LookbackWindow="P720D", **token("retraining")
    )


def a_month_on(cloud: Cloud) -> None:
    cloud.clock.advance(31 * 86_400)


def tick(cloud: Cloud) -> None:
    cloud.backend.tick()


def deleted(cloud: Cloud) -> None:
    with suppress(cloud.source.exceptions.ResourceNotFoundException):
        cloud.source.delete_model(ModelName="wear")
    with suppress(cloud.source.exceptions.ResourceNotFoundException):
        cloud.source.delete_dataset(DatasetName="pumps")


STORIES: dict[str, list[Callable[[Cloud], Any]]] = {
    "ingestion": DATASET,
    "training": MODEL,
    "import of a dataset": [*DATASET, imported],
    "import of a version": [*MODEL, imported_version],
    "inference": [*MODEL, watching, five_minutes_on, tick, five_minutes_on, tick],
    "retraining": [*MODEL, retraining, a_month_on, tick],
    "deletion": [*MODEL, deleted],
}


def told(machine: Machine) -> dict[str, Any]:
    """What a story has led to: everything that callers see, less what is new each time."""

    def seen(cloud: Cloud) -> dict[str, Any]:
        source = cloud.source
        models = [one["ModelName"] for one in source.list_models()["ModelSummaries"]]
        schedulers = [
            one["InferenceSchedulerName"] for one in source.list_inference_schedulers()["InferenceSchedulerSummaries"]
        ]
        return {
            "datasets": [(d["DatasetName"], d["Status"]) for d in source.list_datasets()["DatasetSummaries"]],
            "jobs": [
                (job["DatasetName"], job["Status"])
                for job in source.list_data_ingestion_jobs()["DataIngestionJobSummaries"]
            ],
            "versions": [
                (name, one["ModelVersion"], one["Status"], one.get("ModelQuality"))
                for name in models
                for one in source.list_model_versions(ModelName=name)["ModelVersionSummaries"]
            ],
            "active": [source.describe_model(ModelName=name).get("ActiveModelVersion") for name in models],
            "executions": [
                (one["Status"], one["DataEndTime"].isoformat())
                for name in schedulers
                for one in source.list_inference_executions(InferenceSchedulerName=name)["InferenceExecutionSummaries"]
            ],
        }

    shown: dict[str, Any] = machine.do(seen)
    kinds = Counter(kind.split("/")[1] for kind in machine.documents.kinds() for _ in machine.documents.by_id(kind))
    tasks = [
        task.body["work"]
        for kind in machine.documents.kinds("lookoutequipment/task/")
        for task in machine.documents.by_id(kind)
    ]
    written = {key: body for key, body in machine.s3.objects.items() if key[0] != "data"}
    return {
        **shown,
        "documents": dict(kinds),
        "tasks": sorted(tasks),
        "written": sorted((bucket, key.rpartition("/")[2], len(body)) for (bucket, key), body in written.items()),
    }


def play(story: str, last: int | None) -> tuple[Machine, Points]:
    points = Points(last)
    machine = Machine(points)
    for step in STORIES[story]:
        machine.do(step)
    machine.do(tick)
    return machine, points


def cases() -> Iterator[Any]:
    for story in STORIES:
        _, points = play(story, None)
        for point in range(points.passed):
            yield pytest.param(story, point, id=f"{story}-{point}")


@pytest.fixture(scope="module")
def ends() -> dict[str, str]:
    """How each story ends when nothing happens to the server."""
    return {story: json.dumps(told(play(story, None)[0]), sort_keys=True) for story in STORIES}


@pytest.mark.parametrize(("story", "point"), list(cases()))
def test_a_server_that_ends_at_any_point_comes_to_the_same_end(story: str, point: int, ends: dict[str, str]) -> None:
    machine, _ = play(story, point)
    assert machine.crashes == 1
    assert json.dumps(told(machine), sort_keys=True) == ends[story]
    assert machine.cloud.backend.internal_failures == []
