"""A server that somebody starts again whenever it is gone, and who asks until there is an answer."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError

from tests.server.cli.process import Serving, client, key, serving
from tests.server.services.vision.material import DARK, line, manifest, picture

ROLE = "arn:aws:iam::000000000000:role/Data"
#: Seconds: while servers and workers are killed all the time, what takes long is begun again and again.
PATIENCE = 300
COLUMNS = [{"Name": "t", "Type": "DATETIME"}, {"Name": "p", "Type": "DOUBLE"}]
SCHEMA = json.dumps({"Components": [{"ComponentName": "pump", "Columns": COLUMNS}]})
SOURCE = {"S3InputConfiguration": {"Bucket": "plant", "Prefix": "in/"}}
_UNDER_WAY = ("IN_PROGRESS", "TRAINING", "DELETING")
_MANY = ("datasets", "models", "label_groups", "pending_models", "pending_data_ingestion_jobs")
_MANY_OF_VISION = ("projects", "concurrent_trainings", "requests_per_second")


class Plant:
    """A server that somebody starts again whenever it is gone, and a client that asks until it is answered."""

    def __init__(self, root: Path, **variables: str) -> None:
        self.data = root / "data"
        self.made = key(self.data)
        folder = root / "buckets" / "plant" / "in" / "pump"
        folder.mkdir(parents=True)
        rows = [f"2024-01-{day:02d}T{hour:02d}:00:00,{(day + hour) % 7}" for day in range(1, 29) for hour in range(24)]
        (folder / "a.csv").write_text("\n".join(["t,p", *rows]))
        self._draw(root / "buckets")
        quotas = [f"quotas.{name}" for name in _MANY] + [f"vision_quotas.{name}" for name in _MANY_OF_VISION]
        self.options = [
            *("--buckets", root / "buckets", "--set", f"roles={ROLE}"),
            *(option for name in quotas for option in ("--set", f"{name}=10000")),
        ]
        self._variables = variables
        self._stack = ExitStack()
        self.server = self.start()
        self._port = self.server.record["port"]
        self.equipment = client("lookoutequipment", self.server.url, self.made)
        self.vision = client("lookoutvision", self.server.url, self.made)
        self.errors: list[str] = []
        self.stopping = threading.Event()

    def start(self, *options: object) -> Serving:
        self.server = self._stack.enter_context(serving(self.data, *self.options, *options, **self._variables))
        return self.server

    def restart(self) -> None:
        self.server.process.wait(PATIENCE)
        self.start("--port", self._port)

    def _draw(self, buckets: Path) -> None:
        """Pictures, and a manifest of them."""
        (buckets / "results").mkdir()
        images = buckets / "images"
        images.mkdir()
        lines = []
        for number in range(30):
            (images / f"{number}.png").write_bytes(picture(spot=DARK if number >= 20 else None))
            lines.append(line(f"{number}.png", "anomaly" if number >= 20 else "normal"))
        (images / "m").write_text(manifest(lines))

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


def until(plant: Plant, describe: Callable[..., Any], **parameters: Any) -> dict[str, Any]:
    """What is described when it is not in progress any more."""
    end = time.monotonic() + PATIENCE
    while True:
        found = plant.ask(describe, **parameters)
        answer: dict[str, Any] = found.get("ModelDescription") or found.get("DatasetDescription") or found
        if not answer["Status"].endswith(_UNDER_WAY):
            return answer
        assert time.monotonic() < end, f"in progress for ever: {found}"
        time.sleep(0.05)


def listed(plant: Plant, list_: Callable[..., Any], member: str, **parameters: Any) -> list[dict[str, Any]]:
    """Everything that there is."""
    found: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    while True:
        page = plant.ask(list_, **parameters, **token)
        found += page[member]
        if "NextToken" not in page:
            return found
        token = {"NextToken": page["NextToken"]}


def inspect(plant: Plant, name: str) -> None:
    """Have a project with a dataset and a model that is trained."""
    vision, project = plant.vision, {"ProjectName": name}
    source = {"GroundTruthManifest": {"S3Object": {"Bucket": "images", "Key": "m"}}}
    plant.ask(vision.create_project, **project, ClientToken=name)
    dataset = {**project, "DatasetType": "train"}
    plant.ask(vision.create_dataset, **dataset, DatasetSource=source, ClientToken=name)
    assert until(plant, vision.describe_dataset, **dataset)["Status"] == "CREATE_COMPLETE"
    output = {"S3Location": {"Bucket": "results", "Prefix": name}}
    plant.ask(vision.create_model, **project, OutputConfig=output, ClientToken=name)


def is_trained(plant: Plant, name: str) -> bool:
    """Whether a project has one version, which was trained."""
    versions = listed(plant, plant.vision.list_models, "Models", ProjectName=name)
    described = until(plant, plant.vision.describe_model, ProjectName=name, ModelVersion="1")
    return len(versions) == 1 and described["Status"] == "TRAINED"
