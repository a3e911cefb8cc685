"""Converts the weights of EfficientNet-Lite to an ONNX file, with nothing but the standard library.

The checkpoints are PyTorch's legacy format: pickles that describe tensors, then their numbers. The pickles are read by
an unpickler that knows four names and runs nothing. Every batch normalisation is folded into its convolution in double
precision, and the graph is written as protobuf by hand, so that the same checkpoint gives the same bytes with any
release of any library. Only the layers up to the last tap are kept.

The architecture is that of EfficientNet-Lite (Tan and Le, 2019, without squeeze and excitation, ReLU6 for swish).
"""

from __future__ import annotations

import io
import math
import pickle
import struct
import sys
from array import array
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

#: repeats, kernel, stride, expansion, channels of the seven stages.
_STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
#: Width and depth of the variants, as factors of the above.
COEFFICIENTS = {"lite0": (1.0, 1.0), "lite1": (1.0, 1.1), "lite2": (1.1, 1.2)}
#: The outputs, by the index of the stage after which each is.
TAPS = {1: "stride4", 2: "stride8", 3: "stride16a", 4: "stride16b"}
_EPSILON = 1e-3
_MAGIC = 0x1950A86A20F9469CFC6C
#: Bytes of one number in the storages that can occur.
_KINDS = {"FloatStorage": ("f", 4), "LongStorage": ("q", 8)}


class BadWeights(ValueError):
    """The checkpoint is not what it should be."""


class _Storage(NamedTuple):
    key: str
    kind: str
    size: int


class _View(NamedTuple):
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class Tensor(NamedTuple):
    """numbers: in row-major order."""

    shape: tuple[int, ...]
    numbers: Sequence[float]


