"""What models say of images, as members of DetectAnomalyResult; the models are at hand when they are asked again."""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from PIL import Image

from lookout_server.detection.artifact import BadModel
from lookout_server.detection.images import BadPicture, Model
from lookout_server.detection.images.labels import Flags
from lookout_server.vision import images
from lookout_server.vision.engines import unpacked
from lookout_server.vision.errors import Invalid
from lookout_server.vision.masks import BACKGROUND, BACKGROUND_COLOR, rgb

#: Models that are at hand. One takes about 3 MB, and all share their network.
_MOST = 16
_loaded: OrderedDict[str, Model] = OrderedDict()
_lock = threading.Lock()
Read = Callable[[], bytes]


def load(name: str, read: Read) -> Model:
    """A model by its digest; its zip is read when it is not at hand. Raises Invalid."""
    with _lock:
        if name in _loaded:
            _loaded.move_to_end(name)
            return _loaded[name]
    try:
        model = unpacked(read())
    except BadModel as error:
        raise Invalid(f"The model cannot be used: {error}") from error
    with _lock:
        _loaded[name] = model
        while len(_loaded) > _MOST:
            _loaded.popitem(last=False)
    return model


def look(model: Model, size: images.Size, colors: Mapping[str, str], picture: bytes) -> dict[str, Any]:
    """What a model says of an image, which was measured before; raises Invalid when it is damaged."""
    try:
        if not colors:
            score = model.score(picture)
            return {"IsAnomalous": score.anomalous, "Confidence": score.confidence}
        found = model.judge(picture)
    except BadPicture as error:
        raise images.unreadable("Body", error) from error
    return {
        "IsAnomalous": found.anomalous,
        "Confidence": found.confidence,
        "Anomalies": _anomalies(found.areas, colors),
        "AnomalyMask": _mask(found.labels, size, colors),
    }


def try_out(model: Model, size: images.Size, colors: Mapping[str, str]) -> None:
    """Look at an image of the size, to see whether there is memory for it; raises MemoryError."""
    content = io.BytesIO()
    Image.new("RGB", size).save(content, "PNG", compress_level=1)
    look(model, size, colors, content.getvalue())


def _anomalies(areas: Mapping[str, float], colors: Mapping[str, str]) -> list[dict[str, Any]]:
    """The background first, then each label that was found; the areas are shares of the image."""
    shares = {name: area / 100 for name, area in areas.items() if area}
    every = {BACKGROUND.lower(): (1 - sum(shares.values()), BACKGROUND_COLOR)}
    every |= {name: (shares[name], color) for name, color in colors.items() if name in shares}
    return [
        {"Name": name, "PixelAnomaly": {"TotalPercentageArea": share, "Color": color.upper()}}
        for name, (share, color) in every.items()
    ]


def _mask(labels: Mapping[str, Flags], size: images.Size, colors: Mapping[str, str]) -> bytes:
    """A PNG of the size of the image: each label in its colour, all else white."""
    shown = np.zeros((size[1], size[0]), np.uint8)
    palette = list(rgb(BACKGROUND_COLOR))
    for place, (name, color) in enumerate(colors.items(), 1):
        palette += rgb(color)
        if name in labels:
            shown[labels[name]] = place
    image = Image.fromarray(shown)
    image.putpalette(palette)
    content = io.BytesIO()
    image.convert("RGB").save(content, "PNG")
    return content.getvalue()
