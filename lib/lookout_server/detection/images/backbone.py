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
#: Of the layers of the network that comes with the package, and of the features by hand.
_USUAL = ("stride8", "stride16b")
#: Height and width of what a network is tried with: not the same, and small.
_TRIED = (64, 96)
#: onnxruntime's name.
_FLOATS = "tensor(float)"


class BadBackbone(ValueError):
    """The file is not a network whose outputs can be taken for features."""


class NoWeights(UserWarning):
    """The network's weights are not installed, so the features are made by hand."""


class Backbone(Protocol):
    #: For the manifest; `identity` is the SHA-256 of what computes the features.
    name: str
    identity: str
    #: Finest first: what it has, and what is looked at where nothing else is said.
    layers: tuple[str, ...]
    usual: tuple[str, ...]

    def __call__(self, pixels: Pixels, preprocessing: Preprocessing, layers: tuple[str, ...]) -> list[Floats]:
        """Features of a picture that was resized: for each layer, rows x columns x channels."""
        ...

    def content(self) -> bytes | None:
        """The file that it is, to go with a model; None where there is none."""
        ...


class Network:
    """An ONNX file with one input, n x 3 x h x w for any h and w, and outputs that are maps: n x c x h / s x w / s.

    Its other outputs are left alone. usual: of its layers; left out, all that it has.
    """

    def __init__(self, content: bytes, name: str, usual: tuple[str, ...] = ()) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = THREADS
        options.graph_optimization_level = getattr(onnxruntime.GraphOptimizationLevel, OPTIMISATION)
        options.enable_cpu_mem_arena = False  # it would keep the memory of the largest picture
        # Weights in files beside it would be taken from the working directory, and be no part of its identity.
        options.add_session_config_entry("session.model_external_initializers_file_folder_path", os.devnull)
        try:
            self._session = onnxruntime.InferenceSession(content, options, providers=[PROVIDER])
        except Exception as error:  # onnxruntime has no base class for its errors
            raise BadBackbone(f"backbone {name}: got a file that onnxruntime refuses: {error}") from error
        inputs = self._session.get_inputs()
        if len(inputs) != 1 or not _takes_pictures(inputs[0]):
            raise BadBackbone(
                f"backbone {name}: got the inputs {_shown(inputs)}, "
                "expected one of floats, n x 3 x h x w, in which h and w are left open"
            )
        self.name, self.identity = name, sha256(content)
        self._input, self._content = inputs[0].name, content
        self.layers = self._maps()
        self.usual = usual or self.layers

    def _maps(self) -> tuple[str, ...]:
        """The outputs that are maps of what is seen, finest first."""
        outputs = self._session.get_outputs()
        asked = [one.name for one in outputs if one.type == _FLOATS and len(one.shape) == len("nchw")]
        try:
            found = self._session.run(asked, {self._input: np.zeros((1, 3, *_TRIED), np.float32)}) if asked else []
        except Exception as error:
            raise BadBackbone(
                f"backbone {self.name}: got a network that fails with a picture of {_TRIED[1]} x {_TRIED[0]} pixels, "
                f"expected one for all whose sides are multiples of {Preprocessing.multiple}: {error}"
            ) from error
        sizes = {output: one.shape[2:] for output, one in zip(asked, found, strict=True) if _is_map(one.shape)}
        if not sizes:
            raise BadBackbone(
                f"backbone {self.name}: got the outputs {_shown(outputs)}, "
                "expected some of floats, n x c x h x w, that are maps of the picture, in its proportions"
            )
        return tuple(sorted(sizes, key=lambda output: -sizes[output][0]))

    def __call__(self, pixels: Pixels, preprocessing: Preprocessing, layers: tuple[str, ...]) -> list[Floats]:
        found = self._session.run(list(layers), {self._input: preprocessing.normalised(pixels)[None]})
        return [np.ascontiguousarray(one[0].transpose(1, 2, 0)) for one in found]

    def content(self) -> bytes | None:
        return self._content


class ByHand:
    """Colour, contrast and the directions of edges at three scales, for where there are no weights. Much weaker."""

    name = "by hand"
    identity = "by hand 1"
    layers: tuple[str, ...] = _USUAL
    usual: tuple[str, ...] = _USUAL

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
        return Network(_BUILT_IN.read_bytes(), _BUILT_IN.stem, _USUAL)
    warnings.warn(
        f"{_BUILT_IN} is missing: features are made by hand, and many defects will not be found; "
        "install the package from its wheel, or run `make asset` in a checkout",
        NoWeights,
        stacklevel=2,
    )
    return ByHand()


def from_file(path: Path) -> Backbone:
    """A network of the user's own; all its maps are looked at unless `Settings.layers` says otherwise.

    Errors: `BadBackbone`, when there is no such file, or it cannot be used.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise BadBackbone(f"backbone {path}: got {reason}, expected an ONNX file") from error
    return Network(content, path.stem)


def _takes_pictures(one: Any) -> bool:
    """Whether an input is of floats, n x 3 x h x w, for pictures of any size. What is left open is no number."""
    if one.type != _FLOATS or len(one.shape) != len("nchw"):
        return False
    count, channels, *sides = (size if isinstance(size, int) else None for size in one.shape)
    return count in (1, None) and channels in (3, None) and sides == [None, None]


def _is_map(shape: tuple[int, ...]) -> bool:
    """Whether what came of the picture that is tried has more than one place each way, and is shaped as it is.

    Levels of attention, for one, also have four dimensions.
    """
    (rows, columns), (height, width) = shape[2:], _TRIED
    return 1 < rows <= height and abs(rows * width - columns * height) <= width


def _shown(values: Any) -> str:
    return ", ".join(f"{one.name}: {one.type}, {one.shape}" for one in values)