class _Reader(pickle.Unpickler):
    """Allows what a state dict needs, and gives descriptions instead of tensors."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _described
        if module == "torch" and name in _KINDS:
            return name
        raise BadWeights(f"the checkpoint names {module}.{name}, which it has no reason to")

    def persistent_load(self, pid: Any) -> _Storage:
        _, kind, key, _, size, *_ = pid
        return _Storage(key, kind, size)


def _described(storage: _Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: Any) -> _View:
    """What PyTorch would make a tensor of."""
    return _View(storage, offset, tuple(shape), tuple(strides))


def _numbers(view: _View, storage: array[Any]) -> Sequence[float]:
    """The numbers of a view in row-major order: what comes from TensorFlow lies in another one."""
    places = [view.offset]
    for size, stride in zip(view.shape, view.strides, strict=True):
        places = [place + step * stride for place in places for step in range(size)]
    return [storage[place] for place in places]


def read_checkpoint(content: bytes) -> dict[str, Tensor]:
    """The tensors of a checkpoint by name."""
    stream = io.BytesIO(content)
    magic, protocol, _system = (_Reader(stream).load() for _ in range(3))
    if magic != _MAGIC or protocol != 1001:
        raise BadWeights(f"got a checkpoint of the kind {magic!r}, {protocol!r}, expected PyTorch's legacy format")
    described: dict[str, _View] = _Reader(stream).load()
    kinds = {view.storage.key: view.storage.kind for view in described.values()}
    storages: dict[str, array[Any]] = {}
    for key in _Reader(stream).load():
        code, width = _KINDS[kinds[key]]
        (size,) = struct.unpack("<q", stream.read(8))
        storages[key] = array(code, stream.read(size * width))
        if sys.byteorder == "big":
            storages[key].byteswap()
    return {name: Tensor(view.shape, _numbers(view, storages[view.storage.key])) for name, view in described.items()}


@dataclass
class _Graph:
    """An ONNX graph under construction: its parts as protobuf."""

    nodes: list[bytes] = field(default_factory=list)
    initializers: list[bytes] = field(default_factory=list)

    def constant(self, name: str, shape: Sequence[int], numbers: Iterable[float]) -> str:
        floats = array("f", numbers)
        if sys.byteorder == "big":
            floats.byteswap()
        tensor = [_number(1, size) for size in shape]
        self.initializers.append(b"".join([*tensor, _number(2, 1), _text(8, name), _bytes(9, floats.tobytes())]))
        return name

    def node(self, kind: str, inputs: Sequence[str], output: str, **attributes: int | Sequence[int]) -> str:
        parts = [_text(1, name) for name in inputs] + [_text(2, output), _text(4, kind)]
        for name, value in attributes.items():
            # The type of an attribute: 2 is a number, 7 a list of them.
            values = [_number(3, value), _number(20, 2)] if isinstance(value, int) else []
            if not isinstance(value, int):
                values = [*(_number(8, one) for one in value), _number(20, 7)]
            parts.append(_bytes(5, _text(1, name) + b"".join(values)))
        self.nodes.append(b"".join(parts))
        return output

    def model(self, outputs: Sequence[str]) -> bytes:
        graph = [_bytes(1, node) for node in self.nodes] + [_text(2, "features")]
        graph += [_bytes(5, one) for one in self.initializers]
        graph += [_bytes(11, _value("x", 3))] + [_bytes(12, _value(name, None)) for name in outputs]
        opset = _bytes(8, _text(1, "") + _number(2, 17))
        return _number(1, 8) + _text(2, "cdk-lookout") + _bytes(7, b"".join(graph)) + opset


def convert(checkpoint: dict[str, Tensor], variant: str) -> bytes:
    """The ONNX model of a variant: input `x`, n x 3 x h x w, h and w multiples of 16; outputs as in `TAPS`."""
    width, depth = COEFFICIENTS[variant]
    graph = _Graph()
    graph.constant("zero", (), [0.0])
    graph.constant("six", (), [6.0])
    weights = _Weights(checkpoint, graph)
    value = weights.convolution("x", "_conv_stem", "_bn0", stride=2, active=True)
    block, channels = 0, 32
    for stage in range(max(TAPS) + 1):
        repeats, _, stride, expansion, wide = _STAGES[stage]
        out = _rounded(wide * width)
        for repeat in range(repeats if stage == 0 else math.ceil(repeats * depth)):
            name, step = f"_blocks.{block}.", stride if repeat == 0 else 1
            start = value
            if expansion != 1:
                value = weights.convolution(value, f"{name}_expand_conv", f"{name}_bn0", active=True)
            value = weights.convolution(value, f"{name}_depthwise_conv", f"{name}_bn1", stride=step, active=True)
            last = weights.convolution(value, f"{name}_project_conv", f"{name}_bn2")
            value = graph.node("Add", (last, start), f"{name}sum") if step == 1 and channels == out else last
            block, channels = block + 1, out
        if stage in TAPS:
            value = graph.node("Identity", (value,), TAPS[stage])
    return graph.model(list(TAPS.values()))


@dataclass(frozen=True)
class _Weights:
    checkpoint: dict[str, Tensor]
    graph: _Graph

    def convolution(self, value: str, name: str, normalised: str, *, stride: int = 1, active: bool = False) -> str:
        """A convolution with its batch normalisation, padded as TensorFlow pads even sizes."""
        shape, numbers = self.checkpoint[f"{name}.weight"]
        gain, bias, mean, variance = (
            self.checkpoint[f"{normalised}.{part}"].numbers
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        factors = [g / math.sqrt(v + _EPSILON) for g, v in zip(gain, variance, strict=True)]
        each = len(numbers) // shape[0]
        folded = (number * factors[at // each] for at, number in enumerate(numbers))
        shift = (b - m * f for b, m, f in zip(bias, mean, factors, strict=True))
        kernel = shape[-1]
        missing = kernel - stride
        before, after = missing // 2, missing - missing // 2
        made = self.graph.node(
            "Conv",
            (
                value,
                self.graph.constant(f"{name}.w", shape, folded),
                self.graph.constant(f"{name}.b", shape[:1], shift),
            ),
            f"{name}.out",
            group=shape[0] if shape[1] == 1 and kernel > 1 else 1,
            kernel_shape=(kernel, kernel),
            pads=(before, before, after, after),
            strides=(stride, stride),
        )
        return self.graph.node("Clip", (made, "zero", "six"), f"{name}.active") if active else made


def _rounded(channels: float, divisor: int = 8) -> int:
    """To a multiple of the divisor, never by more than 10 % down."""
    nearest = max(divisor, int(channels + divisor / 2) // divisor * divisor)
    return nearest + divisor if nearest < 0.9 * channels else nearest


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])


def _number(tag: int, value: int) -> bytes:
    return _varint(tag << 3) + _varint(value)


def _bytes(tag: int, value: bytes) -> bytes:
    return _varint(tag << 3 | 2) + _varint(len(value)) + value


def _text(tag: int, value: str) -> bytes:
    return _bytes(tag, value.encode())


def _value(name: str, channels: int | None) -> bytes:
    """A float input or output with four dimensions, of which only the channels of the input are fixed."""
    sizes = [b"", _number(1, channels) if channels else b"", b"", b""]
    shape = b"".join(_bytes(1, size) for size in sizes)
    return _text(1, name) + _bytes(2, _bytes(1, _number(1, 1) + _bytes(2, shape)))
