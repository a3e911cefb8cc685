"""The component of a packaging job: on a device it says of images what the service says."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lookout_server.edge import edge_agent_pb2 as messages
from lookout_server.edge.agent import Agent
from lookout_server.edge.models import HostedModel
from tests.server.services.vision.support import Studio

Material = Callable[[Studio], Any]


def packaged(studio: Studio, directory: Path) -> Agent:
    """An agent of the component of version 1, whose model runs. Device and wire are in tests/server/edge."""
    location = {"Bucket": "results", "Prefix": "edge"}
    greengrass = {"S3OutputLocation": location, "ComponentName": "Bottles", "TargetDevice": "jetson_xavier"}
    named = {"ProjectName": "bottles", "ModelVersion": "1", "Configuration": {"Greengrass": greengrass}}
    job = studio.vision.start_model_packaging_job(**named)["JobName"]
    while studio.vision.describe_model_packaging_job(ProjectName="bottles", JobName=job)["ModelPackagingDescription"][
        "Status"
    ] in ("CREATED", "RUNNING"):
        pass
    with zipfile.ZipFile(io.BytesIO(studio.s3.objects[("results", "edge/Bottles-1.0.0.zip")])) as archive:
        archive.extractall(directory)
    hosted = HostedModel(directory)
    hosted.start()
    while hosted.state[0] == messages.STARTING:
        pass
    assert hosted.state[0] == messages.RUNNING, hosted.state
    return Agent({"Bottles": hosted})


def of_agent(agent: Agent, body: bytes) -> dict[str, Any]:
    """What an agent says of an image, as the service would."""
    pixels = np.asarray(Image.open(io.BytesIO(body)).convert("RGB"))
    bitmap = messages.Bitmap(width=pixels.shape[1], height=pixels.shape[0], byte_data=pixels.tobytes())
    request = messages.DetectAnomaliesRequest(model_component="Bottles", bitmap=bitmap)
    result = agent.answer("DetectAnomalies", request).detect_anomaly_result
    found: dict[str, Any] = {"IsAnomalous": result.is_anomalous, "Confidence": result.confidence}
    if result.HasField("anomaly_mask"):
        found["AnomalyMask"] = result.anomaly_mask.byte_data
        found["Anomalies"] = [
            (one.name, one.pixel_anomaly.hex_color, one.pixel_anomaly.total_percentage_area) for one in result.anomalies
        ]
    return found


def of_service(studio: Studio, body: bytes) -> dict[str, Any]:
    """The same of the service, in the precision of a message."""
    result = studio.detect(body)
    found = {"IsAnomalous": result["IsAnomalous"], "Confidence": np.float32(result["Confidence"])}
    if "Anomalies" in result:
        found["AnomalyMask"] = np.asarray(Image.open(io.BytesIO(result["AnomalyMask"]))).tobytes()
        found["Anomalies"] = [
            (one["Name"], one["PixelAnomaly"]["Color"], np.float32(one["PixelAnomaly"]["TotalPercentageArea"]))
            for one in result["Anomalies"]
        ]
    return found


@pytest.mark.parametrize(
    "material",
    [lambda studio: studio.images(), lambda studio: studio.segmented({"scratch": 20, "dent": 20})],
    ids=["classification", "segmentation"],
)
def test_the_component_answers_as_the_service_does(studio: Studio, tmp_path: Path, material: Material) -> None:
    studio.hosted(material(studio))
    agent = packaged(studio, tmp_path)
    bodies = [
        body for (bucket, key), body in studio.s3.objects.items() if bucket == "images" and not key.endswith("mask.png")
    ][::5]
    answers = [of_agent(agent, body) for body in bodies]
    assert answers == [of_service(studio, body) for body in bodies]
    assert {one["IsAnomalous"] for one in answers} == {True, False}
