"""Public pictures, divided into those to learn from and those to judge, always in the same way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lookout_server.detection.images import Example

Flags = NDArray[np.bool_]
#: How many pictures are for the test: a part of the normal ones within these bounds, and half of the anomalous ones.
_LEAST, _MOST, _PART = 14, 40, 4
_SHUFFLE, _DRAW = 7, 100  # seeds


@dataclass(frozen=True)
class Split:
    """normal, anomalous: to learn from. test: what is judged; truth: whether each of those is anomalous."""

    set: str
    seed: int
    normal: list[Path]
    anomalous: list[Path]
    test: list[Path]
    truth: list[bool]

    def examples(self) -> list[Example]:
        return [Example(path.read_bytes(), masks_of(path)) for path in self.anomalous]


def picture_sets(directory: Path) -> list[Path]:
    """The folders with `normal` and `anomaly` in them."""
    return sorted(path.parent for path in directory.glob("*/normal") if (path.parent / "anomaly").is_dir())


def splits(folder: Path, *, normals: int, anomalies: int, seeds: Sequence[int] = (0, 1, 2)) -> Iterator[Split]:
    """One for each seed. The test is the same in all of them, whatever is learnt from."""
    shuffle = np.random.default_rng(_SHUFFLE)
    good, bad = (_shuffled(sorted((folder / kind).iterdir()), shuffle) for kind in ("normal", "anomaly"))
    first, second = min(_MOST, max(_LEAST, len(good) // _PART)), min(_MOST, len(bad) // 2)
    for seed in seeds:
        draw = np.random.default_rng(_DRAW + seed)
        yield Split(
            folder.name,
            seed,
            _shuffled(good[first:], draw)[:normals],
            _shuffled(bad[second:], draw)[:anomalies],
            [*good[:first], *bad[:second]],
            [False] * first + [True] * second,
        )


def _shuffled(paths: list[Path], random: np.random.Generator) -> list[Path]:
    return [paths[at] for at in random.permutation(len(paths))]


def masks_of(picture: Path) -> dict[str, Flags]:
    """`<set>/mask/<stem>.png`, white where the defect is, or `<set>/mask/<label>/<stem>.png`.

    Nothing without any, and for normal pictures, which may have the same names.
    """
    if picture.parent.name != "anomaly":
        return {}
    folder, found = picture.parent.parent / "mask", dict[str, Flags]()
    for file in (folder / f"{picture.stem}.png", *sorted(folder.glob(f"*/{picture.stem}.png"))):
        if file.is_file():
            mask: Any = np.asarray(Image.open(file).convert("L")) > 127
            found["defect" if file.parent == folder else file.parent.name] = mask
    return {label: mask for label, mask in found.items() if mask.any()}
