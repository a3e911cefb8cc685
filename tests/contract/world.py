"""Two accounts with what the contract needs: a source account that trained, a target account that imports."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, BinaryIO
from weakref import WeakKeyDictionary

from lookout_server.backend import Backend
from lookout_server.clock import ManualClock
from lookout_server.files.storage import StoredObject
from lookout_server.protocol.errors import StorageError
from lookout_server.settings import Settings
from lookout_server.store.documents import Document, Put
from tests.contract.permissions import TARGET_KEY
from tests.contract.player import REGION, make_client

SOURCE, TARGET = "111111111111", "222222222222"
SOURCE_KEY = f"arn:aws:kms:us-east-1:{SOURCE}:key/11111111-2222-3333-4444-555555555555"
_ROLE = f"arn:aws:iam::{SOURCE}:role/data"
SCHEMA = {
    "Components": [
        {
            "ComponentName": "pump",
            "Columns": [{"Name": "Timestamp", "Type": "DATETIME"}, {"Name": "pressure", "Type": "DOUBLE"}],
        }
    ]
}


class MemoryStorage:
    """A bucket in memory."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}

    def list(self, role_arn: str, bucket: str, prefix: str) -> list[StoredObject]:
        return [
            StoredObject(key, len(body)) for (owner, key), body in self.objects.items()
            if owner == bucket and key.startswith(prefix)
        ]  # fmt: skip

    def read(self, role_arn: str, bucket: str, key: str, *, most: int = sys.maxsize) -> bytes:
        body = self.objects.get((bucket, key))
        if body is None:
            raise StorageError(f"no object {key} in {bucket}")
        if len(body) > most:
            raise StorageError(f"it has {len(body)} bytes, the quota is {most}")
        return body

    def open(self, role_arn: str, bucket: str, key: str) -> BinaryIO:
        return io.BytesIO(self.read(role_arn, bucket, key))

    @contextmanager
    def writer(self, role_arn: str, bucket: str, key: str) -> Iterator[BinaryIO]:
        file = io.BytesIO()
        yield file
        self.objects[bucket, key] = file.getvalue()

    def write(self, role_arn: str, bucket: str, key: str, body: bytes) -> None:
        self.objects[bucket, key] = body

    def of_account(self, account: str, region: str) -> Buckets:
        return Buckets(self)


class Buckets:
    """The same bucket without a role, as Lookout for Vision reads and writes it."""

    def __init__(self, storage: MemoryStorage) -> None:
        self._storage = storage

    def region(self, bucket: str) -> str:
        return REGION

    def read(self, bucket: str, key: str, version_id: str | None = None, *, most: int = sys.maxsize) -> bytes:
        return self._storage.read("", bucket, versioned(key, version_id), most=most)

    def write(self, bucket: str, key: str, body: bytes) -> None:
        self._storage.write("", bucket, key, body)


