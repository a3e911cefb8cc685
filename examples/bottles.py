"""Pictures of bottles that never were, to try the examples of Lookout for Vision with.

`python bottles.py files bucket` writes them into the directory `files`, as the examples expect them in the bucket
`bucket`: `train/good/….png` and `train/bad/….png`, the same below `test/`, and `test.manifest`, which says what is to
be seen in the pictures below `test/`. The bad ones have a crack, a stain, a torn label, or no cap.
"""

from __future__ import annotations

import io
import json
import random
import sys
from collections.abc import Iterable
from pathlib import Path

from PIL import Image, ImageDraw

SIZE = (128, 128)
#: What can be wrong with a bottle.
DAMAGES = ("crack", "stain", "torn label", "no cap")
_BELT, _GLASS, _LABEL, _CAP = (190, 190, 190), (40, 120, 70), (235, 225, 190), (180, 40, 30)
_CRACK, _STAIN = (10, 15, 10), (90, 70, 20)
#: How many pictures there are of each kind.
_COUNTS = {"train/good": 20, "train/bad": 10, "test/good": 10, "test/bad": 10}


def picture(number: int, *, damage: str | None = None) -> bytes:
    """A bottle on the belt, as PNG: no two numbers have the same light, or a damage at one place."""
    chance = random.Random(number)
    light = chance.randint(-3, 3)
    image = Image.new("RGB", SIZE, _lit(_BELT, light))
    draw = ImageDraw.Draw(image)
    draw.rectangle((56, 14, 71, 40), _lit(_GLASS, light))
    if damage != "no cap":
        draw.rectangle((54, 8, 73, 18), _lit(_CAP, light))
    draw.rounded_rectangle((44, 36, 83, 120), 8, _lit(_GLASS, light))
    draw.rectangle((44, 64, 83, 96), _lit(_LABEL, light))
    x, y = chance.randint(50, 70), chance.randint(45, 90)
    if damage == "crack":
        draw.line((x, y, x + 4, y + 9, x - 1, y + 16, x + 6, y + 24), _CRACK, 4)
    elif damage == "stain":
        draw.ellipse((x - 6, y, x + 6, y + 10), _lit(_STAIN, light))
    elif damage == "torn label":
        draw.polygon(((44, 64), (44 + x - 46, 64), (44, 64 + (y - 40) // 2)), _lit(_GLASS, light))
    saved = io.BytesIO()
    image.save(saved, "PNG")
    return saved.getvalue()


def manifest(bucket: str, keys: Iterable[str]) -> str:
    """JSON Lines: which of the pictures in a bucket, by their keys, show a bad bottle."""
    return "".join(f"{json.dumps(_line(bucket, key, bad='/bad/' in key))}\n" for key in keys)


def files(bucket: str) -> dict[str, bytes]:
    """All files by their keys; they are made for one bucket."""
    pictures = {
        f"{folder}/{number:02}.png": picture(first + number, damage=_damage(number) if folder.endswith("bad") else None)
        # No picture that a model is tried with is one that it was trained with.
        for first, (folder, count) in zip(range(0, 400, 100), _COUNTS.items(), strict=True)
        for number in range(count)
    }
    tests = manifest(bucket, (key for key in pictures if key.startswith("test/")))
    return {**pictures, "test.manifest": tests.encode()}


def _damage(number: int) -> str:
    return DAMAGES[number % len(DAMAGES)]


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
