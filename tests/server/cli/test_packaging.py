"""A model of a server, packaged, says on a device what it says on the server."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.server.cli.test_inspection import ONE, Works, detect, settled
from tests.server.edge.device import Device
from tests.server.images import scene

pytestmark = pytest.mark.e2e
PICTURES = [scene.plate(50), scene.plate(51), scene.scratched(150)[0], scene.stained(250)[0]]


def test_a_component_of_a_server_answers_on_a_device_as_the_server_does(tmp_path: Path) -> None:
    works = Works(tmp_path)
    with works.serving() as server:
        vision = works.client(server)
        works.host(vision)
        location = {"Bucket": "plates", "Prefix": "edge"}
        target = {"TargetPlatform": {"Os": "LINUX", "Arch": "X86_64"}}
        greengrass = {"ComponentName": "Plates", "S3OutputLocation": location, **target}
        job = vision.start_model_packaging_job(**ONE, Configuration={"Greengrass": greengrass})["JobName"]
        named = {"ProjectName": "plates", "JobName": job}
        packaged = settled(lambda: vision.describe_model_packaging_job(**named)["ModelPackagingDescription"])
        assert packaged["Status"] == "SUCCEEDED", packaged
        of_server = [detect(vision, scene.encoded(one)) for one in PICTURES]
    with tempfile.TemporaryDirectory(prefix="lookout-edge-") as root:
        device = Device(Path(root))
        device.install((works.bucket / "edge/Plates-1.0.0.zip").read_bytes())
        with device.agent() as agent:
            agent.client.start()
            of_device = [agent.client.detect(one) for one in PICTURES]
    for there, here in zip(of_server, of_device, strict=True):
        assert (here.is_anomalous, here.confidence) == (there["IsAnomalous"], np.float32(there["Confidence"]))
        assert here.anomaly_mask.byte_data == np.asarray(Image.open(io.BytesIO(there["mask"]))).tobytes()
        assert [one.name for one in here.anomalies] == [one["Name"] for one in there["Anomalies"]]
    assert {one.is_anomalous for one in of_device} == {True, False}
