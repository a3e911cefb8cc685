"""The memory of normal patches: what is far from all of them is unusual (Roth et al., 2022, "PatchCore")."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lookout_server.detection.images.pictures import Floats, Halves

#: Patches whose distances to the whole memory are computed at once: it bounds the memory that this takes.
_CHUNK = 2_048
#: See `order`.
ALIKE = 128
#: The golden ratio's fraction: its multiples spread evenly, however many there are. Where they start is a multiple of
#: another irrational number, or the places of one picture would be those of the next.
_GOLDEN, _START = 0.6180339887498949, 0.41421356237309515


@dataclass(frozen=True)
class Scaling:
    """Features as deviations from normal ones, divided by the root of their number."""

    mean: Floats
    deviation: Floats

    @classmethod
    def fit(cls, patches: Floats) -> Scaling:
        """patches: patches x features."""
        spread = patches.std(0, dtype=np.float64)
        floor = 1e-3 * float(np.sqrt((spread**2).mean())) + 1e-6
        scale = (spread + floor) * np.sqrt(patches.shape[1])
        return cls(patches.mean(0, dtype=np.float64).astype(np.float32), scale.astype(np.float32))

    def __call__(self, features: Floats) -> Floats:
        """patches x features, whatever the shape of the grid was."""
        return (features.reshape(-1, len(self.mean)) - self.mean) / self.deviation


@dataclass(frozen=True)
class Memory:
    #: patches x features, scaled.
    patches: Halves

    @classmethod
    def fit(cls, patches: Floats, remembered: int) -> Memory:
        """Remember so many of the patches: the one farthest from the mean, then always the one farthest from those.

        Every patch is then near a remembered one (greedy k-centre); nothing is drawn, so it is always the same ones.
        """
        kept = patches.astype(np.float16).astype(np.float32)
        squares = (kept * kept).sum(1)
        at = int((squares - 2 * kept @ kept.mean(0)).argmax())
        left, chosen = np.full(len(kept), np.inf, np.float32), [at]
        while len(chosen) < min(remembered, len(kept)):
            left = np.minimum(left, squares - 2 * (kept @ kept[at]) + squares[at])
            left[at] = -np.inf  # rounding must not choose a patch twice
            at = int(left.argmax())
            chosen.append(at)
        return cls(kept[chosen].astype(np.float16))

    @cached_property
    def _bank(self) -> tuple[Floats, Floats]:
        bank = self.patches.astype(np.float32)
        return bank, (bank * bank).sum(1)

    def distances(self, scaled: Floats) -> Floats:
        """Of each patch, to the nearest one that is remembered.

        The nearest is found by |a - b|² = |a|² + |b|² - 2ab, and its distance then taken exactly.
        """
        bank, squares = self._bank
        found = np.empty(len(scaled), np.float32)
        for start in range(0, len(scaled), _CHUNK):
            some = scaled[start : start + _CHUNK]
            products = some @ bank.T
            products *= -2
            products += squares
            found[start : start + _CHUNK] = np.sqrt(((some - bank[products.argmin(1)]) ** 2).sum(1))
        return found


def spread(count: int, wanted: int, start: int = 0) -> NDArray[np.int64]:
    """So many of the numbers below *count*, or all of them, spread evenly; each *start* gives others."""
    return np.sort(order(count, wanted, start))


def steady(count: int, wanted: int) -> NDArray[np.int64]:
    """So many of the numbers below *count*, or all of them, spread evenly; with a few more numbers, nearly the same."""
    return np.sort(np.argsort(-(np.arange(count) * _GOLDEN % 1))[:wanted])


def order(count: int, wanted: int, start: int) -> NDArray[np.int64]:
    """The numbers of `spread` in the order in which it comes to them.

    They begin with those of which less is wanted, as long as no more than `ALIKE` are.
    """
    steps = np.arange(1, max(wanted, ALIKE) + 1)
    places = (((start * _START + steps * _GOLDEN) % 1) * count).astype(np.int64)
    found = np.concatenate([places, np.arange(count)])
    _, first = np.unique(found, return_index=True)
    return found[np.sort(first)][:wanted]
