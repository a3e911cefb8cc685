"""What the tests of the services have in common."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from typing import Any, BinaryIO

import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from lookout_server.backend import Backend
from lookout_server.clock import ManualClock
from lookout_server.files.storage import StoredObject
from lookout_server.inprocess import connect
from lookout_server.protocol.errors import AccessDenied, StorageError
from lookout_server.protocol.http import HttpRequest
from lookout_server.settings import Settings
from tests.server.services import restarting

SOURCE, TARGET = "111111111111", "222222222222"
REGION = "eu-west-1"
ROLE = f"arn:aws:iam::{SOURCE}:role/Data"
TARGET_ROLE = f"arn:aws:iam::{TARGET}:role/Data"


class Bucket:
    """S3 with buckets that exist once something was put into them."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}
        self.broken_keys: set[str] = set()

    def put(self, bucket: str, key: str, body: bytes | str) -> None:
        self.objects[(bucket, key)] = body.encode() if isinstance(body, str) else body

    def list(self, role_arn: str, bucket: str, prefix: str) -> list[StoredObject]:
        if not any(name == bucket for name, _ in self.objects):
            raise StorageError(f"the bucket {bucket} does not exist")
        return [
            StoredObject(key, len(body))
            for (name, key), body in self.objects.items()
            if name == bucket and key.startswith(prefix)
        ]

    def open(self, role_arn: str, bucket: str, key: str) -> BinaryIO:
        if key in self.broken_keys:
            raise StorageError("access denied")
        return io.BytesIO(self.objects[(bucket, key)])

    def read(self, role_arn: str, bucket: str, key: str, *, most: int) -> bytes:
        if key in self.broken_keys:
            raise StorageError("access denied")
        body = self.objects[(bucket, key)]
        if len(body) > most:
            raise StorageError(f"it has {len(body)} bytes, the quota is {most}")
        return body

    @contextmanager
    def writer(self, role_arn: str, bucket: str, key: str) -> Iterator[BinaryIO]:
        self.list(role_arn, bucket, "")
        file = io.BytesIO()
        yield file
        self.put(bucket, key, file.getvalue())

    def write(self, role_arn: str, bucket: str, key: str, body: bytes) -> None:
        with self.writer(role_arn, bucket, key) as file:
            file.write(body)


class Question:
    """One question to the authorizer."""

    def __init__(self, action: str, resource: str, context: Mapping[str, str | list[str]]) -> None:
        self.action = action
        self.resource = resource
        self.context = dict(context)

    def __repr__(self) -> str:
        return f"{self.action} on {self.resource} {self.context}"


