"""The artefact of a model component: a zip with what the model has learnt, and a recipe that names the component."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

from lookout_server.vision.state import Inspector

_RECIPE, _MODEL, _ARRAYS = "recipe.json", "model.json", "model.zip"
_TIME = (1980, 1, 1, 0, 0, 0)


def artefact(inspector: Inspector, model_arn: str, component: tuple[str, str], settings: Mapping[str, Any]) -> bytes:
    """The zip; the same for the same model, component and settings."""
    name, version = component
    recipe = {
        "RecipeFormatVersion": "2020-01-25",
        "ComponentName": name,
        "ComponentVersion": version,
        "ComponentDescription": settings.get("ComponentDescription", f"Model {model_arn}"),
        "ComponentConfiguration": {
            "DefaultConfiguration": {
                "ModelArn": model_arn,
                "Target": settings.get("TargetDevice") or settings["TargetPlatform"],
                "CompilerOptions": settings.get("CompilerOptions"),
            }
        },
    }
    model = {"Size": inspector.size, "Colors": inspector.colors}
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for file, document in ((_MODEL, model), (_RECIPE, recipe)):
            archive.writestr(zipfile.ZipInfo(file, _TIME), json.dumps(document, indent=2), zipfile.ZIP_DEFLATED)
        archive.writestr(zipfile.ZipInfo(_ARRAYS, _TIME), inspector.model.read())
    return content.getvalue()


def recipe_of(content: bytes) -> dict[str, Any]:
    """The recipe in an artefact."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        recipe: dict[str, Any] = json.loads(archive.read(_RECIPE))
    return recipe
