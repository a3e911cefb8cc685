"""A model on disk: `manifest.json` and one `.npy` file for each array, and nothing in them that could run."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from lookout_server.detection.sensors.calibration import Calibration
from lookout_server.detection.sensors.model import Model
from lookout_server.detection.sensors.normal import Normal
from lookout_server.detection.sensors.scaling import Scaling
from lookout_server.detection.sensors.settings import Settings
from lookout_server.detection.sensors.threshold import Threshold
from lookout_server.detection.sensors.views import VIEWS
from lookout_server.detection.sensors.views.relations import Relations

FORMAT = 1
_MANIFEST = "manifest.json"
_Part = TypeVar("_Part")


class BadModel(ValueError):
    """What is in the directory is not a model that this release can read."""


def save(model: Model, directory: Path) -> None:
    """Write the model into the directory, which is made where it is missing. The same model gives the same bytes."""
    directory.mkdir(parents=True, exist_ok=True)
    hashes, numbers = {}, {}
    for name, part in _parts(model).items():
        for field in dataclasses.fields(part):
            value, key = getattr(part, field.name), f"{name}.{field.name}"
            if isinstance(value, np.ndarray):
                stream = io.BytesIO()
                np.save(stream, value, allow_pickle=False)
                (directory / f"{key}.npy").write_bytes(stream.getvalue())
                hashes[key] = hashlib.sha256(stream.getvalue()).hexdigest()
            else:
                numbers[key] = value
    manifest = {
        "format": FORMAT,
        "names": model.names,
        "longest": model.longest,
        "settings": dataclasses.asdict(model.settings),
        "numbers": numbers,
        "arrays": hashes,
    }
    text = json.dumps(manifest, indent=1, sort_keys=True, allow_nan=False)
    (directory / _MANIFEST).write_text(text, encoding="utf-8")  # last: what has a manifest is whole


def load(directory: Path) -> Model:
    """Read a model; its scores are those of the one that was saved, to the last bit."""
    try:
        manifest = json.loads((directory / _MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadModel(f"{directory / _MANIFEST}: got {error}, expected the manifest of a model") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        found = manifest.get("format") if isinstance(manifest, dict) else None
        raise BadModel(
            f"{directory / _MANIFEST}: got the format {found}, expected {FORMAT}; use the release that wrote it"
        )
    try:
        given: dict[str, Any] = manifest["settings"]
        settings = Settings(**given | {key: tuple(value) for key, value in given.items() if isinstance(value, list)})
        views = {name: _read(VIEWS[name], f"view-{name}", directory, manifest) for name in settings.views}
        normal = Normal(
            _read(Scaling, "scaling", directory, manifest),
            _read(Relations, "others", directory, manifest),
            views,
            settings.switch_weight,
        )
        calibration = _read(Calibration, "calibration", directory, manifest)
        threshold = _read(Threshold, "threshold", directory, manifest)
        return Model(tuple(manifest["names"]), manifest["longest"], settings, normal, calibration, threshold)
    except (KeyError, TypeError) as error:
        raise BadModel(f"{directory / _MANIFEST}: lacks, or has too much of, what makes a model: {error}") from error


def _parts(model: Model) -> dict[str, Any]:
    normal = model.normal
    return {
        "scaling": normal.scaling,
        "others": normal.others,
        "calibration": model.calibration,
        "threshold": model.threshold,
        **{f"view-{name}": view for name, view in normal.views.items()},
    }


def _read(kind: type[_Part], name: str, directory: Path, manifest: dict[str, Any]) -> _Part:
    """Put a part together: the fields that the manifest lists as arrays from files, the others from its numbers."""
    values: dict[str, Any] = {}
    for field in dataclasses.fields(kind):  # type: ignore[arg-type]
        key = f"{name}.{field.name}"
        listed = key in manifest["arrays"]
        values[field.name] = _array(key, directory, manifest) if listed else manifest["numbers"][key]
    return kind(**values)


def _array(key: str, directory: Path, manifest: dict[str, Any]) -> Any:
    file = directory / f"{key}.npy"
    try:
        found = file.read_bytes()
    except OSError as error:
        raise BadModel(f"{file}: got {error}, expected an array of the model") from error
    if hashlib.sha256(found).hexdigest() != manifest["arrays"][key]:
        raise BadModel(f"{file}: is not what the manifest says; the model was changed or only half copied")
    return np.load(io.BytesIO(found), allow_pickle=False)