def pressure(day: int, hour: int) -> int:
    """A pump that is run in for five days, runs, and is not well for two days from the 25th of January on."""
    if day < 6:
        return (10, 200, 90, 15, 160, 60, 120, 30, 180, 70)[2 * day - 2 + hour // 12]
    return 60 + day % 3 if day in (25, 26) else 10 + hour // 4 + day % 3


def versioned(key: str, version_id: str | None) -> str:
    """Where a version of an object is: every one is an object of its own."""
    return f"{key}?versionId={version_id}" if version_id else key


#: What a world of each backend begins with.
_BEGINNINGS: WeakKeyDictionary[Backend, tuple[datetime, list[Document], dict[str, Any]]] = WeakKeyDictionary()


class World:
    """The service with a trained model of three versions in the source account, which the target may import."""

    def __init__(self, backend: Backend, clock: ManualClock, storage: MemoryStorage) -> None:
        self.backend = backend
        self.clock = clock
        self.storage = storage
        self.dataset = self.other_dataset = self.model = ""
        backend.reset()
        vars(backend.settings).update(vars(Settings()))
        rows = [f"2024-01-{day:02}T{hour:02}:00:00,{pressure(day, hour)}" for day in range(1, 29) for hour in (0, 12)]
        storage.write(_ROLE, "sensors", "data/pump/a.csv", "\n".join(["Timestamp,pressure", *rows]).encode())
        self.source = make_client(self.backend, SOURCE)
        self.target = make_client(self.backend, TARGET)
        self.vision = make_client(self.backend, TARGET, service="lookoutvision")
        if backend not in _BEGINNINGS:
            self._train()
            self.imported("plain-dataset", "plain-model")
            self.began = clock.now()
            _BEGINNINGS[backend] = self._beginning()
        else:
            self._begin(*_BEGINNINGS[backend])
        self.backend.calls.clear()

    def _beginning(self) -> tuple[datetime, list[Document], dict[str, Any]]:
        """What the services remember, and what was made: to train anew takes fifty times as long as to copy that."""
        documents = self.backend._documents
        found = [one for kind in documents.kinds() for one in documents.by_id(kind)]
        return self.clock.now(), found, {name: getattr(self, name) for name in ("dataset", "other_dataset", "model")}

    def _begin(self, now: datetime, documents: list[Document], made: dict[str, Any]) -> None:
        self.began = now
        puts = [Put(one.kind, one.id, one.body, None, one.number, one.due, one.blobs) for one in documents]
        self.backend._documents.commit(puts)
        vars(self).update(made)

    def _train(self) -> None:
        source = self.source
        self.dataset, self.other_dataset = (
            source.create_dataset(
                DatasetName=name,
                DatasetSchema={"InlineDataSchema": json.dumps(SCHEMA)},
                ServerSideKmsKeyId=SOURCE_KEY,
                ClientToken=name,
            )["DatasetArn"]
            for name in ("pumps", "pumps-2")
        )
        for name in ("pumps", "pumps-2"):
            source.start_data_ingestion_job(
                DatasetName=name,
                IngestionInputConfiguration={"S3InputConfiguration": {"Bucket": "sensors", "Prefix": "data/"}},
                RoleArn=_ROLE,
                ClientToken=f"ingestion-{name}",
            )
            until(lambda name=name: source.describe_dataset(DatasetName=name)["Status"] == "ACTIVE")
        self.model = source.create_model(
            ModelName="wear",
            DatasetName="pumps",
            TrainingDataStartTime="2024-01-01T00:00:00Z",
            TrainingDataEndTime="2024-01-20T00:00:00Z",
            EvaluationDataStartTime="2024-01-20T00:00:00Z",
            EvaluationDataEndTime="2024-01-28T00:00:00Z",
            ServerSideKmsKeyId=SOURCE_KEY,
            ClientToken="model",
        )["ModelArn"]
        until(lambda: source.describe_model(ModelName="wear")["Status"] == "SUCCESS")
        for version in (2, 3):
            source.import_model_version(
                SourceModelVersionArn=self.version(1),
                ModelName="wear",
                DatasetName="pumps",
                ServerSideKmsKeyId=SOURCE_KEY,
                ClientToken=f"v{version}",
            )
            until(lambda v=version: self.status(source, "wear", v) == "SUCCESS")
        for arn, action in (
            (self.dataset, "ImportDataset"),
            (self.other_dataset, "ImportDataset"),
            (self.model, "ImportModelVersion"),
        ):
            statement = {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{TARGET}:root"},
                "Action": f"lookoutequipment:{action}",
                "Resource": arn,
            }
            source.put_resource_policy(
                ResourceArn=arn,
                ResourcePolicy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
                ClientToken=arn[:256],
            )

    def imported(self, dataset: str, model: str) -> None:
        """Import a dataset and a model of that name into the target account, by hand."""
        self.target.import_dataset(SourceDatasetArn=self.dataset, DatasetName=dataset, ClientToken=dataset)
        until(lambda: self.target.describe_dataset(DatasetName=dataset)["Status"] == "ACTIVE")
        self.target.import_model_version(
            SourceModelVersionArn=self.version(1), ModelName=model, DatasetName=dataset, ClientToken=model
        )
        until(lambda: self.status(self.target, model, 1) == "SUCCESS")

    def add_version(self, model: str, number: int) -> None:
        """Import one more version into a model of the target account, by hand."""
        dataset = self.target.describe_model(ModelName=model)["DatasetName"]
        self.target.import_model_version(
            SourceModelVersionArn=self.version(number),
            ModelName=model,
            DatasetName=dataset,
            ClientToken=f"{model}-{number}",
        )
        until(lambda: self.status(self.target, model, number) == "SUCCESS")

    def judged_versions(self) -> None:
        """Add two versions to plain-model, whose own version 1 has no labels to be judged by.

        Of the one labeled event in the data, version 2 knows nothing: it takes the days of running in for normal.
        Version 3, which was trained without them, finds it.
        """
        self.storage.write("", "judged", "a.csv", b"2024-01-25T00:00:00,2024-01-27T00:00:00")
        for number, start in ((2, "2024-01-01"), (3, "2024-01-06")):
            model = self.target.create_model(
                ModelName=f"judged-{number}",
                DatasetName="plain-dataset",
                TrainingDataStartTime=f"{start}T00:00:00Z",
                TrainingDataEndTime="2024-01-19T00:00:00Z",
                EvaluationDataStartTime="2024-01-20T00:00:00Z",
                EvaluationDataEndTime="2024-01-28T00:00:00Z",
                LabelsInputConfiguration={"S3InputConfiguration": {"Bucket": "judged"}},
                RoleArn=f"arn:aws:iam::{TARGET}:role/data",
                ClientToken=f"judged-{number}",
            )["ModelArn"]
            until(lambda name=f"judged-{number}": self.status(self.target, name, 1) == "SUCCESS")
            self.target.import_model_version(
                SourceModelVersionArn=f"{model}/model-version/1",
                ModelName="plain-model",
                DatasetName="plain-dataset",
                ClientToken=f"judged-version-{number}",
            )
            until(lambda version=number: self.status(self.target, "plain-model", version) == "SUCCESS")

    def vision_project(self, name: str = "bottles") -> None:
        """A project of the target account, made by hand, unless it is there."""
        if name not in (project["ProjectName"] for project in self.vision.list_projects()["Projects"]):
            self.vision.create_project(ProjectName=name)
            self.backend.calls.clear()

    def remove_vision_project(self, name: str = "bottles") -> None:
        """Remove a project by hand, with its datasets."""
        for dataset in self.vision.describe_project(ProjectName=name)["ProjectDescription"]["Datasets"]:
            self.vision.delete_dataset(ProjectName=name, DatasetType=dataset["DatasetType"])
        datasets = "ProjectDescription"
        until(lambda: not self.vision.describe_project(ProjectName=name)[datasets]["Datasets"])
        self.vision.delete_project(ProjectName=name)

    def version(self, number: int) -> str:
        """The ARN of a version in the source account."""
        return f"{self.model}/model-version/{number}"

    @staticmethod
    def status(client: Any, model: str, version: int) -> str:
        return str(client.describe_model_version(ModelName=model, ModelVersion=version)["Status"])

    def calls(self, *operations: str) -> list[str]:
        """The operations that the target account called since the last look, of those asked for."""
        made = [call.operation for call in self.backend.calls.all() if call.account == TARGET]
        self.backend.calls.clear()
        return [operation for operation in made if not operations or operation in operations]

    def mutations(self) -> list[str]:
        """The operations by which the target account has changed something since the last look."""
        made = [call.operation for call in self.backend.calls.all() if call.account == TARGET and not call.error_code]
        self.backend.calls.clear()
        return [operation for operation in made if not operation.startswith(("Describe", "List"))]


def until(done: Any) -> None:
    """Look until *done*, as a caller of the service has to."""
    for _ in range(20):
        if done():
            return
    raise AssertionError("still not done")


__all__ = ["REGION", "SCHEMA", "SOURCE", "TARGET", "TARGET_KEY", "World", "until", "versioned"]
