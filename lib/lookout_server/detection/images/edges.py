"""Maps at a picture's own resolution, whose edges are those of the picture (He and Sun, 2015, "Fast guided filter")."""

from __future__ import annotations

import numpy as np
from PIL import Image

from lookout_server.detection.images.grids import stretched
from lookout_server.detection.images.pictures import Floats, Pixels

#: The longer side at which the filter works, the reach of its window there, and the contrast that makes an edge.
_SIDE, _REACH, _CONTRAST = 256, 10, 0.08


def fitted(evidence: Floats, pixels: Pixels) -> Floats:
    """The map of a picture in a coarse grid, at the picture's resolution.

    In every window, the map becomes a linear function of the picture: it changes where the picture does.
    """
    height, width = pixels.shape[:2]
    grey = Image.fromarray(pixels).convert("L")
    factor = _SIDE / max(height, width)
    rows, columns = (
        max(length, round(side * factor)) for length, side in zip(evidence.shape, (height, width), strict=True)
    )
    guide: Floats = np.asarray(grey.resize((columns, rows), Image.Resampling.BILINEAR), np.float32) / np.float32(255)
    coarse = stretched(evidence, rows, columns)
    mean_guide, mean_coarse = window_mean(guide), window_mean(coarse)
    together = window_mean(guide * coarse) - mean_guide * mean_coarse
    gain: Floats = together / (window_mean(guide * guide) - mean_guide**2 + np.float32(_CONTRAST**2))
    offset = mean_coarse - gain * mean_guide
    gain, offset = _to(window_mean(gain), width, height), _to(window_mean(offset), width, height)
    found: Floats = gain * (np.asarray(grey, np.float32) / np.float32(255)) + offset
    return found


def window_mean(values: Floats, reach: int = _REACH) -> Floats:
    """The mean of the square about each place, as far as it lies inside."""
    for axis in (0, 1):
        length = values.shape[axis]
        sums = np.cumsum(values, axis, dtype=np.float64)
        sums = np.concatenate([np.zeros_like(np.take(sums, [0], axis)), sums], axis)
        first = np.maximum(np.arange(length) - reach, 0)
        end = np.minimum(np.arange(length) + reach + 1, length)
        count = (end - first).reshape([-1 if at == axis else 1 for at in (0, 1)])
        values = ((np.take(sums, end, axis) - np.take(sums, first, axis)) / count).astype(np.float32)
    return values


def _to(values: Floats, width: int, height: int) -> Floats:
    return np.asarray(Image.fromarray(values).resize((width, height), Image.Resampling.BILINEAR))
