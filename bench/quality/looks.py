"""Draw docs/pictures: `python -m bench.quality.looks DIRECTORY`, original, map and mask of pictures of the tests.

Only of sets that may be passed on: see docs/pictures/README.md.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from bench.quality.pictures import Kept, trained
from bench.quality.splits import picture_sets, splits
from lookout_server.detection.images import Model
from lookout_server.detection.images.pictures import Floats, Pixels

PAGES = Path(__file__).parents[2] / "docs/pictures"
_SHOWN = ("aliens", "cookie")
_NORMALS, _ANOMALIES = 20, 10
#: Of each set, so many anomalous pictures of the test, and a normal one.
_COUNT = 4
_WIDTH, _GAP, _QUALITY = 200, 6, 80
_MASK = (214, 39, 40)


def main(directory: Path) -> None:
    """Whatever sets of those that may be shown are in the directory or in one below it."""
    places = [directory, *sorted(path for path in directory.iterdir() if path.is_dir())]
    found = [folder for place in places for folder in picture_sets(place) if folder.name in _SHOWN]
    if not found:
        sys.exit(f"{directory}: got none of {', '.join(_SHOWN)}, expected <set>/normal and <set>/anomaly of them")
    for folder in found:
        (split,) = splits(folder, normals=_NORMALS, anomalies=_ANOMALIES, seeds=(0,))
        model = trained(split, Kept())
        pairs = list(zip(split.test, split.truth, strict=True))
        chosen = [path for path, truth in pairs if truth][:_COUNT] + [path for path, truth in pairs if not truth][:1]
        grid(model, chosen).save(PAGES / f"{folder.name}.jpg", quality=_QUALITY)


def grid(model: Model, chosen: list[Path]) -> Image.Image:
    """A column for each picture: as it is, how anomalous each place is, and what is shown as the anomaly."""
    columns = [column(model, path) for path in chosen]
    height, width = columns[0][0].shape[:2]
    page = Image.new("RGB", (len(columns) * (width + _GAP) - _GAP, 3 * (height + _GAP) - _GAP), "white")
    for x, cells in enumerate(columns):
        for y, cell in enumerate(cells):
            page.paste(Image.fromarray(cell), (x * (width + _GAP), y * (height + _GAP)))
    return page


def column(model: Model, path: Path) -> list[Pixels]:
    pixels = model.preprocessing.decoded(path.read_bytes())
    judgement = model.judge(pixels)
    painted = pixels // 2 + 127
    painted[judgement.mask] = _MASK
    return [smaller(cell) for cell in (pixels, warm(judgement.map), painted)]


def warm(places: Floats) -> Pixels:
    """From black at 0 over red to yellow and white at 1."""
    levels = np.stack([3 * places, 3 * places - 1, 3 * places - 2], axis=2)
    return (levels.clip(0, 1) * 255).astype(np.uint8)


def smaller(pixels: Pixels) -> Pixels:
    height = round(_WIDTH * pixels.shape[0] / pixels.shape[1])
    return np.array(Image.fromarray(pixels).resize((_WIDTH, height), Image.Resampling.LANCZOS))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
