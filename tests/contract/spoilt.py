"""Deployments that fail because of something outside of their template, which changes while the template does not."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cdk_lookout.equipment import DataGate
from lookout_server.faults import Fault
from tests.contract.cases import (
    ACTIVE_MODEL_VERSION,
    DATA_INGESTION,
    DATASET,
    INFERENCE_SCHEDULER,
    LABEL_SET,
    LATEST_MODEL_VERSION,
    MODEL_VERSION,
    TRAINED_MODEL,
    VISION_DATASET,
    VISION_DATASET_OF_IMAGES,
    VISION_MODEL,
    Case,
)
from tests.contract.cases.case import options
from tests.contract.cases.inference_scheduler import inference
from tests.contract.cases.label import group
from tests.contract.cases.label_set import BUCKET as LABELS
from tests.contract.cases.vision_dataset import BUCKET as IMAGES
from tests.contract.cases.vision_dataset import of_images, of_manifest
from tests.contract.world import SCHEMA, World
from tests.server.services.vision.material import line, manifest

Properties = Mapping[str, Any]
_MANIFEST, _CSV, _SENSORS, _SCHEMA = "a-b.manifest", "labels.csv", "data/pump/a.csv", "schema.json"
_ROWS = "start,end,rating,fault_code\n2024-01-01T00:00:00Z,2024-01-01T06:00:00Z,ANOMALY,leak\n"


def with_options(properties: Properties, **more: Any) -> dict[str, Any]:
    return {**properties, "Options": {**properties["Options"], **more}}


def _again(world: World, properties: Properties) -> dict[str, Any]:
    """The same with another trigger."""
    return with_options(properties, Trigger="another")


@dataclass(frozen=True)
class Spoilt:
    """What was deployed, what became of its file, and what the next deployment says of it."""

    name: str
    case: Case
    good: Callable[[World], dict[str, Any]]
    spoil: Callable[[World], None]
    says: str
    #: The next deployment's properties, out of those of the good one.
    then: Callable[[World, Properties], dict[str, Any]] = _again
    #: What a rollback must not call, beside all that changes something.
    starts: tuple[str, ...] = field(default=("StartDataIngestionJob", "CreateModel", "ImportModelVersion"))
    #: Whether going back on purpose can be told from a rollback by the file that it reads.
    reads: bool = True
    #: Whether the failed deployment has changed the thing, so that its rollback changes it back.
    changed: bool = False

    def __str__(self) -> str:
        return self.name


def _put(bucket: str, key: str, content: bytes | str) -> Callable[[World], None]:
    def put(world: World) -> None:
        world.storage.write("", bucket, key, content.encode() if isinstance(content, str) else content)

    return put


def _remove(bucket: str, prefix: str) -> Callable[[World], None]:
    def remove(world: World) -> None:
        for known in [known for known in world.storage.objects if known[0] == bucket and known[1].startswith(prefix)]:
            del world.storage.objects[known]

    return remove


def _of_manifest(world: World) -> dict[str, Any]:
    return of_manifest(world)


def _gated_manifest(world: World) -> dict[str, Any]:
    return with_options(of_manifest(world), Gate=[{"Member": "ImageStats.Normal", "AtLeast": "1"}])


def _of_images(world: World) -> dict[str, Any]:
    return of_images(world)


def _empty_folders(world: World) -> None:
    _remove(IMAGES, "good/")(world)
    _remove(IMAGES, "bad/")(world)


def _labels(world: World) -> dict[str, Any]:
    _put(LABELS, _CSV, _ROWS)(world)
    source = {"Source": {"Bucket": LABELS, "Key": _CSV}}
    return {"LabelGroupName": group(world, "plain-group"), "Options": {**options(), **source}}


def _ingestion(world: World) -> dict[str, Any]:
    desired = copy.deepcopy(DATA_INGESTION.desired(world))
    return with_options(desired, Gate=DataGate(max_duplicate_timestamps=0).limits)


def _dataset(world: World) -> dict[str, Any]:
    _put("assets", _SCHEMA, json.dumps(SCHEMA))(world)
    return {"Tags": [], "Options": {**options(), "DatasetSchemaObject": {"Bucket": "assets", "Key": _SCHEMA}}}


def _activation(world: World) -> dict[str, Any]:
    world.judged_versions()
    gate = [{"Member": "Recall", "AtLeast": "1"}]
    return {"ModelName": "plain-model", "ModelVersion": 3, "Options": {**options(), "Gate": gate}}


def _look(world: World) -> dict[str, Any]:
    return {**LATEST_MODEL_VERSION.desired(world)}


def _asking_too_much(world: World, properties: Properties) -> dict[str, Any]:
    return with_options(properties, Gate=[{"Member": "ModelQuality", "OneOf": ["QUALITY_THRESHOLD_MET"]}])


def _scheduler(world: World) -> dict[str, Any]:
    return inference(Options={**options(), "RequireQuality": ["CANNOT_DETERMINE_QUALITY"]})


def _worse(world: World) -> None:
    """Another version is active from now on, of which the service says that it is poor."""
    world.judged_versions()
    world.target.update_active_model_version(ModelName="plain-model", ModelVersion=2)


def _fails(operation: str) -> Callable[[World], None]:
    return lambda world: world.backend.faults.add(operation, Fault.fail("the files are on fire"))


DUPLICATE = "Timestamp,pressure\n2024-01-02T00:00:00,1\n2024-01-02T12:00:00,1\n"

SPOILT = [
    Spoilt(
        "manifest that is no JSON",
        VISION_DATASET,
        _of_manifest,
        _put(IMAGES, _MANIFEST, "source-ref\n"),
        "line 1: got 'source-ref', expected a JSON object",
    ),
    Spoilt(
        "manifest that is refused",
        VISION_DATASET,
        _of_manifest,
        _put(IMAGES, _MANIFEST, manifest([line("a.png", bucket="one-bucket"), line("b.png", bucket="two-bucket")])),
        "got images in one-bucket, two-bucket",
    ),
    Spoilt("manifest that is gone", VISION_DATASET, _of_manifest, _remove(IMAGES, _MANIFEST), "cannot read s3://"),
    Spoilt(
        "manifest of less than its gate",
        VISION_DATASET,
        _gated_manifest,
        _put(IMAGES, _MANIFEST, manifest([line("b.png", "anomaly", bucket=IMAGES)])),
        "does not pass its gate: ImageStats.Normal is 0",
        changed=True,
    ),
    Spoilt(
        "manifest of other labels than its gate",
        VISION_DATASET,
        _gated_manifest,
        _put(IMAGES, _MANIFEST, manifest([line(f"{name}.png", "anomaly", bucket=IMAGES) for name in "abc"])),
        "does not pass its gate: ImageStats.Normal is 0",
        changed=True,
    ),
    Spoilt("folders that are empty", VISION_DATASET_OF_IMAGES, _of_images, _empty_folders, "got no image"),
    Spoilt("labels that are no CSV", LABEL_SET, _labels, _put(LABELS, _CSV, b"\xff\xfe"), "expected UTF-8"),
    Spoilt(
        "labels of an unknown fault",
        LABEL_SET,
        _labels,
        _put(LABELS, _CSV, _ROWS.replace("leak", "fire")),
        "fault_code: got 'fire'",
    ),
    Spoilt("labels that are gone", LABEL_SET, _labels, _remove(LABELS, _CSV), "cannot read s3://"),
    Spoilt(
        "sensor data that are no data",
        DATA_INGESTION,
        _ingestion,
        _put("sensors", _SENSORS, "nothing\n"),
        "data ingestion",
    ),
    Spoilt("sensor data that are gone", DATA_INGESTION, _ingestion, _remove("sensors", "data/"), "No usable file"),
    Spoilt(
        "sensor data that do not pass their gate",
        DATA_INGESTION,
        _ingestion,
        _put("sensors", "data/pump/b.csv", DUPLICATE),
        "keeps them when this is rolled back: another trigger ingests again",
    ),
    Spoilt("schema that is gone", DATASET, _dataset, _remove("assets", _SCHEMA), "cannot read the schema"),
    Spoilt(
        "version that does not pass its gate",
        ACTIVE_MODEL_VERSION,
        _activation,
        lambda w: None,
        "does not pass its gate",
        then=lambda w, properties: {**properties, "ModelVersion": 2},
        reads=False,
    ),
    Spoilt(
        "no version that passes its gate",
        LATEST_MODEL_VERSION,
        _look,
        lambda w: None,
        "has no version",
        then=_asking_too_much,
        reads=False,
    ),
    Spoilt(
        "model that became worse",
        INFERENCE_SCHEDULER,
        _scheduler,
        _worse,
        "is not good enough to run",
        then=lambda w, properties: {**properties, "DataUploadFrequency": "PT30M"},
        reads=False,
    ),
    Spoilt(
        "training with images that fails",
        VISION_MODEL,
        VISION_MODEL.desired,
        _fails("CreateModel"),
        "on fire",
        reads=False,
    ),
    Spoilt(
        "training that fails",
        TRAINED_MODEL,
        TRAINED_MODEL.desired,
        _fails("CreateModel"),
        "on fire",
        then=lambda w, properties: {**properties, "TrainingDataStartTime": "2024-01-02T00:00:00Z"},
        reads=False,
    ),
    Spoilt(
        "import of a version that fails",
        MODEL_VERSION,
        MODEL_VERSION.desired,
        _fails("ImportModelVersion"),
        "on fire",
        then=lambda w, properties: {**properties, "SourceModelVersionArn": w.version(3)},
        reads=False,
    ),
]
