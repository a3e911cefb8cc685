"""How images are looked at: what a training is made with, and models on their way into the store and back."""

from __future__ import annotations

from dataclasses import dataclass

from lookout_server.detection import artifact
from lookout_server.detection.images import (
    Backbone,
    ByHand,
    Model,
    Preprocessing,
    Settings,
    built_in,
    contents,
    load,
)
from lookout_server.settings import InspectionKind

#: For tests: of small copies, and judged by two halves.
_LIGHT = Settings(
    gathered=1_000, remembered=64, changed=0, validated=10, folds=2, weights=(0.0, 0.3), tops=(0.003,), edge=1
)
_LIGHT_SIDE = 128
_NO_WEIGHTS = (
    "The weights of the network are not installed, so features are made by hand, and many defects will not be found: "
    "install the package from its wheel, and train again."
)


@dataclass(frozen=True)
class Engine:
    """What a training is made with."""

    settings: Settings
    preprocessing: Preprocessing
    backbone: Backbone
    #: What is to be known of it.
    remarks: tuple[str, ...] = ()


def engine(inspection: InspectionKind) -> Engine:
    """The one that the settings name; by hand, and with a remark, where the network has no weights."""
    if inspection == "light":
        return Engine(_LIGHT, Preprocessing(side=_LIGHT_SIDE), ByHand())
    backbone = built_in()
    remarks = (_NO_WEIGHTS,) if isinstance(backbone, ByHand) else ()
    return Engine(Settings(), Preprocessing(), backbone, remarks)


def packed(model: Model) -> bytes:
    """What is stored of a model, without its network, as a zip; the same model gives the same bytes."""
    return artifact.packed(contents(model))


def unpacked(content: bytes) -> Model:
    """The model in such a zip; raises BadModel, also when its network is not the one that is installed."""
    return load(artifact.unpacked(content))
