"""What datasets are made of: real images, masks, and JSON Lines."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from PIL import Image

GREY, DARK, RED, BLUE = (200, 200, 200), (40, 40, 40), (200, 20, 20), (20, 20, 200)
SIZE = (64, 64)
SPOT = (8, 8, 24, 24)
COLORS = {"scratch": "#2ca02c", "dent": "#1f77b4"}
DAMAGE = {"scratch": RED, "dent": BLUE}
Lines = list[dict[str, Any]]


@cache
def picture(
    *, spot: tuple[int, int, int] | None = None, shade: int = 0, size: tuple[int, int] = SIZE, kind: str = "PNG"
) -> bytes:
    """A grey picture, a little lighter by `shade`, with a coloured spot when there is one."""
    image = Image.new("RGB", size, tuple(level + shade for level in GREY))
    if spot:
        image.paste(spot, SPOT)
    return saved(image, kind)


@cache
def mask_picture(*colors: str, size: tuple[int, int] = SIZE, kind: str = "PNG") -> bytes:
    """A white mask, whose spot has the colours side by side."""
    image = Image.new("RGB", size, (255, 255, 255))
    left, top, right, bottom = SPOT
    width = (right - left) // max(len(colors), 1)
    for place, color in enumerate(colors):
        image.paste(color, (left + place * width, top, left + (place + 1) * width, bottom))
    return saved(image, kind)


def saved(image: Image.Image, kind: str) -> bytes:
    content = io.BytesIO()
    image.save(content, kind)
    return content.getvalue()


def line(
    key: str, label: str = "normal", *, bucket: str = "images", mask: dict[str, Any] | None = None, **metadata: Any
) -> dict[str, Any]:
    """A line for classification, with what `mask_of` adds for segmentation."""
    described = {
        "class-name": label,
        "human-annotated": "yes",
        "type": "groundtruth/image-classification",
        "job-name": "labeling-job/test",
        "confidence": 1,
        **metadata,
    }
    present = {name: value for name, value in described.items() if value is not ...}
    labels = {"anomaly-label": int(label == "anomaly"), "anomaly-label-metadata": present}
    return {"source-ref": f"s3://{bucket}/{key}", **labels, **(mask or {})}


def mask_of(key: str, colors: Mapping[str, str] = COLORS, *, bucket: str = "images", **metadata: Any) -> dict[str, Any]:
    """What a line for segmentation has beside its classification."""
    numbered = enumerate([("BACKGROUND", "#ffffff"), *colors.items()])
    color_map = {
        str(number): {"class-name": name, "hex-color": color, "confidence": 0.0} for number, (name, color) in numbered
    }
    described = {
        "internal-color-map": color_map,
        "type": "groundtruth/semantic-segmentation",
        "human-annotated": "yes",
        **metadata,
    }
    present = {name: value for name, value in described.items() if value is not ...}
    return {"anomaly-mask-ref": f"s3://{bucket}/{key}", "anomaly-mask-ref-metadata": present}


def manifest(lines: Sequence[Mapping[str, Any] | str]) -> str:
    """JSON Lines."""
    return "".join(f"{each if isinstance(each, str) else json.dumps(each)}\n" for each in lines)