class RecordingAuthorizer:
    """Allows what is not in `denied`, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Question] = []
        self.denied: set[str] = set()
        self.principals: dict[str, str] = {}

    def authorize(
        self,
        request: HttpRequest,
        action: str,
        resources: Sequence[str],
        context: Mapping[str, str | list[str]],
    ) -> None:
        self.asked += [Question(action, resource, context) for resource in resources]
        if action in self.denied:
            raise AccessDenied(f"not authorized to perform: {action}")

    def principal_arn(self, request: HttpRequest) -> str:
        return self.principals.get(request.account, f"arn:aws:iam::{request.account}:root")

    def actions(self) -> list[str]:
        return [question.action for question in self.asked]


@cache
def _session() -> Any:
    session = botocore.session.Session()
    session.set_credentials("AKIAEXAMPLE", "secret")
    return session


def client_of(backend: Backend, account: str, region: str = REGION) -> Any:
    """A client that does not retry."""
    client = _session().create_client(
        "lookoutequipment",
        region_name=region,
        config=Config(retries={"total_max_attempts": 1}, parameter_validation=False),
    )
    connect(client, backend, account=account)
    return client


class Cloud:
    """A Backend and what a test wants to do with it."""

    def __init__(self, s3: Bucket | None = None, clock: ManualClock | None = None, **more: Any) -> None:
        self.s3 = s3 or Bucket()
        self.clock = clock or ManualClock()
        self.authorizer = RecordingAuthorizer()
        self.settings = Settings()
        self.backend = restarting.backend(
            storage=self.s3, clock=self.clock, authorizer=self.authorizer, settings=self.settings, **more
        )
        self.expected_failures: list[str] = []
        self.source = client_of(self.backend, SOURCE)
        self.target = client_of(self.backend, TARGET)

    def dataset(self, name: str = "pumps", client: Any = None, **more: Any) -> str:
        """An empty dataset; its ARN."""
        return str((client or self.source).create_dataset(DatasetName=name, **more)["DatasetArn"])

    def ingest(self, name: str = "pumps", *, prefix: str = "raw/", client: Any = None) -> dict[str, Any]:
        """Ingest `data` below a prefix and wait; the description of the job."""
        client = client or self.source
        self.s3.objects.setdefault(("data", f"{prefix}pump1/a.csv"), csv_text(rows()).encode())
        job = client.start_data_ingestion_job(
            DatasetName=name,
            IngestionInputConfiguration=location("data", prefix, "{prefix}/{component_name}/*"),
            RoleArn=ROLE,
        )
        return until_over(lambda: client.describe_data_ingestion_job(JobId=job["JobId"]))

    def active_dataset(self, name: str = "pumps") -> str:
        """A dataset with data; its ARN."""
        arn = self.dataset(name)
        assert self.ingest(name)["Status"] == "SUCCESS"
        return arn

    def trained_model(self, name: str = "wear", dataset: str = "pumps") -> str:
        """A trained model on a dataset that is made when it does not exist; the ARN of its version 1."""
        if dataset not in [one["DatasetName"] for one in self.source.list_datasets()["DatasetSummaries"]]:
            self.active_dataset(dataset)
        self.source.create_model(ModelName=name, DatasetName=dataset)
        until_over(lambda: self.source.describe_model(ModelName=name))
        return str(self.source.describe_model(ModelName=name)["ActiveModelVersionArn"])

    def train(self, **more: Any) -> dict[str, Any]:
        """Train the model `wear` on the dataset `pumps`; the description of the model afterwards."""
        self.source.create_model(ModelName="wear", DatasetName="pumps", **more)
        return until_over(lambda: self.source.describe_model(ModelName="wear"))

    def add_version(self, source_arn: str, name: str = "wear", dataset: str = "pumps", **more: Any) -> str:
        """Import a version within the account and wait; its ARN."""
        made = self.source.import_model_version(
            SourceModelVersionArn=source_arn, ModelName=name, DatasetName=dataset, **more
        )
        number = made["ModelVersion"]
        until_over(lambda: self.source.describe_model_version(ModelName=name, ModelVersion=number))
        return str(made["ModelVersionArn"])

    def share(self, arn: str, *, action: str, principal: Any = TARGET, effect: str = "Allow", **more: Any) -> None:
        """Put a policy with one statement on a resource of the source account."""
        self.source.put_resource_policy(
            ResourceArn=arn, ResourcePolicy=policy(arn, action=action, principal=principal, effect=effect, **more)
        )


def model_of(version_arn: str) -> str:
    """The ARN of the model of a version."""
    return version_arn.rsplit("/", 2)[0]


def import_version(cloud: Cloud, source: str, **more: Any) -> dict[str, Any]:
    """Import a version into the target account and wait; the description of the new version."""
    made = cloud.target.import_model_version(SourceModelVersionArn=source, DatasetName="pumps", **more)
    name, number = made["ModelName"], made["ModelVersion"]
    return until_over(lambda: cloud.target.describe_model_version(ModelName=name, ModelVersion=number))


def policy(arn: str, *, action: str, principal: Any = TARGET, effect: str = "Allow", **more: Any) -> str:
    """A policy with one statement."""
    who = principal if principal == "*" else {"AWS": principal}
    statement = {
        "Effect": effect,
        "Principal": who,
        "Action": f"lookoutequipment:{action}",
        "Resource": arn,
        **more,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def location(bucket: str, prefix: str = "", pattern: str | None = None) -> dict[str, Any]:
    """An IngestionInputConfiguration."""
    s3 = {"Bucket": bucket, "Prefix": prefix, "KeyPattern": pattern}
    return {"S3InputConfiguration": {name: value for name, value in s3.items() if value is not None}}


def rows(
    count: int = 48, start: datetime = datetime(2023, 1, 1), step: timedelta = timedelta(hours=12)
) -> list[list[str]]:
    """Rows of two sensors that swing around 10 and 20, two a day from 2023-01-01."""
    return [
        [
            (datetime(2023, 1, 1) + timedelta(hours=12 * i)).strftime("%Y-%m-%d %H:%M:%S"),
            str(10 + i % 3),
            str(20 + i % 5),
        ]
        for i in range(count)
    ]


def csv_text(lines: Sequence[Sequence[str]], header: Sequence[str] = ("Timestamp", "flow", "heat")) -> str:
    """A CSV file."""
    out = io.StringIO()
    csv.writer(out).writerows([header, *lines])
    return out.getvalue()


def schema(**components: Sequence[str]) -> dict[str, str]:
    """A DatasetSchema of components with sensors, the timestamp being called Timestamp."""
    document = {
        "Components": [
            {
                "ComponentName": name,
                "Columns": [
                    {"Name": "Timestamp", "Type": "DATETIME"},
                    *({"Name": sensor, "Type": "DOUBLE"} for sensor in sensors),
                ],
            }
            for name, sensors in components.items()
        ]
    }
    return {"InlineDataSchema": json.dumps(document)}


def until_over(describe: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Describe until the state is not transient; the last answer."""
    for _ in range(20):
        answer = describe()
        if not answer["Status"].endswith("IN_PROGRESS"):
            return answer
    raise AssertionError("the state stayed transient")


def refused(code: str, call: Callable[..., Any], **parameters: Any) -> str:
    """The message of the error with which a call must be refused."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    assert caught.value.response["Error"]["Code"] == code
    return str(caught.value.response["Error"]["Message"])
