"""What a segmentation model answers: a picture in the colours of its labels, and how much of it each of them has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lookout_server.detection.images.model import Judgement
from lookout_server.detection.images.pictures import Pixels

#: What has no label, and its colour.
BACKGROUND, BACKGROUND_COLOR = "background", "#FFFFFF"


@dataclass(frozen=True)
class Part:
    name: str
    #: Such as #2CA02C.
    color: str
    #: Of the picture, from 0 to 1.
    share: float


@dataclass(frozen=True)
class Painting:
    #: height x width x 3 of the picture: everywhere the colour of a label, or of the background.
    mask: Pixels
    #: The background first, then the labels that were found.
    parts: list[Part]

    @classmethod
    def of(cls, judgement: Judgement, colors: Mapping[str, str]) -> Painting:
        """colors: of all labels of the model, such as #2ca02c."""
        mask = np.full((*judgement.map.shape, 3), _levels(BACKGROUND_COLOR), np.uint8)
        found = {}
        for name, places in judgement.labels.items():
            mask[places] = _levels(colors[name])
            found[name] = int(places.sum())
        whole = judgement.map.size
        parts = [Part(BACKGROUND, BACKGROUND_COLOR, (whole - sum(found.values())) / whole)]
        return cls(mask, parts + [Part(name, colors[name].upper(), count / whole) for name, count in found.items()])


def _levels(color: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(color[1:])
    return red, green, blue
