"""A model of sensors on disk, see `detection.artifact`."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from lookout_server.detection import artifact
from lookout_server.detection.sensors.calibration import Calibration
from lookout_server.detection.sensors.model import Model
from lookout_server.detection.sensors.normal import Normal
from lookout_server.detection.sensors.scaling import Scaling
from lookout_server.detection.sensors.settings import Settings
from lookout_server.detection.sensors.threshold import Threshold
from lookout_server.detection.sensors.views import VIEWS
from lookout_server.detection.sensors.views.relations import Relations

FORMAT = 1


def save(model: Model, directory: Path) -> None:
    """Write the model into the directory, which is made where it is missing. The same model gives the same bytes."""
    header = {"names": model.names, "longest": model.longest, "settings": dataclasses.asdict(model.settings)}
    artifact.write(directory, FORMAT, header, _parts(model))


def load(directory: Path) -> Model:
    """Read a model; its scores are those of the one that was saved, to the last bit."""
    stored = artifact.Stored.open(directory, FORMAT)
    try:
        settings = stored.settings(Settings)
        views = {name: stored.part(VIEWS[name], f"view-{name}") for name in settings.views}
        normal = Normal(
            stored.part(Scaling, "scaling"),
            stored.part(Relations, "others"),
            views,
            settings.switch_weight,
        )
        calibration = stored.part(Calibration, "calibration")
        threshold = stored.part(Threshold, "threshold")
        names, longest = tuple(stored.manifest["names"]), stored.manifest["longest"]
        return Model(names, longest, settings, normal, calibration, threshold)
    except (KeyError, TypeError) as error:
        raise stored.lacks(error) from error


def _parts(model: Model) -> dict[str, Any]:
    normal = model.normal
    return {
        "scaling": normal.scaling,
        "others": normal.others,
        "calibration": model.calibration,
        "threshold": model.threshold,
        **{f"view-{name}": view for name, view in normal.views.items()},
    }
