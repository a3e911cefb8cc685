"""A server and its workers kill themselves, with signal 9, where they come by: `make soak` takes every point.

Points are before and after each commit, each blob and each file of a user that is written. The crash matrix of the
services has all of their operations, without processes.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .process import command
from .unkillable import ROLE, SCHEMA, SOURCE, Plant, inspect, is_trained, listed, until

pytestmark = pytest.mark.e2e
#: From one point to the next that is tried.
STEP = 1 if os.environ.get("SOAK_KILLS") else 5


class Dying(Plant):
    """A server that is started again by itself; `arm` says after how many points somebody kills himself."""

    def __init__(self, root: Path) -> None:
        self._points = root / "points"
        self.arm(0)
        path = Path(__file__).parent / "dying"
        super().__init__(root, DYING=str(self._points), PYTHONPATH=str(path))
        self.deaths = 0
        self._watcher = threading.Thread(target=self._watch)
        self._watcher.start()

    def arm(self, points: int) -> None:
        self._points.write_text(str(points), encoding="ascii")

    def is_armed(self) -> bool:
        """Whether nobody has come by the last point yet."""
        return self._points.read_text(encoding="ascii") != "0"

    def _watch(self) -> None:
        while not self.stopping.wait(0.05):
            if self.server.process.poll() is not None:
                self.deaths += 1
                self.restart()

    def close(self) -> None:
        self.stopping.set()
        self._watcher.join()
        super().close()


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Dying]:
    made = Dying(tmp_path)
    yield made
    made.close()


def trained(plant: Plant, name: str) -> None:
    """A dataset with data, and a model."""
    equipment, token = plant.equipment, {"ClientToken": name}
    plant.ask(equipment.create_dataset, DatasetName=name, DatasetSchema={"InlineDataSchema": SCHEMA}, **token)
    plant.ask(
        equipment.start_data_ingestion_job,
        DatasetName=name,
        RoleArn=ROLE,
        IngestionInputConfiguration=SOURCE,
        **token,
    )
    assert until(plant, equipment.describe_dataset, DatasetName=name)["Status"] == "ACTIVE"
    plant.ask(equipment.create_model, ModelName=name, DatasetName=name, **token)
    assert until(plant, equipment.describe_model, ModelName=name)["Status"] == "SUCCESS"
    jobs = listed(plant, equipment.list_data_ingestion_jobs, "DataIngestionJobSummaries", DatasetName=name)
    versions = listed(plant, equipment.list_model_versions, "ModelVersionSummaries", ModelName=name)
    assert [job["Status"] for job in jobs] == ["SUCCESS"]
    assert [version["Status"] for version in versions] == ["SUCCESS"]


def inspected(plant: Plant, name: str) -> None:
    """A model of pictures."""
    inspect(plant, name)
    assert is_trained(plant, name)
    assert len(list((plant.data.parent / "buckets" / "results" / name).rglob("*.json"))) > 0


@pytest.mark.parametrize("story", [trained, inspected])
def test_wherever_somebody_kills_himself_the_end_is_the_same(plant: Dying, story: Callable[[Plant, str], None]) -> None:
    story(plant, "calm")
    point, killed = 1, 0
    while True:
        plant.arm(point)
        story(plant, f"at-{point}")
        if plant.is_armed():
            break
        point, killed = point + STEP, killed + 1
    plant.arm(0)
    assert killed > 2
    assert 0 < plant.deaths < killed, "both the server and workers have died"
    assert "all is well" in command("check", "--data", plant.data).lower()
    print(f"{killed} points, {plant.deaths} of them in the server")
