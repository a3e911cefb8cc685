"""A Backend that has one of everything, for requests that refer to it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import botocore.session
from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel
from botocore.parsers import ResponseParser, create_parser

from lookout_server.api_models import MODELS
from lookout_server.clock import ManualClock
from lookout_server.protocol.errors import StorageError
from lookout_server.protocol.http import HttpRequest, HttpResponse
from lookout_server.settings import Progress
from tests.server.services import scheduling
from tests.server.services.support import REGION, ROLE, SOURCE, Bucket, Cloud, csv_text, policy, rows, schema
from tests.server.services.vision.material import line, manifest, picture
from tests.server.services.vision.support import OUTPUT, client_of, until

SERVICES = ("lookoutequipment", "lookoutvision")


class Buckets(Bucket):
    """The objects of a Bucket, for both services."""

    def of_account(self, account: str, region: str) -> _Account:
        return _Account(self)


class _Account:
    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def region(self, bucket: str) -> str:
        self._bucket.list("", bucket, "")
        return REGION

    def read(self, bucket: str, key: str, version_id: str | None = None, *, most: int) -> bytes:
        if (bucket, key) not in self._bucket.objects:
            raise StorageError("NoSuchKey: The specified key does not exist.")
        return self._bucket.read("", bucket, key, most=most)

    def write(self, bucket: str, key: str, body: bytes) -> None:
        self._bucket.write("", bucket, key, body)


class Plant(Cloud):
    """Both services, with something of each kind in the source account."""

    @classmethod
    def empty(cls) -> Plant:
        """A plant of which nothing is known, and that has nothing."""
        made = cls.__new__(cls)
        Cloud.__init__(made, Buckets())
        made.blobs, made._names = [b"a"], {}
        return made

    def __init__(self, start: datetime = scheduling.START) -> None:
        super().__init__(Buckets(), ManualClock(start))
        self.settings.progress = Progress.by_seconds(0)
        self.settings.scheduler_updates_need_stopped = self.settings.redundant_scheduler_changes_refused = False
        self.settings.put_policy_without_revision = "overwrite"
        self.settings.quotas.pending_data_ingestion_jobs = self.settings.quotas.models = 10**6
        self.vision: Any = client_of(self.backend, SOURCE)
        self.arns = [self._equipment(), *self._schedules()]
        self._bottles()
        self.name()

    def name(self) -> None:
        """Take the names of what there is into requests."""
        self.blobs = [picture(), manifest([line("9.png")]).encode(), b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"]
        self._names: dict[str, list[Any]] = {
            "DatasetName": ["pumps", "pumps", "fresh"],
            "ModelName": ["wear", "wear", "fresh"],
            "InferenceSchedulerName": ["watch", "watch", "fresh"],
            "LabelGroupName": ["log", "log", "fresh"],
            "LabelId": [self.label],
            "JobId": [self.job],
            "IngestionJobId": [self.job],
            "SourceDatasetArn": self.arns[:1],
            "SourceModelVersionArn": self.arns[2:3],
            "ResourceArn": self.arns,
            "lookoutvision ResourceArn": [f"arn:aws:lookoutvision:{REGION}:{SOURCE}:model/bottles/1"],
            "NextToken": ["none"],
            "AnomalyClass": ["normal", "anomaly"],
            "Name": ["a"],
            "Changes": self.blobs[1:2],
            "Body": self.blobs[:1],
            "RoleArn": [ROLE],
            "ServerSideKmsKeyId": ["alias/own"],
            "KmsKeyId": ["alias/own"],
            "InlineDataSchema": [schema(pump1=["flow", "heat"])["InlineDataSchema"]],
            "ResourcePolicy": [policy(self.arns[0], action="ImportDataset")],
            "ModelVersion": [1],
            "lookoutvision ModelVersion": ["1", "latest"],
            "Bucket": ["data", "images", "out"],
            "Prefix": ["raw/", "in/", ""],
            "Key": ["train.manifest"],
            "KeyPattern": ["{prefix}/{component_name}/*"],
            "OffCondition": ["pump1\\flow < 1.0"],
            "RetrainingFrequency": ["P30D", "P1M", "P1Y"],
            "LookbackWindow": ["P180D", "P720D"],
            "InputTimeZoneOffset": ["+00:00", "-12:00", "+05:30"],
            "ProjectName": ["bottles", "bottles", "fresh"],
            "DatasetType": ["train", "test"],
            "ContentType": ["image/png", "image/jpeg"],
            "JobName": ["pack"],
            "TimestampFormat": ["EPOCH", "yyyy-MM-dd-HH-mm-ss", "yyyyMMddHHmmss"],
            "ComponentTimestampDelimiter": ["-", "_", ""],
            "CompilerOptions": ["{'gpu-code': 'sm_75', 'trt-ver': '7.1.3', 'cuda-ver': '10.2'}"],
            "ComponentName": ["bottles"],
        }

    def known(self, service: str, name: str) -> list[Any]:
        """Values of a member that mean something to a service here."""
        return self._names.get(f"{service} {name}", self._names.get(name, []))

    def send(self, request: Any) -> HttpResponse:
        """The answer to a request."""
        return self.backend.handle(
            HttpRequest(
                request.service,
                SOURCE,
                REGION,
                "AKIA",
                request.method,
                request.path,
                request.headers,
                request.body,
            )
        )

    @property
    def failures(self) -> list[str]:
        """What went wrong inside."""
        return self.backend.internal_failures

    def _equipment(self) -> str:
        self.s3.put("data", "raw/pump1/a.csv", csv_text(rows()))
        dataset = self.active_dataset()
        self.job = self.source.list_data_ingestion_jobs()["DataIngestionJobSummaries"][0]["JobId"]
        self.source.create_label_group(LabelGroupName="log", FaultCodes=["a"])
        start = scheduling.START
        made = self.source.create_label(
            LabelGroupName="log", StartTime=start, EndTime=start + timedelta(days=1), Rating="ANOMALY"
        )
        self.label = made["LabelId"]
        return dataset

    def _schedules(self) -> list[str]:
        version = self.trained_model()
        self.source.create_retraining_scheduler(
            ModelName="wear", RetrainingFrequency="P30D", LookbackWindow="P180D", PromoteMode="MANUAL"
        )
        scheduler = scheduling.running(self)
        group = self.source.describe_label_group(LabelGroupName="log")["LabelGroupArn"]
        return [version.rsplit("/", 2)[0], version, scheduler, group]

    def _bottles(self) -> None:
        lines = []
        for number in range(30):
            self.s3.put("images", f"{number}.png", picture(spot=(40, 40, 40) if number >= 20 else None))
            lines.append(line(f"{number}.png", "anomaly" if number >= 20 else "normal"))
        self.s3.put("images", "train.manifest", manifest(lines))
        self.s3.put("results", "out/", b"")
        source = {"GroundTruthManifest": {"S3Object": {"Bucket": "images", "Key": "train.manifest"}}}
        self.vision.create_project(ProjectName="bottles")
        self.vision.create_dataset(ProjectName="bottles", DatasetType="train", DatasetSource=source)
        self.vision.create_model(ProjectName="bottles", OutputConfig=OUTPUT)
        self.vision.start_model(ProjectName="bottles", ModelVersion="1", MinInferenceUnits=1)
        until(lambda: self.vision.describe_model(ProjectName="bottles", ModelVersion="1")["ModelDescription"])


@cache
def operations() -> list[OperationModel]:
    """The operations of both services."""
    loader = Loader(extra_search_paths=[str(MODELS)], include_default_search_paths=False)
    models = [ServiceModel(loader.load_service_model(name, "service-2"), name) for name in SERVICES]
    return [model.operation_model(name) for model in models for name in sorted(model.operation_names)]


@cache
def _parser(protocol: str) -> ResponseParser:
    return create_parser(protocol)


def parsed(model: OperationModel, response: HttpResponse) -> dict[str, Any]:
    """An answer as a client reads it; raises what the client would raise."""
    headers = botocore.awsrequest.HeadersDict(response.headers)
    answer = {"status_code": response.status, "headers": headers, "body": response.body}
    protocol = str(model.service_model.metadata["protocol"])
    found: dict[str, Any] = _parser(protocol).parse(answer, model.output_shape)
    return found


def text_of(body: bytes) -> str:
    """The beginning of a body, for a message."""
    return json.dumps(body[:300].decode("utf-8", "replace"))
