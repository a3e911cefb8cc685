"""What models say of images, as members of DetectAnomalyResult; the models are at hand when they are asked again."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from lookout_server.detection.artifact import BadModel
from lookout_server.detection.images import BadPicture, Model
from lookout_server.detection.images.painting import Painting
from lookout_server.detection.images.pictures import Pixels
from lookout_server.entities.at_hand import AtHand
from lookout_server.vision import images
from lookout_server.vision.engines import unpacked
from lookout_server.vision.errors import Invalid

#: One takes about 3 MB, and all share their network.
_MODELS: AtHand[Model] = AtHand(16)
Read = Callable[[], bytes]


def load(name: str, read: Read, own: Path | None) -> Model:
    """A model by its digest; its zip is read when it is not at hand. Raises Invalid. own: `vision_backbone`."""
    try:
        return _MODELS.get(name, lambda: unpacked(read(), own))
    except BadModel as error:
        raise Invalid(f"The model cannot be used: {error}") from error


def look(model: Model, colors: Mapping[str, str], picture: bytes) -> dict[str, Any]:
    """What a model says of an image, which was measured before; raises Invalid when it is damaged."""
    try:
        if not colors:
            score = model.score(picture)
            return {"IsAnomalous": score.anomalous, "Confidence": score.confidence}
        found = model.judge(picture)
    except BadPicture as error:
        raise images.unreadable("Body", error) from error
    painting = Painting.of(found, colors)
    return {
        "IsAnomalous": found.anomalous,
        "Confidence": found.confidence,
        "Anomalies": [
            {"Name": part.name, "PixelAnomaly": {"TotalPercentageArea": part.share, "Color": part.color}}
            for part in painting.parts
        ],
        "AnomalyMask": _png(painting.mask),
    }


def try_out(model: Model, size: images.Size, colors: Mapping[str, str]) -> None:
    """Look at an image of the size, to see whether there is memory for it; raises MemoryError."""
    content = io.BytesIO()
    Image.new("RGB", size).save(content, "PNG", compress_level=1)
    look(model, colors, content.getvalue())


def _png(mask: Pixels) -> bytes:
    content = io.BytesIO()
    Image.fromarray(mask).save(content, "PNG")
    return content.getvalue()
