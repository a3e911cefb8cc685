"""Models of the detector as blobs: `manifest.json` and arrays, in a zip archive, and nothing in it that could run."""

from __future__ import annotations

from lookout_server.detection import artifact
from lookout_server.detection.sensors import Model, contents, load
from lookout_server.entities.at_hand import AtHand
from lookout_server.entities.blob import Blob, Keeper

#: One of 300 sensors takes about 4 MB.
_MODELS: AtHand[Model] = AtHand(16)


def keep(keeper: Keeper, model: Model) -> Blob:
    """Keep a model."""
    blob = keeper.keep(artifact.packed(contents(model)))
    if blob.digest:
        _MODELS.put(blob.digest, model)
    return blob


def model_of(blob: Blob) -> Model:
    """The model in a blob; raises BlobMissing, and BadModel for what this release cannot read."""

    def read() -> Model:
        return load(artifact.unpacked(blob.read()))

    return _MODELS.get(blob.digest, read) if blob.digest else read()
