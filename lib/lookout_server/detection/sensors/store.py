"""A model of sensors on disk, see `detection.artifact`."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
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
    artifact.write(directory, FORMAT, _header(model), _parts(model))


def contents(model: Model) -> dict[str, bytes]:
    """What `save` writes, by the names of the files."""
    return artifact.contents(FORMAT, _header(model), _parts(model))


def load(place: Path | Mapping[str, bytes]) -> Model:
    """Read a model, of a directory or of its contents; its scores are those of what was saved, to the last bit."""
    stored = artifact.Stored.open(place, FORMAT)
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


def _header(model: Model) -> dict[str, Any]:
    return {"names": model.names, "longest": model.longest, "settings": dataclasses.asdict(model.settings)}


def _parts(model: Model) -> dict[str, Any]:
    normal = model.normal
    return {
        "scaling": normal.scaling,
        "others": normal.others,
        "calibration": model.calibration,
        "threshold": model.threshold,
        **{f"view-{name}": view for name, view in normal.views.items()},
    }
