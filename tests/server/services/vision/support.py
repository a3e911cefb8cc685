"""What the tests of Lookout for Vision have in common: a Backend with a client, and S3 in a dictionary."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from botocore.client import BaseClient
from botocore.config import Config

from lookout_local.clients import client
from lookout_server.backend import Backend
from lookout_server.clock import ManualClock
from lookout_server.inprocess import connect
from lookout_server.protocol.errors import StorageError
from lookout_server.settings import Progress, Settings, VisionQuotas
from tests.server.services import restarting
from tests.server.services.support import REGION, SOURCE, RecordingAuthorizer
from tests.server.services.vision.material import (
    COLORS,
    DAMAGE,
    DARK,
    Lines,
    line,
    manifest,
    mask_of,
    mask_picture,
    picture,
)

OUTPUT = {"S3Location": {"Bucket": "results", "Prefix": "out"}}
TRANSIENT = ("TRAINING", "STARTING_HOSTING", "STOPPING_HOSTING", "DELETING", "CREATED", "RUNNING")


class MemoryBuckets:
    """The buckets of one account: objects and their versions in a dictionary, everything in one Region."""

    def __init__(self, region: str = REGION) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}
        self.versions: dict[tuple[str, str, str], bytes] = {}
        self.regions = {"images": region, "manifests": region, "results": region}
        #: Why nothing can be written, when nothing can.
        self.read_only = ""

    def put(self, bucket: str, key: str, body: bytes | str) -> None:
        self.objects[(bucket, key)] = body.encode() if isinstance(body, str) else body

    def of_account(self, account: str, region: str) -> MemoryBuckets:
        return self

    def region(self, bucket: str) -> str:
        if bucket not in self.regions:
            raise StorageError("NoSuchBucket: The specified bucket does not exist")
        return self.regions[bucket]

    def read(self, bucket: str, key: str, version_id: str | None = None, *, most: int) -> bytes:
        found = self.versions.get((bucket, key, version_id)) if version_id else self.objects.get((bucket, key))
        if found is None:
            raise StorageError("NoSuchKey: The specified key does not exist.")
        if len(found) > most:
            raise StorageError(f"it has {len(found)} bytes, the quota is {most}")
        return found

    def write(self, bucket: str, key: str, body: bytes) -> None:
        self.region(bucket)
        if self.read_only:
            raise StorageError(self.read_only)
        self.put(bucket, key, body)


def client_of(backend: Backend, account: str, region: str = REGION) -> BaseClient:
    """A client that neither retries nor checks its parameters."""
    config = Config(retries={"total_max_attempts": 1}, parameter_validation=False)
    made = client(
        "lookoutvision",
        endpoint_url="http://127.0.0.1:9",
        account=account,
        region=region,
        aws_secret_access_key="never checked",
        config=config,
    )
    connect(made, backend, account=account)
    return made


class Studio:
    """A Backend and what a test of Vision wants to do with it."""

    def __init__(self, **more: Any) -> None:
        self.s3 = MemoryBuckets()
        self.clock = ManualClock()
        self.authorizer = RecordingAuthorizer()
        self.settings = Settings(progress=Progress.by_describes(1))
        self.backend = restarting.backend(
            storage=self.s3, clock=self.clock, authorizer=self.authorizer, settings=self.settings, **more
        )
        self.expected_failures: list[str] = []
        self.vision: Any = client_of(self.backend, SOURCE)

    @property
    def quotas(self) -> VisionQuotas:
        return self.settings.vision_quotas

    def project(self, name: str = "bottles") -> str:
        """A project; its name."""
        self.vision.create_project(ProjectName=name)
        return name

    def images(
        self, normal: int = 20, anomalous: int = 10, *, folder: str = "raw", **more: Any
    ) -> list[dict[str, Any]]:
        """Pictures in S3, and their lines; those with an anomaly have a dark spot."""
        lines = []
        for number in range(normal + anomalous):
            spot = DARK if number >= normal else None
            key = f"{folder}/{number:03}.png"
            self.s3.put("images", key, picture(spot=spot, shade=number % 3, **more))
            lines.append(line(key, "anomaly" if spot else "normal"))
        return lines

    def segmented(self, labels: Mapping[str, int], normal: int = 20, folder: str = "raw", **more: Any) -> Lines:
        """Pictures with damages and their masks, as many as are named of each; and their lines."""
        lines = self.images(normal, 0, folder=folder, **more)
        for label, count in labels.items():
            for number in range(count):
                key, mask = f"{folder}/{label}{number:03}.png", f"{folder}/{label}{number:03}-mask.png"
                self.s3.put("images", key, picture(spot=DAMAGE[label], shade=number % 3, **more))
                self.s3.put("images", mask, mask_picture(COLORS[label], **more))
                lines.append(line(key, "anomaly", mask=mask_of(mask)))
        return lines

    def start_dataset(self, lines: Sequence[Any], kind: str = "train", project: str = "bottles") -> dict[str, Any]:
        """Begin to make a dataset of lines; its metadata."""
        self.s3.put("manifests", f"{kind}.manifest", manifest(lines))
        source = {"GroundTruthManifest": {"S3Object": {"Bucket": "manifests", "Key": f"{kind}.manifest"}}}
        made = self.vision.create_dataset(ProjectName=project, DatasetType=kind, DatasetSource=source)
        metadata: dict[str, Any] = made["DatasetMetadata"]
        return metadata

    def dataset(self, lines: Sequence[Any], kind: str = "train", project: str = "bottles") -> dict[str, Any]:
        """A dataset made of lines; its description at the end."""
        self.start_dataset(lines, kind, project)
        return self.settled_dataset(kind, project)

    def settled_dataset(self, kind: str = "train", project: str = "bottles") -> dict[str, Any]:
        """The description of a dataset once nothing goes on with it."""
        named = {"ProjectName": project, "DatasetType": kind}
        return until(lambda: self.vision.describe_dataset(**named)["DatasetDescription"])

    def update(self, lines: Sequence[Any], kind: str = "train") -> dict[str, Any]:
        """Change the entries of a dataset; its description at the end."""
        self.vision.update_dataset_entries(ProjectName="bottles", DatasetType=kind, Changes=manifest(lines).encode())
        return self.settled_dataset(kind)

    def start_training(self, project: str = "bottles", **more: Any) -> str:
        """Begin to train; the version."""
        made = self.vision.create_model(ProjectName=project, **{"OutputConfig": OUTPUT, **more})
        return str(made["ModelMetadata"]["ModelVersion"])

    def describe(self, version: str = "1", project: str = "bottles") -> dict[str, Any]:
        """The description of a model."""
        answer = self.vision.describe_model(ProjectName=project, ModelVersion=version)
        description: dict[str, Any] = answer["ModelDescription"]
        return description

    def settled_model(self, version: str = "1", project: str = "bottles") -> dict[str, Any]:
        """The description of a model once nothing goes on with it."""
        return until(lambda: self.describe(version, project))

    def train(self, **more: Any) -> dict[str, Any]:
        """Train; the description of the model at the end."""
        return self.settled_model(self.start_training(**more))

    def trained(self, project: str = "bottles", lines: Sequence[Any] | None = None) -> str:
        """A project with a trained model; the version."""
        if project not in [each["ProjectName"] for each in self.vision.list_projects()["Projects"]]:
            self.project(project)
        if not self.vision.describe_project(ProjectName=project)["ProjectDescription"]["Datasets"]:
            self.dataset(self.images() if lines is None else lines, project=project)
        version = self.start_training(project)
        assert self.settled_model(version, project)["Status"] == "TRAINED"
        return version

    def hosted(self, lines: Sequence[Any] | None = None) -> str:
        """A project with a hosted model; the version."""
        version = self.trained(lines=lines)
        self.vision.start_model(ProjectName="bottles", ModelVersion=version, MinInferenceUnits=1)
        assert self.settled_model(version)["Status"] == "HOSTED"
        return version

    def detect(self, body: bytes, kind: str = "image/png", version: str = "1") -> dict[str, Any]:
        """What the model says of an image."""
        answer = self.vision.detect_anomalies(ProjectName="bottles", ModelVersion=version, ContentType=kind, Body=body)
        result: dict[str, Any] = answer["DetectAnomalyResult"]
        return result

    def entries(self, **filters: Any) -> list[str]:
        """The keys of the images in the training dataset that pass filters."""
        listed = self.vision.list_dataset_entries(ProjectName="bottles", DatasetType="train", **filters)
        return [json.loads(entry)["source-ref"].removeprefix("s3://images/") for entry in listed["DatasetEntries"]]


def lenient() -> VisionQuotas:
    """Quotas with which three images are enough."""
    return VisionQuotas(
        normal_images_in_single_dataset=2,
        anomalous_images_in_single_dataset=2,
        normal_training_images=1,
        normal_test_images=1,
        anomalous_test_images=1,
    )


def until(describe: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Describe until the status is not a transient one; the last description."""
    for _ in range(20):
        found = describe()
        status = found["Status"]
        if not status.endswith("_IN_PROGRESS") and status not in TRANSIENT:
            return found
    raise AssertionError("the status stayed transient")


def failed(studio: Studio) -> str:
    """The reason why a training fails."""
    described = studio.train()
    assert described["Status"] == "TRAINING_FAILED"
    return str(described["StatusMessage"])


def result(studio: Studio, version: str = "1") -> dict[str, Any]:
    """The EvaluationResult of a version."""
    content = studio.s3.objects[("results", f"out/EvaluationResult-bottles-{version}.json")]
    document: dict[str, Any] = json.loads(content)
    return document
