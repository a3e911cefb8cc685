"""A server that is killed again and again, and its workers, while callers go on: `make soak` does it 200 times."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lookout_server.work.tasks import MOST_DEATHS

from .process import command
from .unkillable import ROLE, SCHEMA, SOURCE, Plant, inspect, listed, until

pytestmark = pytest.mark.e2e
KILLS = int(os.environ.get("SOAK_KILLS", "6"))
SEED = int(os.environ.get("SOAK_SEED", "1"))


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Plant]:
    made = Plant(tmp_path)
    yield made
    made.close()


def ingest(plant: Plant, dataset: str, made: Counter[str]) -> str:
    """Have data in a dataset; the id of the job."""
    started = plant.ask(
        plant.equipment.start_data_ingestion_job,
        DatasetName=dataset,
        RoleArn=ROLE,
        IngestionInputConfiguration=SOURCE,
        ClientToken=f"{dataset}-{made['jobs']}",
    )
    made["jobs"] += 1
    return str(started["JobId"])


def came_to_an_end(described: dict[str, Any]) -> bool:
    """Whether something succeeded; otherwise as many workers have died of it as may."""
    if described["Status"] in ("SUCCESS", "TRAINED"):
        return True
    reason = described.get("FailedReason") or described.get("StatusMessage")
    assert f"It was tried {MOST_DEATHS} times" in str(reason), described
    return False


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
            job = ingest(plant, thing, made)
            plant.ask(
                equipment.create_label,
                LabelGroupName=name,
                StartTime="2024-01-01T00:00:00Z",
                EndTime="2024-01-02T00:00:00Z",
                Rating="ANOMALY",
                **token,
            )
            made["labels"] += 1
            while not came_to_an_end(until(plant, equipment.describe_data_ingestion_job, JobId=job)):
                job = ingest(plant, thing, made)
            plant.ask(equipment.create_model, ModelName=thing, DatasetName=thing, **token)
            made["models"] += 1
    except (ClientError, AssertionError) as error:
        plant.errors.append(f"{name}: {error}")


def inspector(plant: Plant, name: str, made: Counter[str]) -> None:
    """Have one project after the other with a model of Vision."""
    number = 0
    try:
        while not plant.stopping.is_set():
            number += 1
            inspect(plant, f"{name}-{number}")
            made["projects"] += 1
            until(plant, plant.vision.describe_model, ProjectName=f"{name}-{number}", ModelVersion="1")
    except (ClientError, AssertionError) as error:
        plant.errors.append(f"{name}: {error}")


def test_nothing_acknowledged_is_lost_and_nothing_happens_twice(plant: Plant) -> None:
    chance, made = random.Random(SEED), {name: Counter[str]() for name in ("a", "b", "c")}
    threads = [threading.Thread(target=caller, args=(plant, name, count)) for name, count in made.items()]
    inspected = Counter[str]()
    threads.append(threading.Thread(target=inspector, args=(plant, "v", inspected)))
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
    assert not plant.errors, "\n".join(plant.errors)

    datasets = listed(plant, plant.equipment.list_datasets, "DatasetSummaries")
    models = listed(plant, plant.equipment.list_models, "ModelSummaries")
    jobs = listed(plant, plant.equipment.list_data_ingestion_jobs, "DataIngestionJobSummaries")
    labels = [
        label
        for name in made
        for label in listed(plant, plant.equipment.list_labels, "LabelSummaries", LabelGroupName=name)
    ]
    acknowledged = sum(made.values(), Counter())
    assert {"datasets": len(datasets), "models": len(models), "jobs": len(jobs), "labels": len(labels)} == acknowledged
    assert len(listed(plant, plant.vision.list_projects, "Projects")) == inspected["projects"]
    equipment, vision = plant.equipment, plant.vision
    ends = [until(plant, equipment.describe_data_ingestion_job, JobId=job["JobId"]) for job in jobs]
    ends += [until(plant, equipment.describe_model, ModelName=model["ModelName"]) for model in models]
    for number in range(inspected["projects"]):
        [_] = listed(plant, vision.list_models, "Models", ProjectName=f"v-{number + 1}")
        ends.append(until(plant, vision.describe_model, ProjectName=f"v-{number + 1}", ModelVersion="1"))
    given_up = len([end for end in ends if not came_to_an_end(end)])
    assert given_up * MOST_DEATHS <= killed["worker"]
    assert "all is well" in command("check", "--data", plant.data).lower()
    print(f"killed {dict(killed)}, acknowledged {dict(acknowledged + inspected)}, given up {given_up}")
