"""Tiny networks as ONNX files, as a user might have made them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from hatch_weights import _bytes, _Graph, _number, _text

FLOAT, BYTE = 1, 2
#: What is known of the sizes of an input: None is left open.
Sizes = Sequence[int | None]
PICTURES: Sizes = (None, 3, None, None)


def network(
    strides: Mapping[str, int],
    *,
    inputs: Mapping[str, Sizes] | None = None,
    kind: int = FLOAT,
    pooled: bool = False,
    flat: bool = False,
    beside: str = "",
    seed: int = 0,
) -> bytes:
    """A network with a map of each of these strides; with pooled and flat outputs in front of them, if wanted.

    beside: the file that holds its weights, all ones.
    """
    inputs = inputs or {"picture": PICTURES}
    graph, random, named = _Graph(), np.random.default_rng(seed), dict.fromkeys(strides, 4)
    graph.node("Cast", (next(iter(inputs)),), "floats", to=FLOAT)
    for name, stride in strides.items():
        shape = (4, 3, stride, stride)
        if beside:
            weights = _elsewhere(graph, f"{name}.w", shape, beside)
        else:
            weights = graph.constant(f"{name}.w", shape, random.normal(0, 1 / stride, shape).ravel().tolist())
        graph.node("Conv", ("floats", weights), name, strides=(stride, stride), kernel_shape=(stride, stride))
    if pooled:
        graph.node("GlobalAveragePool", ("floats",), "pooled")
        named = {"pooled": 4} | named
    if flat:
        graph.node("Flatten", ("floats",), "flat")
        named = {"flat": 2} | named
    parts = [_bytes(1, node) for node in graph.nodes] + [_text(2, "tiny")]
    parts += [_bytes(5, one) for one in graph.initializers]
    parts += [_bytes(11, _value(name, sizes, kind)) for name, sizes in inputs.items()]
    parts += [_bytes(12, _value(name, (None,) * dimensions, FLOAT)) for name, dimensions in named.items()]
    opset = _bytes(8, _text(1, "") + _number(2, 17))
    return _number(1, 8) + _text(2, "tests") + _bytes(7, b"".join(parts)) + opset


def _elsewhere(graph: _Graph, name: str, shape: Sequence[int], file: str) -> str:
    """A constant whose numbers are in a file: what says where has the tag 13, and 14 that it is so."""
    tensor = [_number(1, size) for size in shape] + [_number(2, FLOAT), _text(8, name)]
    graph.initializers.append(b"".join([*tensor, _bytes(13, _text(1, "location") + _text(2, file)), _number(14, 1)]))
    return name


def _value(name: str, sizes: Sizes, kind: int) -> bytes:
    shape = b"".join(_bytes(1, _number(1, size) if size else b"") for size in sizes)
    return _text(1, name) + _bytes(2, _bytes(1, _number(1, kind) + _bytes(2, shape)))
