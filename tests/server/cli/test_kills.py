"""A server that is killed again and again, and its workers, while callers go on: `make soak` does it 200 times."""

from __future__ import annotations

import json
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from .process import Serving, client, command, key, serving

pytestmark = pytest.mark.e2e
KILLS = int(os.environ.get("SOAK_KILLS", "6"))
SEED = int(os.environ.get("SOAK_SEED", "1"))
ROLE = "arn:aws:iam::000000000000:role/Data"
#: Seconds.
PATIENCE = 120
COLUMNS = [{"Name": "t", "Type": "DATETIME"}, {"Name": "p", "Type": "DOUBLE"}]
SCHEMA = json.dumps({"Components": [{"ComponentName": "pump", "Columns": COLUMNS}]})


class Plant:
    """A server that somebody starts again whenever it is gone, and a client that asks until it is answered."""

    def __init__(self, root: Path) -> None:
        self.data = root / "data"
        self.made = key(self.data)
        folder = root / "buckets" / "plant" / "in" / "pump"
        folder.mkdir(parents=True)
        rows = [f"2024-01-{day:02d}T{hour:02d}:00:00,{(day + hour) % 7}" for day in range(1, 29) for hour in range(24)]
        (folder / "a.csv").write_text("\n".join(["t,p", *rows]))
        quotas = ("datasets", "models", "label_groups", "pending_models", "pending_data_ingestion_jobs")
        self.options = [
            *("--buckets", root / "buckets", "--set", f"roles={ROLE}"),
            *(option for name in quotas for option in ("--set", f"quotas.{name}=10000")),
        ]
        self._stack = ExitStack()
        self.server = self.start()
        self._port = self.server.record["port"]
        self.equipment = client("lookoutequipment", self.server.url, self.made)
        self.errors: list[str] = []
        self.stopping = threading.Event()

    def start(self, *options: object) -> Serving:
        self.server = self._stack.enter_context(serving(self.data, *self.options, *options))
        return self.server

    def restart(self) -> None:
        self.server.process.wait(PATIENCE)
        self.start("--port", self._port)

    def workers(self) -> list[int]:
        """The processes that work for the server."""
        found: list[int] = []
        for children in Path(f"/proc/{self.server.process.pid}/task").glob("*/children"):
            found += [int(pid) for pid in children.read_text().split()]
        return found

    def ask(self, call: Callable[..., Any], **parameters: Any) -> Any:
        """The answer to a call, which is made again, with the same token, until there is one."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                return call(**parameters)
            except BotoCoreError:
                assert time.monotonic() < end, "the server did not come back"
                time.sleep(0.05)

    def close(self) -> None:
        self._stack.close()


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Plant]:
    made = Plant(tmp_path)
    yield made
    made.close()


def caller(plant: Plant, name: str, made: Counter[str]) -> None:
    """Make one thing after the other; what was acknowledged is counted."""
    equipment = plant.equipment
    number = 0
    try:
        plant.ask(equipment.create_label_group, LabelGroupName=name, ClientToken=name)
        while not plant.stopping.is_set():
            number += 1
            thing = f"{name}-{number}"
            token = {"ClientToken": thing}
            plant.ask(equipment.create_dataset, DatasetName=thing, DatasetSchema={"InlineDataSchema": SCHEMA}, **token)
            made["datasets"] += 1
            source = {"S3InputConfiguration": {"Bucket": "plant", "Prefix": "in/"}}
            plant.ask(
                equipment.start_data_ingestion_job,
                DatasetName=thing,
                RoleArn=ROLE,
                IngestionInputConfiguration=source,
                **token,
            )
            made["jobs"] += 1
            plant.ask(
                equipment.create_label,
                LabelGroupName=name,
                StartTime="2024-01-01T00:00:00Z",
                EndTime="2024-01-02T00:00:00Z",
                Rating="ANOMALY",
                **token,
            )
            made["labels"] += 1
            until(plant, equipment.describe_dataset, DatasetName=thing)
            plant.ask(equipment.create_model, ModelName=thing, DatasetName=thing, **token)
            made["models"] += 1
    except (ClientError, AssertionError) as error:
        plant.errors.append(f"{name}: {error}")


def until(plant: Plant, describe: Callable[..., Any], **parameters: Any) -> dict[str, Any]:
    """What is described when it is not in progress any more."""
    end = time.monotonic() + PATIENCE
    while (found := plant.ask(describe, **parameters))["Status"].endswith("IN_PROGRESS"):
        assert time.monotonic() < end, f"in progress for ever: {found}"
        time.sleep(0.05)
    answer: dict[str, Any] = found
    return answer


def listed(plant: Plant, operation: str, member: str, **parameters: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    while True:
        page = plant.ask(getattr(plant.equipment, operation), **parameters, **token)
        found += page[member]
        if "NextToken" not in page:
            return found
        token = {"NextToken": page["NextToken"]}


def test_nothing_acknowledged_is_lost_and_nothing_happens_twice(plant: Plant) -> None:
    chance, made = random.Random(SEED), {name: Counter[str]() for name in ("a", "b", "c")}
    threads = [threading.Thread(target=caller, args=(plant, name, count)) for name, count in made.items()]
    for thread in threads:
        thread.start()
    killed: Counter[str] = Counter()
    while killed.total() < KILLS:
        time.sleep(chance.uniform(0.05, 1.5))
        workers = plant.workers()
        if workers and chance.random() < 0.4:
            killed["worker"] += 1
            with suppress(ProcessLookupError):
                os.kill(chance.choice(workers), signal.SIGKILL)
        else:
            killed["server"] += 1
            plant.server.process.kill()
            plant.restart()
    plant.stopping.set()
    for thread in threads:
        thread.join()
    assert plant.errors == []

    datasets = listed(plant, "list_datasets", "DatasetSummaries")
    models = listed(plant, "list_models", "ModelSummaries")
    for model in models:
        assert until(plant, plant.equipment.describe_model, ModelName=model["ModelName"])["Status"] == "SUCCESS"
    jobs = listed(plant, "list_data_ingestion_jobs", "DataIngestionJobSummaries")
    labels = [label for name in made for label in listed(plant, "list_labels", "LabelSummaries", LabelGroupName=name)]
    acknowledged = sum(made.values(), Counter())
    assert {"datasets": len(datasets), "models": len(models), "jobs": len(jobs), "labels": len(labels)} == acknowledged
    assert {job["Status"] for job in jobs} == {"SUCCESS"}
    assert "all is well" in command("check", "--data", plant.data).lower()
    print(f"killed {dict(killed)}, acknowledged {dict(acknowledged)}")
