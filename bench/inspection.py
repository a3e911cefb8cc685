"""What looking at a picture costs, against the least that it can: the network's own pass."""

from __future__ import annotations

import io
import statistics
import time
from collections.abc import Callable

import numpy as np
from PIL import Image

from lookout_server.detection.images import fit

_SIDE, _PICTURES, _TURNS = 1_024, 8, 9


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


def _picture(seed: int) -> bytes:
    """A JPEG of soft noise."""
    noise = np.random.default_rng(seed).integers(60, 200, (64, 64, 3), dtype=np.uint8)
    content = io.BytesIO()
    Image.fromarray(noise).resize((_SIDE, _SIDE), Image.Resampling.BICUBIC).save(content, "JPEG")
    return content.getvalue()


def _cpu(run: Callable[[], object]) -> float:
    began = time.process_time()
    run()
    return time.process_time() - began
