"""Pictures that are made up: a brushed plate with four holes, and what can be wrong with it."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from PIL import Image

from lookout_server.detection.images import Example, Preprocessing, Settings
from lookout_server.detection.images.labels import Flags
from lookout_server.detection.images.pictures import Pixels

HEIGHT, WIDTH = 96, 128
#: Small and quick; everything else as it is by default.
SETTINGS = Settings(gathered=4_000, remembered=300, changed=4)
SIDE = Preprocessing(side=256)


def plate(seed: int, light: float = 1.0) -> Pixels:
    """A normal picture; every seed has other noise, and stands a little elsewhere."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(float)
    x, y = x + random.uniform(-1, 1), y + random.uniform(-1, 1)
    grey = 150 + 12 * np.sin(y * 1.3) + random.normal(0, 4, (HEIGHT, WIDTH))
    for row in (24, 72):
        for column in (32, 96):
            grey[np.hypot(y - row, x - column) < 10] = 40
    levels = grey[:, :, None] * np.array([1.0, 0.97, 0.9]) * light
    return np.clip(np.rint(levels), 0, 255).astype(np.uint8)


def scratched(seed: int) -> tuple[Pixels, Flags]:
    """A bright line, and where it is."""
    random = np.random.default_rng(1_000 + seed)
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(float)
    angle, row, column = random.uniform(0, np.pi), random.uniform(40, 56), random.uniform(50, 78)
    along = (x - column) * np.cos(angle) + (y - row) * np.sin(angle)
    across = (y - row) * np.cos(angle) - (x - column) * np.sin(angle)
    where = (np.abs(across) < 1.5) & (np.abs(along) < 22)
    pixels = plate(seed)
    pixels[where] = (240, 240, 245)
    return pixels, where


def stained(seed: int) -> tuple[Pixels, Flags]:
    """A dark red blot, and where it is."""
    random = np.random.default_rng(2_000 + seed)
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(float)
    where = np.hypot(y - random.uniform(40, 56), x - random.uniform(50, 78)) < 9
    pixels = plate(seed)
    pixels[where] = pixels[where] // 3 + np.array([70, 0, 0], np.uint8)
    return pixels, where


NORMAL = [plate(seed) for seed in range(8)]
LATER = [plate(seed) for seed in range(50, 56)]
SCRATCHED = [scratched(seed) for seed in range(100, 105)]
STAINED = [stained(seed) for seed in range(200, 205)]
LATER_DEFECTS = [*(scratched(seed) for seed in range(150, 154)), *(stained(seed) for seed in range(250, 254))]
MASKED = [
    *(Example(pixels, {"scratch": where}) for pixels, where in SCRATCHED),
    *(Example(pixels, {"stain": where}) for pixels, where in STAINED),
]
UNMASKED = [Example(one.picture) for one in MASKED]


def encoded(pixels: Any, form: str = "PNG", **options: Any) -> bytes:
    stream = io.BytesIO()
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    image.save(stream, form, **options)
    return stream.getvalue()
