"""Detection: what a hosted model says of an image.

Sources: API reference (DetectAnomalies), developer guide ("Detecting anomalies in an image").
"""

from __future__ import annotations

import io
from functools import partial
from typing import Any

from PIL import Image

from lookout_server.entities.codec import Kept
from lookout_server.protocol.errors import internal, validation
from lookout_server.service import Answer, LaterAnswer
from lookout_server.vision import images
from lookout_server.vision.call import Operation, VisionCall
from lookout_server.vision.errors import Invalid
from lookout_server.vision.masks import BACKGROUND, BACKGROUND_COLOR, area, pixels_of, rgb
from lookout_server.vision.profile import Profile, features_of

_FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG"}


def detect_anomalies(call: VisionCall) -> LaterAnswer:
    """DetectAnomalies: the model must be HOSTED, the image of the type that is named and of the model's dimensions."""
    call.authorize_model()
    model = call.model()
    named = f"Version {model.version} of project {call.parameters['ProjectName']}"
    identity = f"{call.parameters['ProjectName']}/{model.version}"
    call.refuse_unless(model, ("HOSTED",), "used", named, "MODEL", identity)
    if model.learned is None:
        raise internal(f"{named} is hosted, but was never trained")
    return partial(_judged, call, model.learned.profile)


def _judged(call: VisionCall, kept: Kept[Profile]) -> Answer:
    """What a model says of the image of the call; looking at it takes a moment."""
    profile = kept.value
    image = _image(call, profile)
    features = features_of(image)
    anomalous, confidence = profile.judge(features)
    result: dict[str, Any] = {"Source": {"Type": "direct"}, "IsAnomalous": anomalous, "Confidence": confidence}
    if profile.labels:
        mask = profile.segment(features)
        result |= {"Anomalies": _anomalies(profile, mask), "AnomalyMask": _png(mask)}
    return {"DetectAnomalyResult": result}


def _image(call: VisionCall, profile: Profile) -> Image.Image:
    kind = call.parameters["ContentType"]
    if kind not in _FORMATS:
        raise validation(f"ContentType: got {kind}, expected {' or '.join(_FORMATS)}")
    try:
        like = ("the images that the model was trained with", profile.size)
        return images.read(call.parameters["Body"], "Body", call.quotas, formats=(_FORMATS[kind],), like=like)
    except Invalid as error:
        raise validation(str(error)) from error


def _anomalies(profile: Profile, mask: Image.Image) -> list[dict[str, Any]]:
    """The background first, then each label that was found; the areas are shares of the image."""
    total = mask.width * mask.height
    colors = {BACKGROUND.lower(): BACKGROUND_COLOR} | {name: label.color for name, label in profile.labels.items()}
    found = {name: area(pixels_of(mask, rgb(color))) for name, color in colors.items()}
    return [
        {"Name": name, "PixelAnomaly": {"TotalPercentageArea": found[name] / total, "Color": color.upper()}}
        for name, color in colors.items()
        if found[name] or name == BACKGROUND.lower()
    ]


def _png(mask: Image.Image) -> bytes:
    content = io.BytesIO()
    mask.save(content, "PNG")
    return content.getvalue()


OPERATIONS: dict[str, Operation] = {"DetectAnomalies": detect_anomalies}
