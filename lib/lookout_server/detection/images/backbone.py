"""What turns a picture into features: a network in which nothing is learnt any more, or filters made by hand."""

from __future__ import annotations

import os
import warnings
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np

# Read when it is imported: it would make an id of the machine, and report how it is used to its makers.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import onnxruntime

from lookout_server.detection.artifact import sha256
from lookout_server.detection.images.grids import blurred, halved
from lookout_server.detection.images.pictures import Floats, Pixels, Preprocessing

#: Written by the build hook.
_BUILT_IN = Path(__file__).parents[2] / "_weights/efficientnet-lite2.onnx"
#: How the network is run, recorded in the model: another provider or number of threads may round differently.
PROVIDER, THREADS, OPTIMISATION = "CPUExecutionProvider", 1, "ORT_ENABLE_ALL"


class BadBackbone(ValueError):
    """The file is not a network whose outputs can be taken for features."""


class NoWeights(UserWarning):
    """The network's weights are not installed, so the features are made by hand."""


class Backbone(Protocol):
    #: For the manifest; `identity` is the SHA-256 of what computes the features.
    name: str
    identity: str
    layers: tuple[str, ...]

    def __call__(self, pixels: Pixels, preprocessing: Preprocessing, layers: tuple[str, ...]) -> list[Floats]:
        """Features of a picture that was resized: for each layer, rows x columns x channels."""
        ...

    def content(self) -> bytes | None:
        """The file that it is, to go with a model; None where there is none."""
        ...


class Network:
    """An ONNX file with one input, n x 3 x h x w, and outputs of four dimensions."""

    def __init__(self, content: bytes, name: str) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = THREADS
        options.graph_optimization_level = getattr(onnxruntime.GraphOptimizationLevel, OPTIMISATION)
        options.enable_cpu_mem_arena = False  # it would keep the memory of the largest picture
        try:
            self._session = onnxruntime.InferenceSession(content, options, providers=[PROVIDER])
        except Exception as error:  # onnxruntime has no base class for its errors
            raise BadBackbone(f"backbone {name}: got a file that onnxruntime refuses: {error}") from error
        outputs = self._session.get_outputs()
        if len(self._session.get_inputs()) != 1 or any(len(one.shape) != 4 for one in outputs):
            shapes = {one.name: one.shape for one in outputs}
            raise BadBackbone(
                f"backbone {name}: got the outputs {shapes}, expected one input and outputs n x c x h x w"
            )
        self.name, self.identity = name, sha256(content)
        self.layers = tuple(one.name for one in outputs)
        self._input, self._content = self._session.get_inputs()[0].name, content

    def __call__(self, pixels: Pixels, preprocessing: Preprocessing, layers: tuple[str, ...]) -> list[Floats]:
        found = self._session.run(list(layers), {self._input: preprocessing.normalised(pixels)[None]})
        return [np.ascontiguousarray(one[0].transpose(1, 2, 0)) for one in found]

    def content(self) -> bytes | None:
        return self._content


class ByHand:
    """Colour, contrast and the directions of edges at three scales, for where there are no weights. Much weaker."""

    name = "by hand"
    identity = "by hand 1"
    layers: tuple[str, ...] = ("stride8", "stride16b")

    def __call__(self, pixels: Pixels, preprocessing: Preprocessing, layers: tuple[str, ...]) -> list[Floats]:
        levels = preprocessing.normalised(pixels).transpose(1, 2, 0)
        grey: Floats = levels.mean(2, keepdims=True)
        found: list[Any] = [levels]
        for scale in (1.0, 2.0, 4.0):
            smooth = blurred(grey, scale)
            down, across = np.gradient(smooth[:, :, 0], axis=0), np.gradient(smooth[:, :, 0], axis=1)
            strength = np.hypot(down, across)
            along, slanted = down**2 - across**2, 2 * down * across
            found += [np.abs(grey - smooth), strength[:, :, None]]
            found += [(part / (strength + 1e-3))[:, :, None] for part in (along, slanted)]
        fine = halved(halved(halved(np.concatenate(found, axis=2))))
        by_name = {"stride8": fine, "stride16b": halved(blurred(fine, 1.0))}
        return [np.ascontiguousarray(by_name[layer], np.float32) for layer in layers]

    def content(self) -> bytes | None:
        return None


@lru_cache(maxsize=1)
def built_in() -> Backbone:
    """The network that comes with the package; without its weights the features by hand, with a warning."""
    if _BUILT_IN.exists():
        return Network(_BUILT_IN.read_bytes(), _BUILT_IN.stem)
    warnings.warn(
        f"{_BUILT_IN} is missing: features are made by hand, and many defects will not be found; "
        "install the package from its wheel, or run `make asset` in a checkout",
        NoWeights,
        stacklevel=2,
    )
    return ByHand()


def from_file(path: Path) -> Backbone:
    """A network of the user's own."""
    try:
        return Network(path.read_bytes(), path.stem)
    except OSError as error:
        raise BadBackbone(f"backbone {path}: got {error}, expected an ONNX file") from error
