"""What looking at a picture costs, against the least that it can, and how many can be looked at at a time."""

from __future__ import annotations

import io
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from botocore.awsrequest import AWSRequest
from PIL import Image, ImageDraw

from bench import server
from lookout_server.detection.images import fit

_SIDE, _PICTURES, _TURNS = 1_024, 8, 9
_NORMAL, _ANOMALOUS = 20, 10
_CALLERS, _SECONDS = 8, 6.0
_MODEL = {"ProjectName": "plates", "ModelVersion": "1"}
_DETECT = "/2020-11-20/projects/plates/models/1/detect"


def detecting() -> tuple[float, float]:
    """CPU seconds of a detection with its map, from the file on, and of the network's pass over what it sees of it."""
    model = fit([_picture(seed) for seed in range(_PICTURES)])
    picture = _picture(_PICTURES)
    model.judge(picture)
    resized = model.preprocessing.resized(model.preprocessing.decoded(picture))
    turns = [
        (
            _cpu(lambda: model.judge(picture)),
            _cpu(lambda: model.backbone(resized, model.preprocessing, model.settings.layers)),
        )
        for _ in range(_TURNS)
    ]
    ours, network = (statistics.median(column) for column in zip(*turns, strict=True))
    return ours, network


def answering() -> tuple[float, float]:
    """Seconds from one answer to the next of a model in two processes, with eight callers at once, and with one."""
    with server.serving("inspectors=2") as running:
        request = _hosted(running)
        turns = [
            [server.seconds_each(running.url, request, _SECONDS, callers) for callers in (_CALLERS, 1)]
            for _ in range(_TURNS // 2)
        ]
    eight, one = (statistics.median(column) for column in zip(*turns, strict=True))
    return eight, one


def _hosted(running: server.Server) -> AWSRequest:
    """Have a model learnt and started; a picture for it, to be sent for a quarter of an hour."""
    vision = running.vision
    folder = running.buckets / "plates"
    folder.mkdir()
    lines = []
    for number in range(_NORMAL + _ANOMALOUS):
        anomalous = number >= _NORMAL
        (folder / f"{number}.jpg").write_bytes(_picture(number, scratched=anomalous))
        lines.append(json.dumps(_line(f"s3://plates/{number}.jpg", anomalous)))
    (folder / "manifest").write_text("\n".join(lines))
    vision.create_project(ProjectName="plates")
    source = {"GroundTruthManifest": {"S3Object": {"Bucket": "plates", "Key": "manifest"}}}
    vision.create_dataset(ProjectName="plates", DatasetType="train", DatasetSource=source)
    _await(
        "CREATE_COMPLETE",
        lambda: vision.describe_dataset(ProjectName="plates", DatasetType="train")["DatasetDescription"],
    )
    vision.create_model(ProjectName="plates", OutputConfig={"S3Location": {"Bucket": "plates", "Prefix": "out"}})
    _await("TRAINED", lambda: vision.describe_model(**_MODEL)["ModelDescription"])
    vision.start_model(**_MODEL, MinInferenceUnits=2)
    _await("HOSTED", lambda: vision.describe_model(**_MODEL)["ModelDescription"])
    request = AWSRequest(
        "POST", f"{running.url}{_DETECT}", headers={"content-type": "image/jpeg"}, data=_picture(_NORMAL + _ANOMALOUS)
    )
    return running.sign(request, "lookoutvision")


def _line(source: str, anomalous: bool) -> dict[str, Any]:
    about = {
        "type": "groundtruth/image-classification",
        "class-name": "anomaly" if anomalous else "normal",
        "confidence": 1,
        "human-annotated": "yes",
        "creation-date": "2026-01-01T00:00:00",
        "job-name": "bench",
    }
    return {"source-ref": source, "anomaly-label": int(anomalous), "anomaly-label-metadata": about}


def _await(status: str, describe: Callable[[], dict[str, Any]]) -> None:
    while (found := describe())["Status"] != status:
        assert "FAILED" not in found["Status"], found
        time.sleep(0.1)


def _picture(seed: int, *, scratched: bool = False) -> bytes:
    """A JPEG of soft noise, with a red bar where it is scratched."""
    noise = np.random.default_rng(seed).integers(60, 200, (64, 64, 3), dtype=np.uint8)
    picture = Image.fromarray(noise).resize((_SIDE, _SIDE), Image.Resampling.BICUBIC)
    if scratched:
        ImageDraw.Draw(picture).rectangle((100 + 10 * seed, 300, 300 + 10 * seed, 500), fill=(255, 0, 0))
    content = io.BytesIO()
    picture.save(content, "JPEG")
    return content.getvalue()


def _cpu(run: Callable[[], object]) -> float:
    began = time.process_time()
    run()
    return time.process_time() - began
