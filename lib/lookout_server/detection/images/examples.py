"""What is gathered from the pictures of a training: patches, never more than settings allow, and a few whole grids."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lookout_server.detection.images.changes import CHANGES
from lookout_server.detection.images.features import Extractor
from lookout_server.detection.images.labels import Flags, Region, regions
from lookout_server.detection.images.memory import Memory, Scaling, spread, steady
from lookout_server.detection.images.pictures import BadPicture, Floats, Halves, Picture, Preprocessing
from lookout_server.detection.images.settings import Settings

Integers = NDArray[np.int64]
Doubles = NDArray[np.float64]
#: A cell belongs to a mask that covers this part of it; of a mask too small for that, the cell with most of it does.
_COVERED = 0.25
#: Cells of a masked picture that are this many cells away from its masks are normal ones.
_AWAY = 2


@dataclass(frozen=True)
class Example:
    """An anomalous picture. masks: by label, which of its places, height x width, show that anomaly."""

    picture: Picture
    masks: Mapping[str, Flags] = field(default_factory=dict)


@dataclass(frozen=True)
class Patches:
    """features: patches x features. owners: the number of the picture that each is from. shares: what it counts."""

    features: Floats
    owners: Integers
    shares: Doubles

    @classmethod
    def of(cls, parts: Sequence[tuple[int, Floats]], width: int) -> Patches:
        """parts: numbers of pictures, and patches of them, which count as much in total for each."""
        if not parts:
            return cls(np.zeros((0, width), np.float32), np.zeros(0, np.int64), np.zeros(0))
        return cls(
            np.concatenate([patches for _, patches in parts]),
            np.concatenate([np.full(len(patches), owner) for owner, patches in parts]),
            np.concatenate([np.full(len(patches), 1 / max(len(patches), 1)) for _, patches in parts]),
        )

    def __len__(self) -> int:
        return len(self.features)

    def where(self, chosen: Flags) -> Patches:
        return Patches(self.features[chosen], self.owners[chosen], self.shares[chosen])


@dataclass(frozen=True)
class Gathered:
    """patches: for normal pictures, what is normal; for anomalous ones, what their masks cover.

    around: normal patches of anomalous pictures that have masks. grids: whole ones by the number of their picture;
    masks: which of their cells masks cover. regions: of masks, by label. count: of the pictures.
    """

    patches: Patches
    around: Patches
    grids: dict[int, Halves]
    masks: dict[int, Flags]
    regions: list[Region]
    count: int

    def without(self, fold: int, folds: int) -> Gathered:
        """What is learnt from the pictures of other folds; with a single one there is nothing else to learn from."""
        if folds == 1:
            return self
        patches, around = (one.where(one.owners % folds != fold) for one in (self.patches, self.around))
        grids = {number: grid for number, grid in self.grids.items() if number % folds != fold}
        return Gathered(patches, around, grids, self.masks, self.regions, self.count)

    def anomalous(self, scaling: Scaling, memory: Memory, settings: Settings) -> Patches:
        """What is anomalous: what masks cover, and in pictures without any, what is most unusual for the memory.

        It has to be the memory of the same fold: another one would have chosen what no normal picture of the fold has,
        and so have made them easy to tell.
        """
        found = [self.patches]
        for number in sorted(set(self.grids) - set(self.masks)):
            scaled = scaling(self.grids[number].astype(np.float32))
            distances = memory.distances(scaled)
            most = scaled[distances >= np.quantile(distances, 1 - settings.unmasked)]
            found.append(Patches.of([(number, most)], scaled.shape[1]))
        return Patches(
            np.concatenate([one.features for one in found]),
            np.concatenate([one.owners for one in found]),
            np.concatenate([one.shares for one in found]),
        )


def gather_normal(pictures: Sequence[Picture], extractor: Extractor, settings: Settings) -> Gathered:
    """One picture after another; of some, changed copies too."""
    kept = set(steady(len(pictures), settings.validated).tolist())
    copied = set(steady(len(pictures), settings.changed).tolist())
    quota = max(1, settings.gathered // max(1, len(pictures) + len(copied) * len(CHANGES)))
    parts: list[tuple[int, Floats]] = []
    grids: dict[int, Halves] = {}
    for number, picture in enumerate(pictures):
        with named(f"normal picture {number}"):
            start = number * (len(CHANGES) + 1)
            if number in kept:
                grid = extractor(picture)
                grids[number] = grid.astype(np.float16)
                parts.append((number, _some(grid.reshape(-1, grid.shape[2]), quota, start)))
            else:
                parts.append((number, extractor.some(picture, None, quota, start)))
            for place, change in enumerate(CHANGES if number in copied else (), start + 1):
                parts.append((number, extractor.some(picture, change, quota, place)))
    width = parts[0][1].shape[1]
    return Gathered(Patches.of(parts, width), Patches.of([], width), grids, {}, [], len(pictures))


def gather_anomalous(
    examples: Sequence[Example], extractor: Extractor, scaling: Scaling, settings: Settings
) -> Gathered:
    """One picture after another. Whole grids are kept of some, which are all that counts of those without masks."""
    kept = set(steady(len(examples), settings.validated).tolist())
    quota = max(8, settings.gathered // max(1, len(examples)))
    inside: list[tuple[int, Floats]] = []
    outside: list[tuple[int, Floats]] = []
    grids: dict[int, Halves] = {}
    masks: dict[int, Flags] = {}
    found: list[Region] = []
    for number, example in enumerate(examples):
        with named(f"anomalous picture {number}"):
            grid = extractor(example.picture)
            covers = dict(covered(example, extractor.preprocessing, grid.shape[:2]))
        if number in kept:
            grids[number] = grid.astype(np.float16)
        if covers:
            cover, scaled = np.max(list(covers.values()), axis=0), scaling(grid)
            masks[number] = cells_of(cover)
            inside.append((number, _some(scaled[masks[number].ravel()], quota, number)))
            outside.append((number, _some(scaled[~near(cover > 0, _AWAY).ravel()], quota, number)))
            for label, one in covers.items():
                found += regions(cells_of(one), scaled, label, number)
    width = len(scaling.mean)
    return Gathered(Patches.of(inside, width), Patches.of(outside, width), grids, masks, found, len(examples))


@contextmanager
def named(what: str) -> Iterator[None]:
    """Which of many pictures it is that cannot be learnt."""
    try:
        yield
    except BadPicture as error:
        raise BadPicture(f"{what}: {error}") from error


def _some(patches: Floats, quota: int, start: int) -> Floats:
    found: Floats = patches[spread(len(patches), quota, start)]
    return found


def covered(example: Example, preprocessing: Preprocessing, shape: tuple[int, ...]) -> Iterator[tuple[str, Floats]]:
    """By label, how much of each cell its mask covers; raises `BadPicture` for masks of another size."""
    if not example.masks:
        return
    size = preprocessing.decoded(example.picture).shape[:2]
    left, top, right, bottom = preprocessing.box(*size)
    for label, mask in sorted(example.masks.items()):
        if mask.shape != size:
            raise BadPicture(f"mask {label}: got the shape {mask.shape}, expected that of its picture, {size}")
        if mask[top:bottom, left:right].any():
            seen = Image.fromarray(mask[top:bottom, left:right].astype(np.float32))
            rows, columns = shape
            yield label, np.asarray(seen.resize((columns, rows), Image.Resampling.BOX))


def cells_of(cover: Floats) -> Flags:
    found: Flags = cover >= min(_COVERED, float(cover.max()))
    return found


def near(flags: Flags, cells: int) -> Flags:
    """Where there is one within so many cells, in any direction."""
    for axis in (0, 1):
        wide = np.pad(flags, [(cells, cells) if at == axis else (0, 0) for at in (0, 1)])
        length = flags.shape[axis]
        flags = np.any([np.take(wide, range(at, at + length), axis) for at in range(2 * cells + 1)], axis=0)
    return flags
