"""Pictures of bottles that never were, to try the examples of Lookout for Vision with.

`python bottles.py files bucket` writes them into the directory `files`, as the examples expect them in the bucket
`bucket`: `train/good/….png` and `train/bad/….png`, the same below `test/`, and `test.manifest`, which says what is to
be seen in the pictures below `test/`. The bad ones have a crack, a torn label, too little in them, or a spot on the
glass.
"""

from __future__ import annotations

import io
import json
import random
import sys
from collections.abc import Iterable
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw

SIZE = (128, 128)
_BELT, _GLASS, _LABEL, _CRACK = (190, 190, 190), (40, 120, 70), (235, 225, 190), (10, 15, 10)
_EMPTY, _SPOT, _LETTERS = (150, 185, 160), (90, 70, 30), (120, 60, 50)
DEFECTS = ("glass", "label", "level", "spot")
#: How many pictures there are of each kind.
_COUNTS = {"train/good": 20, "train/bad": 10, "test/good": 10, "test/bad": 10}


def picture(number: int, defect: str | None = None) -> bytes:
    """A bottle on the belt, as PNG, with one of `DEFECTS` or none.

    No two numbers are in quite the same light and place, or have the same defect; the grain of a camera is in all.
    """
    chance = random.Random(number)
    light, left, top = chance.randint(-4, 4), chance.randint(-2, 2), chance.randint(-2, 2)
    image = Image.new("RGB", SIZE, _lit(_BELT, light))
    draw = ImageDraw.Draw(image)

    def box(*corners: int) -> tuple[int, ...]:
        return tuple(corner + (left, top)[at % 2] for at, corner in enumerate(corners))

    draw.rectangle(box(56, 10, 71, 40), _lit(_EMPTY, light))
    draw.rounded_rectangle(box(44, 36, 83, 120), 8, _lit(_GLASS, light))
    if defect == "level":
        draw.rounded_rectangle(box(44, 36, 83, 58), 8, _lit(_EMPTY, light))
    else:
        draw.rectangle(box(56, 20, 71, 40), _lit(_GLASS, light))
    draw.rectangle(box(44, 64, 83, 96), _lit(_LABEL, light))
    draw.rectangle(box(50, 74, 77, 77), _lit(_LETTERS, light))
    draw.rectangle(box(54, 82, 73, 84), _lit(_LETTERS, light))
    if defect == "label":
        corner, deep = chance.choice((44, 83)), chance.randint(14, 24)
        draw.polygon(box(corner, 96, corner, 96 - deep, 64, 96), _lit(_GLASS, light))
    if defect == "glass":
        x, y = chance.randint(50, 70), chance.randint(45, 90)
        draw.line(box(x, y, x + 4, y + 9, x - 1, y + 16, x + 6, y + 24), _CRACK, 2)
    if defect == "spot":
        x, y = chance.randint(48, 74), chance.choice((chance.randint(44, 56), chance.randint(100, 112)))
        draw.ellipse(box(x, y, x + 6, y + 5), _SPOT)
    grain = Image.frombytes("L", SIZE, bytes(max(0, min(255, round(chance.gauss(128, 6)))) for _ in range(128 * 128)))
    image = ImageChops.add(image, Image.merge("RGB", (grain, grain, grain)), 1, -128)
    saved = io.BytesIO()
    image.save(saved, "PNG")
    return saved.getvalue()


def manifest(bucket: str, keys: Iterable[str]) -> str:
    """JSON Lines: which of the pictures in a bucket, by their keys, show a bad bottle."""
    return "".join(f"{json.dumps(_line(bucket, key, bad='/bad/' in key))}\n" for key in keys)


def files(bucket: str) -> dict[str, bytes]:
    """All files by their keys; they are made for one bucket."""
    pictures = {
        f"{folder}/{number:02}.png": picture(first + number, DEFECTS[number % 4] if folder.endswith("bad") else None)
        for first, (folder, count) in zip(range(0, 400, 100), _COUNTS.items(), strict=True)
        for number in range(count)
    }
    tests = manifest(bucket, (key for key in pictures if key.startswith("test/")))
    return {**pictures, "test.manifest": tests.encode()}


def _lit(color: tuple[int, int, int], light: int) -> tuple[int, int, int]:
    red, green, blue = color
    return red + light, green + light, blue + light


def _line(bucket: str, key: str, *, bad: bool) -> dict[str, object]:
    """A line of a manifest, as SageMaker Ground Truth writes it."""
    described = {
        "class-name": "anomaly" if bad else "normal",
        "confidence": 1,
        "type": "groundtruth/image-classification",
        "job-name": "labeling-job/bottles",
        "human-annotated": "yes",
        "creation-date": "2026-11-01T00:00:00.000000",
    }
    return {"source-ref": f"s3://{bucket}/{key}", "bottle": int(bad), "bottle-metadata": described}


def main() -> None:
    if len(sys.argv) != 3:
        raise SystemExit(
            f"bottles.py: got {len(sys.argv) - 1} arguments, expected the directory to write into, and the bucket"
        )
    for key, content in files(sys.argv[2]).items():
        path = Path(sys.argv[1], key)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


if __name__ == "__main__":
    main()
