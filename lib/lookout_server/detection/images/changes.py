"""Copies of a picture as the next one may be: turned, moved, darker, brighter. None of it is an anomaly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from PIL import Image

from lookout_server.detection.images.pictures import Pixels

#: Degrees, parts of the longer side, and factors of the levels.
_TURN, _MOVE, _LIGHT = 3.0, 0.02, 0.15
#: What comes in at the edges: more of them, nothing, or what went out on the other side.
Fill = Literal["edge", "black", "wrap"]


def turned(pixels: Pixels, degrees: float, fill: Fill = "edge") -> Pixels:
    """About the centre."""
    margin = int(np.ceil(max(pixels.shape) * np.sin(np.radians(abs(degrees))))) + 2
    wide = Image.fromarray(_wide(pixels, margin, fill)).rotate(degrees, Image.Resampling.BILINEAR)
    height, width = pixels.shape[:2]
    return np.array(wide.crop((margin, margin, margin + width, margin + height)))


def moved(pixels: Pixels, right: float, down: float, fill: Fill = "edge") -> Pixels:
    """By parts of the longer side."""
    height, width = pixels.shape[:2]
    x, y = (round(part * max(height, width)) for part in (right, down))
    margin = max(abs(x), abs(y))
    wide = _wide(pixels, margin, fill)
    return wide[margin - y : margin - y + height, margin - x : margin - x + width]


def _wide(pixels: Pixels, margin: int, fill: Fill) -> Pixels:
    around = ((margin, margin), (margin, margin), (0, 0))
    if fill == "black":
        return np.pad(pixels, around)
    return np.pad(pixels, around, mode=fill)


def lit(pixels: Pixels, factor: float) -> Pixels:
    """Levels times the factor, at most 255."""
    found: Pixels = np.minimum(np.rint(pixels * factor), 255).astype(np.uint8)
    return found


CHANGES: dict[str, Callable[[Pixels], Pixels]] = {
    "turned left": lambda pixels: turned(pixels, _TURN),
    "turned right": lambda pixels: turned(pixels, -_TURN),
    "moved left and up": lambda pixels: moved(pixels, -_MOVE, -_MOVE),
    "moved right and down": lambda pixels: moved(pixels, _MOVE, _MOVE),
    "darker": lambda pixels: lit(pixels, 1 - _LIGHT),
    "brighter": lambda pixels: lit(pixels, 1 + _LIGHT),
}
