"""Inference schedulers of a local cloud run on their own, on behalf of the accounts that have them."""

from __future__ import annotations

import csv
import io
import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest

from lookout_local import LocalCloud
from lookout_local.remote import request
from lookout_local.ticker import Ticker
from lookout_server.settings import Progress

T = TypeVar("T")

# Neither is what MiniStack takes for a caller that it does not know.
ACCOUNT, REGION = "444444444444", "eu-west-1"
PATIENCE = 60


def until(look: Callable[[], T]) -> T:
    """What a look finds, once that is something."""
    deadline = time.monotonic() + PATIENCE
    while not (found := look()):
        assert time.monotonic() < deadline, "it did not come about in a minute"
        time.sleep(0.05)
    return found


def readings(start: datetime, count: int, step: timedelta) -> str:
    """A CSV file of one sensor that swings around 11."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["Timestamp", "flow"])
    writer.writerows([f"{start + i * step:%Y-%m-%d %H:%M:%S}", 10 + i % 3] for i in range(count))
    return text.getvalue()


def statement(actions: Sequence[str], **more: Any) -> str:
    """A policy with one statement that allows."""
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, **more}]})


@dataclass
class Plant:
    """An account with a bucket and a model of a pump."""

    cloud: LocalCloud

    def client(self, service: str) -> Any:
        return self.cloud.client(service, ACCOUNT, REGION)

    def role(self, name: str, actions: Sequence[str], *, trusted: str = "lookoutequipment") -> str:
        trust = statement(["sts:AssumeRole"], Principal={"Service": f"{trusted}.amazonaws.com"})
        made = self.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)
        policy = statement(actions, Resource="*")
        self.client("iam").put_role_policy(RoleName=name, PolicyName="data", PolicyDocument=policy)
        return str(made["Role"]["Arn"])

    def model(self, name: str) -> None:
        """One more model, as each has one scheduler."""
        equipment = self.client("lookoutequipment")
        equipment.create_model(ModelName=name, DatasetName="pumps")
        until(lambda: equipment.describe_model(ModelName=name)["Status"] == "SUCCESS")

    def schedule(self, name: str, role: str) -> None:
        """A scheduler that runs."""
        self.model(name)
        equipment = self.client("lookoutequipment")
        equipment.create_inference_scheduler(
            ModelName=name,
            InferenceSchedulerName=name,
            DataUploadFrequency="PT5M",
            DataInputConfiguration={"S3InputConfiguration": {"Bucket": "plant", "Prefix": f"in/{name}/"}},
            DataOutputConfiguration={"S3OutputConfiguration": {"Bucket": "plant", "Prefix": f"out/{name}/"}},
            RoleArn=role,
        )
        until(lambda: equipment.describe_inference_scheduler(InferenceSchedulerName=name)["Status"] == "RUNNING")

    def send(self, name: str) -> None:
        """Data for ten hours from now on, one file for each window.

        The time at the service runs ahead of everybody's: it is that of the dataset, which was made just before.
        """
        made: datetime = self.client("lookoutequipment").describe_dataset(DatasetName="pumps")["CreatedAt"]
        first, step = made.replace(minute=0, second=0, microsecond=0), timedelta(minutes=5)
        for i in range(120):
            self.client("s3").put_object(
                Bucket="plant",
                Key=f"in/{name}/pump-{first + i * step:%Y%m%d%H%M%S}.csv",
                Body=readings(first + i * step, 5, timedelta(minutes=1)).encode(),
            )

    def results(self, name: str) -> list[str]:
        """The keys of the results, found without a call to the service."""
        listed = self.client("s3").list_objects_v2(Bucket="plant", Prefix=f"out/{name}/")
        return [one["Key"] for one in listed.get("Contents", [])]

    def reason(self, name: str) -> str:
        """Why the first run failed."""
        equipment = self.client("lookoutequipment")
        asked = {"InferenceSchedulerName": name, "Status": "FAILED"}
        found = until(lambda: equipment.list_inference_executions(**asked)["InferenceExecutionSummaries"])
        return str(found[0]["FailedReason"])


@contextmanager
def plant_in(state_dir: Path) -> Iterator[Plant]:
    """A plant in a cloud of its own, in which five minutes take a third of a second."""
    with LocalCloud(state_dir=state_dir, time_scale=0.001) as cloud:
        cloud.settings.progress = Progress.by_seconds(0)
        plant = Plant(cloud)
        where = {"LocationConstraint": REGION}
        plant.client("s3").create_bucket(Bucket="plant", CreateBucketConfiguration=where)
        body = readings(datetime(2023, 1, 1), 60, timedelta(hours=12)).encode()
        plant.client("s3").put_object(Bucket="plant", Key="raw/pump/a.csv", Body=body)
        equipment = plant.client("lookoutequipment")
        equipment.create_dataset(DatasetName="pumps")
        location = {"Bucket": "plant", "Prefix": "raw/", "KeyPattern": "{prefix}/{component_name}/*"}
        equipment.start_data_ingestion_job(
            DatasetName="pumps",
            IngestionInputConfiguration={"S3InputConfiguration": location},
            RoleArn=plant.role("reader", ["s3:ListBucket", "s3:GetObject"]),
        )
        until(lambda: equipment.describe_dataset(DatasetName="pumps")["Status"] == "ACTIVE")
        yield plant
        assert request(cloud._process, "GET", "failures") == []


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plant]:
    """A plant for the tests of this module."""
    with plant_in(tmp_path_factory.mktemp("plant")) as plant:
        yield plant


@pytest.mark.e2e
def test_a_scheduler_runs_without_anybody_asking(plant: Plant) -> None:
    plant.send("alone")
    plant.schedule("alone", plant.role("alone", ["s3:ListBucket", "s3:GetObject", "s3:PutObject"]))
    key = until(lambda: plant.results("alone"))[0]
    body = plant.client("s3").get_object(Bucket="plant", Key=key)["Body"].read()
    lines = [json.loads(line) for line in body.splitlines()]
    assert {line["prediction_reason"] for line in lines} == {"NO_ANOMALY_DETECTED"}
    asked = {"InferenceSchedulerName": "alone", "Status": "SUCCESS"}
    made = plant.client("lookoutequipment").list_inference_executions(**asked)["InferenceExecutionSummaries"]
    assert made[0]["CustomerResultObject"] == {"Bucket": "plant", "Key": key}
    assert made[0]["DataEndTime"] - made[0]["DataStartTime"] == timedelta(minutes=5)


@pytest.mark.e2e
def test_a_role_that_does_not_trust_the_service_fails_the_runs(plant: Plant) -> None:
    plant.schedule("untrusting", plant.role("untrusting", ["s3:*"], trusted="lambda"))
    assert "cannot be assumed by lookoutequipment.amazonaws.com" in plant.reason("untrusting")


@pytest.mark.e2e
def test_a_role_without_rights_in_the_bucket_fails_the_runs(plant: Plant) -> None:
    plant.schedule("powerless", plant.role("powerless", ["s3:GetObject"]))
    assert "s3://plant/in/powerless/ cannot be listed: AccessDenied" in plant.reason("powerless")


@pytest.mark.e2e
def test_a_cloud_whose_schedulers_run_stops_without_trouble(tmp_path: Path) -> None:
    with plant_in(tmp_path) as plant:
        plant.schedule("last", plant.role("last", ["s3:ListBucket", "s3:GetObject", "s3:PutObject"]))
        assert "Could not find a data file of component pump" in plant.reason("last")
    log = (tmp_path / "server.log").read_text()
    assert "Traceback" not in log
    assert "internal failure" not in log


def test_a_ticker_calls_until_it_is_stopped() -> None:
    calls = threading.Semaphore(0)
    ticker = Ticker(calls.release)
    ticker.start()
    assert calls.acquire(timeout=PATIENCE)
    assert calls.acquire(timeout=PATIENCE)
    ticker.stop()
    assert "ticker" not in [thread.name for thread in threading.enumerate()]


def test_a_ticker_that_never_started_can_be_stopped() -> None:
    calls: list[int] = []
    Ticker(lambda: calls.append(1)).stop()
    assert calls == []
