"""An inspector on disk, see `detection.artifact`."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lookout_server.detection import artifact
from lookout_server.detection.images import backbone as backbones
from lookout_server.detection.images.backbone import Backbone, ByHand, Network
from lookout_server.detection.images.evidence import Evidence, Way
from lookout_server.detection.images.head import Head
from lookout_server.detection.images.labels import Labels
from lookout_server.detection.images.memory import Memory, Scaling
from lookout_server.detection.images.model import Model
from lookout_server.detection.images.pictures import Preprocessing
from lookout_server.detection.images.settings import Settings
from lookout_server.detection.images.threshold import Threshold

FORMAT = 1
_BACKBONE = "backbone.onnx"


class OtherBackbone(artifact.BadModel):
    """The model was trained with another backbone."""


def save(model: Model, directory: Path, *, with_backbone: bool = False) -> None:
    """Write the model into the directory, which is made where it is missing. The same model gives the same bytes.

    with_backbone: also the network, so that the model can be run where the package has another one or none.
    """
    artifact.write(directory, FORMAT, _header(model), _parts(model), _others(model, with_backbone))


def contents(model: Model, *, with_backbone: bool = False) -> dict[str, bytes]:
    """What `save` writes, by the names of the files."""
    return artifact.contents(FORMAT, _header(model), _parts(model), _others(model, with_backbone))


def _header(model: Model) -> dict[str, Any]:
    return {
        "settings": dataclasses.asdict(model.settings),
        "preprocessing": dataclasses.asdict(model.preprocessing),
        "backbone": {
            "name": model.backbone.name,
            "identity": model.backbone.identity,
            "provider": backbones.PROVIDER,
            "threads": backbones.THREADS,
            "optimisation": backbones.OPTIMISATION,
        },
    }


def _parts(model: Model) -> dict[str, Any]:
    evidence = model.evidence
    parts: dict[str, Any] = {
        "way": evidence.way,
        "scaling": evidence.scaling,
        "memory": evidence.memory,
        "threshold": model.threshold,
    }
    if evidence.head is not None:
        parts["head"] = evidence.head
    if model.labels is not None:
        parts["labels"] = model.labels
    return parts


def _others(model: Model, with_backbone: bool) -> dict[str, bytes]:
    content = model.backbone.content() if with_backbone else None
    return {_BACKBONE: content} if content else {}


def load(place: Path | Mapping[str, bytes], backbone: Backbone | None = None) -> Model:
    """Read a model, of a directory or of its contents; its scores are those of what was saved, to the last bit.

    backbone: the one that it was trained with; left out, the one beside it, or that of the package.
    """
    stored = artifact.Stored.open(place, FORMAT)
    try:
        files, identity = stored.manifest["files"], stored.manifest["backbone"]["identity"]
        backbone = backbone or _backbone_of(stored)
        if backbone.identity != identity:
            raise OtherBackbone(
                f"{place if isinstance(place, Path) else 'model'}: got the backbone {backbone.name} "
                f"({backbone.identity}), expected {stored.manifest['backbone']['name']} ({identity}), "
                "with which it was trained"
            )
        head = stored.part(Head, "head") if "head.weights.npy" in files else None
        labels = stored.part(Labels, "labels") if "labels.weights.npy" in files else None
        scaling, memory = stored.part(Scaling, "scaling"), stored.part(Memory, "memory")
        return Model(
            stored.settings(Settings),
            stored.settings(Preprocessing, "preprocessing"),
            backbone,
            Evidence(scaling, memory, head, stored.part(Way, "way")),
            stored.part(Threshold, "threshold"),
            labels,
        )
    except (KeyError, TypeError) as error:
        raise stored.lacks(error) from error


def _backbone_of(stored: artifact.Stored) -> Backbone:
    if _BACKBONE in stored.manifest["files"]:
        return Network(stored.file(_BACKBONE), stored.manifest["backbone"]["name"])
    return ByHand() if stored.manifest["backbone"]["identity"] == ByHand.identity else backbones.built_in()
