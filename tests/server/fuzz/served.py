"""The same plant at a server as its users start it, which every request reaches signed and by HTTP."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from lookout_server.protocol.http import HttpResponse
from tests.server.cli.process import client, key, serving
from tests.server.fuzz.plant import Plant
from tests.server.services import scheduling
from tests.server.services.support import REGION, ROLE, SOURCE, csv_text, location, rows
from tests.server.services.vision.material import line, manifest, picture
from tests.server.services.vision.support import OUTPUT

_PATIENCE = 120
_SETTINGS = {
    "region": REGION,
    "account": SOURCE,
    "roles": ROLE,
    "rates.per_second": 100_000,
    "rates.burst": 100_000,
    "log_level": "warning",
    "put_policy_without_revision": "overwrite",
    "quotas.models": 1_000_000,
}


class Unsendable(Exception):
    """No client of HTTP would send such a request."""


class Served(Plant):
    """What requests refer to is made again by `refill`, since some of them delete it."""

    def __init__(self, root: Path) -> None:
        self._buckets, self._stack = root / "buckets", ExitStack()
        made = key(root / "data", account=SOURCE)
        self._credentials = Credentials(made["access_key"], made["secret_access_key"])
        options = [option for name, value in _SETTINGS.items() for option in ("--set", f"{name}={value}")]
        self._put()
        self.server = self._stack.enter_context(serving(root / "data", "--buckets", self._buckets, *options))
        self._connection = self._connected()
        self.source, self.vision = (
            client(service, self.server.url, made, region=REGION) for service in ("lookoutequipment", "lookoutvision")
        )
        self.label = self.job = "none"
        self.refill()

    def __enter__(self) -> Served:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()
        self._stack.close()

    @property
    def failures(self) -> list[str]:
        """What the server has written down as its own failures: no other line has this level."""
        return [text for text in self.server.log.read_text(encoding="utf-8").splitlines() if '"level": "error"' in text]

    def send(self, request: Any) -> HttpResponse:
        """The answer to a request; raises Unsendable."""
        sent = AWSRequest(request.method, f"{self.server.url}{request.path}", request.headers, request.body)
        try:
            SigV4Auth(self._credentials, request.service, REGION).add_auth(sent)
            headers = {name: str(value) for name, value in sent.headers.items()}
            self._connection.request(request.method, request.path, request.body, headers)
        except (ValueError, http.client.HTTPException) as error:
            self._connection.close()
            self._connection = self._connected()  # the first half of the request is in the other one
            raise Unsendable(str(error)) from error
        answer = self._connection.getresponse()
        return HttpResponse(answer.status, dict(answer.getheaders()), answer.read())

    def refill(self) -> None:
        """Make whatever is missing."""
        source, vision = self.source, self.vision
        models: dict[str, str] = {"ProjectName": "bottles", "ModelVersion": "1"}
        manifests = {"GroundTruthManifest": {"S3Object": {"Bucket": "images", "Key": "train.manifest"}}}
        for make in (
            lambda: source.create_dataset(DatasetName="pumps"),
            lambda: source.start_data_ingestion_job(
                DatasetName="pumps",
                RoleArn=ROLE,
                IngestionInputConfiguration=location("data", "raw/", "{prefix}/{component_name}/*"),
            ),
            lambda: _until(lambda: source.describe_dataset(DatasetName="pumps")["Status"]),
            lambda: source.create_model(ModelName="wear", DatasetName="pumps"),
            lambda: _until(lambda: source.describe_model(ModelName="wear")["Status"]),
            lambda: source.create_retraining_scheduler(
                ModelName="wear", RetrainingFrequency="P30D", LookbackWindow="P180D", PromoteMode="MANUAL"
            ),
            lambda: source.create_inference_scheduler(**scheduling.parameters()),
            lambda: source.create_label_group(LabelGroupName="log", FaultCodes=["a"]),
            lambda: vision.create_project(ProjectName="bottles"),
            lambda: vision.create_dataset(ProjectName="bottles", DatasetType="train", DatasetSource=manifests),
            lambda: _until(
                lambda: vision.describe_dataset(ProjectName="bottles", DatasetType="train")["DatasetDescription"][
                    "Status"
                ]
            ),
            lambda: vision.create_model(ProjectName="bottles", OutputConfig=OUTPUT),
            lambda: _until(lambda: vision.describe_model(**models)["ModelDescription"]["Status"]),
            lambda: vision.start_model(**models, MinInferenceUnits=1),
        ):
            with suppress(ClientError):
                make()
        self.arns = [found for found in self._arns() if found] or ["none"] * 3
        with suppress(ClientError, IndexError):
            self.job = source.list_data_ingestion_jobs()["DataIngestionJobSummaries"][0]["JobId"]
        with suppress(ClientError):
            self.label = source.create_label(
                LabelGroupName="log",
                StartTime="2024-01-01T00:00:00Z",
                EndTime="2024-01-02T00:00:00Z",
                Rating="ANOMALY",
            )["LabelId"]
        self.name()

    def _connected(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(urlsplit(self.server.url).netloc, timeout=_PATIENCE)

    def _arns(self) -> list[str]:
        source = self.source
        asked: list[Callable[[], str]] = [
            lambda: source.describe_dataset(DatasetName="pumps")["DatasetArn"],
            lambda: source.describe_model(ModelName="wear")["ModelArn"],
            lambda: source.describe_model(ModelName="wear")["ActiveModelVersionArn"],
            lambda: source.describe_inference_scheduler(InferenceSchedulerName="watch")["InferenceSchedulerArn"],
            lambda: source.describe_label_group(LabelGroupName="log")["LabelGroupArn"],
        ]
        found = []
        for ask in asked:
            with suppress(ClientError, KeyError):
                found.append(ask())
        return found

    def _put(self) -> None:
        lines = []
        for number in range(30):
            self._write(f"images/{number}.png", picture(spot=(40, 40, 40) if number >= 20 else None))
            lines.append(line(f"{number}.png", "anomaly" if number >= 20 else "normal"))
        self._write("images/train.manifest", manifest(lines).encode())
        self._write("data/raw/pump1/a.csv", csv_text(rows()).encode())
        for bucket in ("out", "results"):
            (self._buckets / bucket).mkdir(parents=True)

    def _write(self, path: str, content: bytes) -> None:
        file = self._buckets / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)

    def megabytes(self) -> float:
        """Of the server that are in memory (Linux)."""
        fields = Path(f"/proc/{self.server.process.pid}/status").read_text(encoding="utf-8")
        return int(fields.partition("VmRSS:")[2].split()[0]) / 1024


def _until(status: Callable[[], str]) -> None:
    end = time.monotonic() + _PATIENCE
    while json.dumps(status()).endswith(('PROGRESS"', 'TRAINING"')):
        assert time.monotonic() < end, "it stays in progress"
        time.sleep(0.2)
