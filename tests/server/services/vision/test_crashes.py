"""Whenever the server ends, whoever starts next comes to the same end."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lookout_server.settings import Progress
from lookout_server.store.scratch import ScratchBlobs
from lookout_server.store.sqlite import MEMORY
from tests.server.services.vision.material import DARK, line, manifest, picture
from tests.server.services.vision.support import OUTPUT, Studio, lenient
from tests.server.work.crashing import Crash, Documents, Points

Step = Callable[[Any], object]
NAMED, TRAIN, ONE = (
    {"ProjectName": "bottles"},
    {"ProjectName": "bottles", "DatasetType": "train"},
    {"ProjectName": "bottles", "ModelVersion": "1"},
)
SOURCE = {"GroundTruthManifest": {"S3Object": {"Bucket": "manifests", "Key": "m"}}}
IMAGES = [line(f"raw/{number:03}.png", "anomaly" if number > 2 else "normal") for number in range(6)]
CHANGES = manifest([line("raw/000.png", "anomaly"), line("raw/new.png", "unsure")]).encode()
TARGET = {"S3OutputLocation": {"Bucket": "results"}, "ComponentName": "c", "TargetDevice": "jetson_xavier"}


def step(operation: str, named: dict[str, Any], **more: Any) -> Step:
    """One call, under a client token."""
    return lambda vision: getattr(vision, operation)(**named, **more, ClientToken=operation.replace("_", "-"))


DATASET = [step("create_project", NAMED), step("create_dataset", TRAIN, DatasetSource=SOURCE)]
MODEL = [*DATASET, step("create_model", NAMED, OutputConfig=OUTPUT)]
STORIES: dict[str, list[Step]] = {
    "update": [*DATASET, step("update_dataset_entries", TRAIN, Changes=CHANGES)],
    "packaging": [
        *MODEL,
        step("start_model_packaging_job", ONE, JobName="job", Configuration={"Greengrass": TARGET}),
    ],
    "hosting": [*MODEL, step("start_model", ONE, MinInferenceUnits=1)],
    "deletion": [*MODEL, step("delete_model", ONE), step("delete_dataset", TRAIN), step("delete_project", NAMED)],
}


class Machine:
    """A server that is started again after each crash, and a client that tries again until it is answered."""

    def __init__(self, points: Points) -> None:
        self.documents, self.blobs, self.points = Documents(MEMORY), ScratchBlobs(), points
        self.studio = Studio(documents=self.documents, blobs=self.blobs)
        self.objects = self.studio.s3.objects
        for number in range(6):
            shown = picture(spot=DARK if number > 2 else None, shade=number % 3)
            self.studio.s3.put("images", f"raw/{number:03}.png", shown)
        self.studio.s3.put("manifests", "m", manifest(IMAGES))
        self._start()
        self.documents.points = points
        self.crashes = 0

    def _start(self) -> None:
        self.studio = Studio(documents=self.documents, blobs=self.blobs)
        self.studio.settings.progress = Progress.by_seconds(0)
        self.studio.settings.vision_quotas = lenient()
        self.studio.s3.objects = self.objects
        plain = self.studio.s3.write

        def write(bucket: str, key: str, body: bytes) -> None:
            self.points()
            plain(bucket, key, body)
            self.points()

        self.studio.s3.__dict__["write"] = write
        self.studio.backend.recover()

    def do(self, step: Step) -> None:
        """Let a step be done, again after a crash."""
        while True:
            try:
                step(self.studio.vision)
            except Crash:
                self.crashes += 1
                self._start()
            else:
                return

    def tick(self, _: Any = None) -> None:
        self.studio.backend.tick()


def play(story: str, last: int | None) -> Machine:
    machine = Machine(Points(last))
    for each in STORIES[story]:
        machine.do(each)
    machine.do(machine.tick)
    return machine


def told(machine: Machine) -> str:
    """What a story has led to: everything that callers see, less what is new each time; and what is kept of it."""
    vision: Any = machine.studio.vision
    machine.points.last = None
    seen: list[Any] = []
    for project in vision.list_projects()["Projects"]:
        named = {"ProjectName": project["ProjectName"]}
        datasets = vision.describe_project(**named)["ProjectDescription"]["Datasets"]
        seen += [vision.describe_dataset(**named, DatasetType=each["DatasetType"]) for each in datasets]
        seen += [vision.list_dataset_entries(**named, DatasetType=each["DatasetType"]) for each in datasets]
        models = vision.list_models(**named)["Models"]
        seen += [vision.describe_model(**named, ModelVersion=each["ModelVersion"]) for each in models]
        jobs = vision.list_model_packaging_jobs(**named)["ModelPackagingJobs"]
        seen += [vision.describe_model_packaging_job(**named, JobName=each["JobName"]) for each in jobs]
    for each in seen:
        del each["ResponseMetadata"]
    kinds = Counter(kind.split("/")[1] for kind in machine.documents.kinds() for _ in machine.documents.by_id(kind))
    written = {"/".join(place): len(body) for place, body in machine.objects.items() if place[0] == "results"}
    return json.dumps([seen, kinds, written], sort_keys=True, default=str)


def cases() -> Iterator[Any]:
    for story in STORIES:
        for point in range(play(story, None).points.passed):
            yield pytest.param(story, point, id=f"{story}-{point}")


@pytest.fixture(scope="module")
def ends() -> dict[str, str]:
    """How each story ends when nothing happens to the server."""
    return {story: told(play(story, None)) for story in STORIES}


@pytest.mark.parametrize(("story", "point"), list(cases()))
def test_a_server_that_ends_at_any_point_comes_to_the_same_end(story: str, point: int, ends: dict[str, str]) -> None:
    machine = play(story, point)
    assert machine.crashes == 1
    assert told(machine) == ends[story]
    assert machine.studio.backend.internal_failures == []
