"""A small model of plates, and the component that is made of it."""

from __future__ import annotations

import functools
import io
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from lookout_server.detection.images import Backbone, ByHand, Model, Preprocessing, built_in, fit
from lookout_server.edge.description import Description
from lookout_server.vision.greengrass import component
from tests.server.images.scene import HEIGHT, MASKED, NORMAL, SETTINGS, WIDTH

COLORS = {"scratch": "#2ca02c", "stain": "#ff7f0e"}
ABOUT = Description(
    component="Plates",
    version="1.0.0",
    model_arn="arn:aws:lookoutvision:eu-west-1:123456789012:model/plates/1",
    size=(WIDTH, HEIGHT),
    colors=COLORS,
)
CLASSIFYING = replace(ABOUT, component="PlatesOnly", colors={})
URI = "s3://results/edge/Plates-1.0.0.zip"
X86 = {"TargetPlatform": {"Os": "LINUX", "Arch": "X86_64"}}


@functools.cache
def segmenting() -> Model:
    """It knows scratches and stains."""
    return _fitted(built_in(), [*MASKED[:4], *MASKED[5:9]])


@functools.cache
def classifying() -> Model:
    """It has seen no mask."""
    return _fitted(ByHand(), [])


def _fitted(backbone: Backbone, anomalous: list[Any]) -> Model:
    settings = replace(SETTINGS, changed=0, gathered=1_000, remembered=200, folds=2)
    return fit(NORMAL[:5], anomalous, settings, preprocessing=Preprocessing(side=128), backbone=backbone)


@functools.cache
def zipped() -> bytes:
    """The component of the segmenting model."""
    return component(segmenting(), ABOUT, X86, URI)


def unpacked(content: bytes, directory: Path) -> Path:
    """The directory, with what is in a component."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(directory)
    return directory
