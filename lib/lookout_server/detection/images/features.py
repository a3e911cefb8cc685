"""Pictures as grids of features, with a memory of those that were seen before."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lookout_server.detection.artifact import array
from lookout_server.detection.images.backbone import Backbone
from lookout_server.detection.images.changes import CHANGES
from lookout_server.detection.images.grids import mean3, stretched
from lookout_server.detection.images.memory import ALIKE, order
from lookout_server.detection.images.pictures import Floats, Halves, Picture, Pixels, Preprocessing, digest

#: Features are kept in 16 bits, which know no larger number.
_LARGEST = 60_000
#: Raised when the same picture, backbone and preprocessing give other features than before.
VERSION = 1


class Cache(Protocol):
    """Where features are kept, by what they are of: the same key always means the same content."""

    def get(self, key: str) -> bytes | None: ...

    def put(self, key: str, content: bytes) -> None: ...


@dataclass(frozen=True)
class Extractor:
    backbone: Backbone
    preprocessing: Preprocessing
    layers: tuple[str, ...]
    cache: Cache | None = None

    def __post_init__(self) -> None:
        if unknown := set(self.layers) - set(self.backbone.layers):
            raise ValueError(
                f"layers: got {', '.join(sorted(unknown))}, expected some of {', '.join(self.backbone.layers)}"
            )

    def __call__(self, picture: Picture, change: str | None = None) -> Floats:
        """rows x columns x channels of a picture, or of a copy of it that was changed; see `CHANGES`."""
        if self.cache is None:
            return self.of_pixels(self.preprocessing.decoded(picture), change)
        key = self._key(picture, change)
        if (kept := self.cache.get(key)) is not None:
            return _unpacked(array(io.BytesIO(kept)))
        found = self.of_pixels(self.preprocessing.decoded(picture), change)
        self.cache.put(key, _saved(_packed(found)))
        return found

    def some(self, picture: Picture, change: str | None, wanted: int, start: int) -> Floats:
        """patches x channels: so many cells of a picture, spread evenly; each *start* gives others.

        Only these, and some more, are kept: a hundredth of the whole grid.
        """
        if self.cache is None or wanted > ALIKE:
            return _of(self(picture, change), wanted, start)
        key = self._key(picture, change, start)
        if (kept := self.cache.get(key)) is not None:
            stream = io.BytesIO(kept)
            count, cells = (array(stream) for _ in range(2))
            places = order(int(count), wanted, start)
            return _unpacked(cells[: len(places)][np.argsort(places)])
        if (kept := self.cache.get(self._key(picture, change))) is not None:  # the whole of it was wanted before
            return _of(_unpacked(array(io.BytesIO(kept))), wanted, start)
        grid = self.of_pixels(self.preprocessing.decoded(picture), change)
        cells = _packed(grid.reshape(-1, grid.shape[2]))
        self.cache.put(key, _saved(np.array(len(cells)), cells[order(len(cells), ALIKE, start)]))
        return _of(grid, wanted, start)

    def of_pixels(self, pixels: Pixels, change: str | None = None) -> Floats:
        """Likewise, of a picture that is decoded. The numbers have the precision in which they are kept."""
        resized = self.preprocessing.resized(pixels)
        layers = self.backbone(CHANGES[change](resized) if change else resized, self.preprocessing, self.layers)
        rows, columns = layers[0].shape[:2]
        grid = np.concatenate([stretched(mean3(layer), rows, columns) for layer in layers], axis=2)
        return _unpacked(_packed(grid))

    def _key(self, picture: Picture, change: str | None, *some: int) -> str:
        how = [self.backbone.identity, self.layers, dataclasses.asdict(self.preprocessing)]
        asked = [VERSION, digest(picture), *how, change, *some]
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def _of(grid: Floats, wanted: int, start: int) -> Floats:
    cells: Floats = grid.reshape(-1, grid.shape[2])
    return cells[np.sort(order(len(cells), wanted, start))]


def _saved(*arrays: NDArray[Any]) -> bytes:
    stream = io.BytesIO()
    for each in arrays:
        np.save(stream, each, allow_pickle=False)
    return stream.getvalue()


def _packed(grid: Floats) -> Halves:
    return np.clip(grid, -_LARGEST, _LARGEST).astype(np.float16)


def _unpacked(grid: Halves) -> Floats:
    return grid.astype(np.float32)
