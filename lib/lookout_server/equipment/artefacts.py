"""Models of the detector as blobs: `manifest.json` and arrays, in a zip archive, and nothing in it that could run."""

from __future__ import annotations

import io
import threading
import zipfile
from collections import OrderedDict

from lookout_server.detection.sensors import Model, contents, load
from lookout_server.entities.blob import Blob, Keeper

#: Models that a process has at hand; one of 300 sensors takes about 4 MB.
_AT_HAND = 16
#: The archive of a model is the same whenever it is made.
_TIME = (1980, 1, 1, 0, 0, 0)

_loaded: OrderedDict[str, Model] = OrderedDict()
_lock = threading.Lock()


def keep(keeper: Keeper, model: Model) -> Blob:
    """Keep a model."""
    blob = keeper.keep(packed(model))
    _remember(blob, model)
    return blob


def model_of(blob: Blob) -> Model:
    """The model in a blob; raises BlobMissing, and BadModel for what this release cannot read."""
    with _lock:
        found = _loaded.get(blob.digest or "")
    model = found or unpacked(blob.read())
    _remember(blob, model)
    return model


def packed(model: Model) -> bytes:
    """A model as the bytes of an archive: the same model gives the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in contents(model).items():
            archive.writestr(zipfile.ZipInfo(name, _TIME), content)
    return out.getvalue()


def unpacked(content: bytes) -> Model:
    """The model in such an archive; raises BadModel."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return load({name: archive.read(name) for name in archive.namelist()})


def _remember(blob: Blob, model: Model) -> None:
    if blob.digest:
        with _lock:
            _loaded[blob.digest] = model
            _loaded.move_to_end(blob.digest)
            while len(_loaded) > _AT_HAND:
                _loaded.popitem(last=False)
