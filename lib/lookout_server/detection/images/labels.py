"""Which anomaly it is that a part of a picture shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lookout_server.detection.images.pictures import Floats

Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]
#: How far the covariance of regions is drawn to its diagonal, and the part of the mean variance that is always there.
_SHRINKAGE, _FLOOR = 0.5, 0.1


@dataclass(frozen=True)
class Region:
    """A connected part of a picture: which label it has, of which picture it is, and what it looks like."""

    label: str
    owner: int
    features: Floats


@dataclass(frozen=True)
class Labels:
    """names: of the anomalies. weights: names x (features of a region and a bias): the largest sum is the label."""

    names: tuple[str, ...]
    weights: Floats

    @classmethod
    def fit(cls, found: Sequence[Region]) -> Labels:
        """Linear discriminants: regions of a label are about its mean, all labels in the same way."""
        names = tuple(sorted({region.label for region in found}))
        values = np.stack([region.features for region in found]).astype(np.float64)
        which = np.array([names.index(region.label) for region in found])
        means = np.stack([values[which == at].mean(0) for at in range(len(names))])
        rest = values - means[which]
        covariance = rest.T @ rest / max(len(values) - len(names), 1)
        variances = np.diag(covariance)
        shrunk = (1 - _SHRINKAGE) * covariance + _SHRINKAGE * np.diag(variances)
        shrunk += (_FLOOR * float(variances.mean()) + 1e-9) * np.eye(len(variances))
        slopes = np.linalg.solve(shrunk, means.T).T
        return cls(names, np.column_stack([slopes, -0.5 * (slopes * means).sum(1)]).astype(np.float32))

    def of(self, features: Floats) -> str:
        return self.names[int((self.weights[:, :-1] @ features + self.weights[:, -1]).argmax())]

    def divided(self, places: Flags, scaled: Floats, box: tuple[int, int, int, int]) -> dict[str, Flags]:
        """Give every anomalous place of a picture to a label.

        places: height x width. scaled: rows x columns x features of what lies in the box of it.
        """
        left, top, right, bottom = box
        rows, columns, width = scaled.shape
        seen = Image.fromarray(places[top:bottom, left:right].astype(np.float32))
        cells = np.asarray(seen.resize((columns, rows), Image.Resampling.BOX)) > 0
        number = np.zeros((rows, columns), np.int64)
        for part in components(cells):
            features = described(part, scaled.reshape(-1, width))
            number[part] = 1 + self.names.index(self.of(features))
        large = Image.fromarray(number.astype(np.float32)).resize(
            (right - left, bottom - top), Image.Resampling.NEAREST
        )
        given = np.zeros(places.shape, np.int64)
        given[top:bottom, left:right] = np.asarray(large)
        found = {name: places & (given == at) for at, name in enumerate(self.names, 1)}
        return {name: flags for name, flags in found.items() if flags.any()}


def regions(cells: Flags, scaled: Floats, label: str, owner: int) -> Iterator[Region]:
    """The connected parts of a mask in cells. scaled: cells x features."""
    for part in components(cells):
        yield Region(label, owner, described(part, scaled))


def described(part: Flags, scaled: Floats) -> Floats:
    """What a region looks like: its mean features, how large it is and how long in proportion."""
    inside = scaled[part.ravel()] * np.sqrt(scaled.shape[1])
    places = np.argwhere(part).astype(np.float64)
    spread = np.linalg.eigvalsh(np.cov(places.T, bias=True) + np.eye(2) / 12) if len(places) > 1 else np.full(2, 1 / 12)
    shape = [np.log(len(places)), np.log(spread[1] / spread[0]), np.log(spread[0])]
    return np.concatenate([inside.mean(0), np.array(shape, np.float32)]).astype(np.float32)


def components(cells: Flags, *, corners: bool = True) -> Iterator[Flags]:
    """The parts that are connected by sides, or also by corners, in the order of their first cells."""
    names = numbered(cells, corners=corners)
    for name in np.unique(names[cells]):
        yield names == name


def numbered(cells: Flags, *, corners: bool = True) -> Integers:
    """Each cell gets the number of the first cell of its part: the smaller one goes along rows and columns, to and fro.

    Cells outside of all parts get their count.
    """
    nothing = cells.size
    names = np.where(cells, np.arange(nothing).reshape(cells.shape), nothing)
    while True:
        wide = np.pad(names, 1, constant_values=nothing)
        rows = np.minimum(np.minimum(wide[:-2], wide[1:-1]), wide[2:])
        beside = rows if corners else wide[1:-1]
        around = np.minimum(np.minimum(beside[:, :-2], rows[:, 1:-1]), beside[:, 2:])
        grown = np.where(cells, around, nothing)
        # A cell takes on the name that the cell after which it is named has by now: the way doubles with every round.
        known = np.append(grown.ravel(), nothing)
        grown = np.where(cells, known[grown], nothing)
        if np.array_equal(grown, names):
            return names
        names = grown
