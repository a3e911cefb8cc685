"""How images are looked at: what a training is made with, and models on their way into the store and back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from lookout_server.detection import artifact
from lookout_server.detection.images import (
    Backbone,
    BadBackbone,
    ByHand,
    Model,
    OtherBackbone,
    Preprocessing,
    Settings,
    built_in,
    contents,
    from_file,
    load,
)
from lookout_server.settings import InspectionKind
from lookout_server.vision.errors import Invalid

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


def engine(inspection: InspectionKind, own: Path | None) -> Engine:
    """The one that the settings name; by hand, and with a remark, where the network has no weights.

    own: `vision_backbone`. Raises Invalid when that cannot be used.
    """
    if inspection == "light":
        return Engine(_LIGHT, Preprocessing(side=_LIGHT_SIDE), ByHand())
    backbone = _network(own) if own else built_in()
    remarks = (_NO_WEIGHTS,) if isinstance(backbone, ByHand) else ()
    return Engine(Settings(), Preprocessing(), backbone, remarks)


def packed(model: Model) -> bytes:
    """What is stored of a model, without its network, as a zip; the same model gives the same bytes."""
    return artifact.packed(contents(model))


def unpacked(content: bytes, own: Path | None) -> Model:
    """The model in such a zip, whether it was trained with the network that is installed or with the user's own.

    Raises BadModel, also when it was trained with neither, and Invalid when the user's own cannot be used.
    """
    files = artifact.unpacked(content)
    try:
        try:
            return load(files)
        except OtherBackbone:
            if own is None:
                raise
            return load(files, _network(own))
    except OtherBackbone as error:
        raise OtherBackbone(f"{error}; name the file of that one (vision_backbone), or train again") from error


@lru_cache(maxsize=1)
def _network(own: Path) -> Backbone:
    """The user's own, which all models of a process share."""
    try:
        return from_file(own)
    except BadBackbone as error:
        raise Invalid(f"vision_backbone: {error}") from error
