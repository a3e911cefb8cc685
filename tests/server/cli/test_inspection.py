"""A server learns to inspect pictures with its network, and looks at them in processes of their own."""

from __future__ import annotations

import io
import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.server.cli.process import Serving, client, key, serving
from tests.server.images import scene
from tests.server.services.vision.material import COLORS, line, manifest, mask_of

pytestmark = pytest.mark.e2e
ONE = {"ProjectName": "plates", "ModelVersion": "1"}
QUOTAS = {"normal_images_in_single_dataset": 8, "images_per_label_in_single_dataset": 5}


class Works:
    """A server with a segmentation model of plates."""

    def __init__(self, root: Path) -> None:
        self.data, self.bucket = root / "data", root / "buckets" / "plates"
        self.made = key(self.data)
        (self.bucket / "raw").mkdir(parents=True)
        self.options = ["--buckets", root / "buckets", "--set", "inspectors=2"]
        self.options += [each for name, most in QUOTAS.items() for each in ("--set", f"vision_quotas.{name}={most}")]

    def lines(self) -> list[dict[str, Any]]:
        found = []
        for number in range(8):
            found.append(line(self.put(f"normal{number}", scene.plate(number)), bucket="plates"))
        for number in range(5):
            for label, (pixels, where) in (("scratch", scene.scratched(number)), ("dent", scene.stained(number))):
                mask = np.full((*where.shape, 3), 255, np.uint8)
                mask[where] = [int(COLORS[label][at : at + 2], 16) for at in (1, 3, 5)]
                masked = mask_of(self.put(f"{label}{number}-mask", mask), bucket="plates")
                found.append(line(self.put(f"{label}{number}", pixels), "anomaly", bucket="plates", mask=masked))
        return found

    def put(self, name: str, pixels: Any) -> str:
        (self.bucket / f"raw/{name}.png").write_bytes(scene.encoded(pixels))
        return f"raw/{name}.png"

    def serving(self) -> Any:
        return serving(self.data, *self.options)

    def client(self, server: Serving) -> Any:
        return client("lookoutvision", server.url, self.made)

    def host(self, vision: Any, units: int = 2) -> dict[str, Any]:
        """Train a model and start it; its description."""
        (self.bucket / "m").write_text(manifest(self.lines()))
        vision.create_project(ProjectName="plates")
        source = {"GroundTruthManifest": {"S3Object": {"Bucket": "plates", "Key": "m"}}}
        vision.create_dataset(ProjectName="plates", DatasetType="train", DatasetSource=source)
        settled(lambda: vision.describe_dataset(ProjectName="plates", DatasetType="train")["DatasetDescription"])
        vision.create_model(ProjectName="plates", OutputConfig={"S3Location": {"Bucket": "plates", "Prefix": "out"}})
        trained = settled(lambda: vision.describe_model(**ONE)["ModelDescription"])
        assert trained["Status"] == "TRAINED", trained
        vision.start_model(**ONE, MinInferenceUnits=units)
        return settled(lambda: vision.describe_model(**ONE)["ModelDescription"])


def settled(describe: Any) -> dict[str, Any]:
    """The description once nothing goes on any more; works are not waited for by looks."""
    for _ in range(600):
        found: dict[str, Any] = describe()
        if not found["Status"].endswith(("_IN_PROGRESS", "TRAINING", "_HOSTING", "CREATED", "RUNNING")):
            return found
        time.sleep(0.1)
    raise AssertionError(found)


def detect(vision: Any, body: bytes) -> dict[str, Any]:
    answer = vision.detect_anomalies(**ONE, ContentType="image/png", Body=body)["DetectAnomalyResult"]
    mask = answer.pop("AnomalyMask")
    return {**answer, "mask": (mask if isinstance(mask, bytes) else mask.read())}


@pytest.fixture
def works(tmp_path: Path) -> Works:
    return Works(tmp_path)


def test_a_model_of_a_server_finds_defects_and_goes_on_after_a_restart(works: Works) -> None:
    scratched, normal = scene.encoded(scene.scratched(150)[0]), scene.encoded(scene.plate(50))
    with works.serving() as server:
        vision = works.client(server)
        hosted = works.host(vision)
        assert (hosted["Status"], hosted["MinInferenceUnits"]) == ("HOSTED", 2)
        assert hosted["Performance"]["F1Score"] > 0.8
        with ThreadPoolExecutor(8) as threads:
            found = list(threads.map(lambda body: detect(vision, body), [scratched, normal] * 4))
        assert all(one == found[0] for one in found[::2])
        assert all(one == found[1] for one in found[1::2])
        assert [one["IsAnomalous"] for one in found[:2]] == [True, False]
        assert [each["Name"] for each in found[0]["Anomalies"]] == ["background", "scratch"]
        assert Image.open(io.BytesIO(found[0]["mask"])).size == (scene.WIDTH, scene.HEIGHT)
        assert server.end(signal.SIGKILL)
    with works.serving() as server:
        vision = works.client(server)
        assert vision.describe_model(**ONE)["ModelDescription"]["Status"] == "HOSTED"
        assert detect(vision, scratched) == found[0]
        said = [
            json.loads(each)
            for each in (works.bucket / "out/EvaluationManifest-plates-1.json").read_text().splitlines()
        ]
        for each in said:
            tested = (works.bucket / each["source-ref"].removeprefix("s3://plates/")).read_bytes()
            assert detect(vision, tested)["Confidence"] == each["anomaly-label-detected-metadata"]["confidence"]
        for child in processes(server, "lookout_server.inspecting"):
            os.kill(child, signal.SIGKILL)
        assert detect(vision, scratched) == found[0]


def processes(server: Serving, module: str) -> list[int]:
    """The processes under a server that run a module."""
    found: list[int] = []
    for children in Path(f"/proc/{server.process.pid}/task").glob("*/children"):
        found += [int(pid) for pid in children.read_text().split()]
    return [pid for pid in found if module in Path(f"/proc/{pid}/cmdline").read_text()]
