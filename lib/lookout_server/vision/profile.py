"""What stands in for a trained model: a deterministic statistic of the actual images, not machine learning.

An image is reduced to a grid of cells, each with the mean of its red, green and blue. The mean of every cell over the
normal training images is what the model knows; how far the cell of an image that differs most is from it, in levels of
0 to 255, is the image's distance. Beyond a threshold, which comes from the distances of the training images, an image
is anomalous. A cell beyond it is given to the anomaly label whose mean difference in training was most like its own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PIL import Image

from lookout_server.vision.masks import Color, rgb

#: Cells of the grid in either direction.
CELLS = 16

#: Levels by which the cell of a normal image may differ from identical training images: JPEG loses about as much.
_SLACK = 4.0

Features = bytes
Difference = tuple[float, float, float]


@dataclass(frozen=True)
class Label:
    """An anomaly label of a segmentation model: its colour, and how its pixels differ from normal ones."""

    color: str
    difference: Difference


@dataclass(frozen=True)
class Profile:
    """A trained model."""

    #: Width and height of its images in pixels.
    size: tuple[int, int]

    mean: tuple[float, ...]
    threshold: float
    #: Empty for a classification model.
    labels: Mapping[str, Label]

    def distance(self, features: Features) -> float:
        """How far an image is from the normal ones."""
        return max(abs(value - mean) for value, mean in zip(features, self.mean, strict=True))

    def judge(self, features: Features) -> tuple[bool, float]:
        """Whether an image is anomalous, and the confidence in that: 0.5 at the threshold, towards 1 away from it."""
        distance = self.distance(features)
        anomalous = distance > self.threshold
        return anomalous, (distance if anomalous else self.threshold) / (distance + self.threshold)

    def segment(self, features: Features) -> Image.Image:
        """The mask of an image in the size of the model's images: a label's colour where it was found, else white."""
        grid = Image.new("RGB", (CELLS, CELLS), (255, 255, 255))
        for cell in range(CELLS * CELLS):
            difference = self._difference(features, cell)
            if max(map(abs, difference)) > self.threshold:
                color = self._nearest(difference)
                grid.putpixel((cell % CELLS, cell // CELLS), color)
        return grid.resize(self.size, Image.Resampling.NEAREST)

    def _difference(self, features: Features, cell: int) -> Difference:
        red, green, blue = (features[3 * cell + band] - self.mean[3 * cell + band] for band in range(3))
        return red, green, blue

    def _nearest(self, difference: Difference) -> Color:
        label = min(self.labels.values(), key=lambda label: (math.dist(label.difference, difference), label.color))
        return rgb(label.color)


def features_of(image: Image.Image) -> Features:
    """The grid of an RGB image: red, green and blue of each cell, row by row."""
    return image.resize((CELLS, CELLS), Image.Resampling.BOX).tobytes()


def mean_of(images: Sequence[Features]) -> tuple[float, ...]:
    """The mean of each value over images."""
    return tuple(math.fsum(values) / len(images) for values in zip(*images, strict=True))


def threshold_of(normal: Sequence[float], anomalous: Sequence[float]) -> float:
    """The distance beyond which an image is anomalous, from the distances of the training images.

    In the middle between the farthest normal and the nearest anomalous image where that parts them; otherwise half as
    far again as the farthest normal image, and a little more.
    """
    farthest = max(normal)
    nearest = min(anomalous, default=0.0)
    return (farthest + nearest) / 2 if nearest > farthest else 1.5 * farthest + _SLACK
