"""Pictures as grids of features, with a memory of those that were seen before."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from lookout_server.detection.images.backbone import Backbone
from lookout_server.detection.images.changes import CHANGES
from lookout_server.detection.images.grids import mean3, stretched
from lookout_server.detection.images.pictures import Floats, Halves, Picture, Pixels, Preprocessing, digest

#: Features are kept in 16 bits, which know no larger number.
_LARGEST = 60_000


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
            return _unpacked(np.load(io.BytesIO(kept), allow_pickle=False))
        found, stream = self.of_pixels(self.preprocessing.decoded(picture), change), io.BytesIO()
        np.save(stream, _packed(found), allow_pickle=False)
        self.cache.put(key, stream.getvalue())
        return found

    def of_pixels(self, pixels: Pixels, change: str | None = None) -> Floats:
        """Likewise, of a picture that is decoded. The numbers have the precision in which they are kept."""
        resized = self.preprocessing.resized(pixels)
        layers = self.backbone(CHANGES[change](resized) if change else resized, self.preprocessing, self.layers)
        rows, columns = layers[0].shape[:2]
        grid = np.concatenate([stretched(mean3(layer), rows, columns) for layer in layers], axis=2)
        return _unpacked(_packed(grid))

    def _key(self, picture: Picture, change: str | None) -> str:
        asked = [digest(picture), self.backbone.identity, self.layers, change, dataclasses.asdict(self.preprocessing)]
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def _packed(grid: Floats) -> Halves:
    return np.clip(grid, -_LARGEST, _LARGEST).astype(np.float16)


def _unpacked(grid: Halves) -> Floats:
    return grid.astype(np.float32)
