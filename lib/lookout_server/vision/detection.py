"""Detection: what a hosted model says of an image.

Sources: API reference (DetectAnomalies), developer guide ("Detecting anomalies in an image").
"""

from __future__ import annotations

from functools import partial
from typing import Any

from lookout_server.protocol.errors import internal, validation
from lookout_server.service import Answer, LaterAnswer
from lookout_server.vision import images
from lookout_server.vision.call import Operation, VisionCall
from lookout_server.vision.errors import Invalid
from lookout_server.vision.state import Inspector

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
    return partial(_judged, call, model.learned.inspector, model.units["MinInferenceUnits"])


def _judged(call: VisionCall, inspector: Inspector, units: int) -> Answer:
    """What a model says of the image of the call; looking at it takes a moment."""
    _check(call, inspector)
    try:
        found = call.inspection.look(call.keeper, inspector, units, call.parameters["Body"])
    except Invalid as error:
        raise validation(str(error)) from error
    result: dict[str, Any] = {"Source": {"Type": "direct"}, **found}
    return {"DetectAnomalyResult": result}


def _check(call: VisionCall, inspector: Inspector) -> None:
    """The image must be of the type that is named, and have the dimensions of the model's images."""
    kind = call.parameters["ContentType"]
    if kind not in _FORMATS:
        raise validation(f"ContentType: got {kind}, expected {' or '.join(_FORMATS)}")
    try:
        like = ("the images that the model was trained with", inspector.size)
        images.measured(call.parameters["Body"], "Body", call.quotas, formats=(_FORMATS[kind],), like=like)
    except Invalid as error:
        raise validation(str(error)) from error


OPERATIONS: dict[str, Operation] = {"DetectAnomalies": detect_anomalies}
