"""The weights of the inspector of pictures: where they come from, and that they are what was trained."""

from __future__ import annotations

from array import array
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

import hatch_build
import hatch_weights
from hatch_weights import BadWeights, Tensor

Floats = NDArray[np.float64]


@pytest.fixture(scope="module")
def checkpoint() -> dict[str, Tensor]:
    package = hatch_build.package_files(*hatch_build.WEIGHTS_PACKAGE)
    return hatch_weights.read_checkpoint((package / hatch_build.CHECKPOINT).read_bytes())


def test_the_weights_are_those_that_are_pinned() -> None:
    assert hatch_build._sha256(hatch_build.WEIGHTS.read_bytes()) == hatch_build.WEIGHTS_SHA256, "run `make asset`"


def test_converting_them_again_gives_the_same_bytes(tmp_path: Path) -> None:
    hatch_build.write_weights(tmp_path / "weights.onnx")
    assert (tmp_path / "weights.onnx").read_bytes() == hatch_build.WEIGHTS.read_bytes()


def test_the_repository_does_not_hold_them() -> None:
    ignored = (hatch_build.ROOT / ".gitignore").read_text("utf-8").splitlines()
    assert f"{hatch_build.WEIGHTS.parent.relative_to(hatch_build.ROOT).as_posix()}/" in ignored


def test_the_notice_names_the_package_and_its_version() -> None:
    package, version = hatch_build.WEIGHTS_PACKAGE
    assert f"{package.replace('_', '-')} {version}" in (hatch_build.ROOT / "NOTICE").read_text("utf-8")


def test_the_graph_computes_what_the_layers_of_the_checkpoint_compute(checkpoint: dict[str, Tensor]) -> None:
    """A slow twin: convolution, normalisation and activation one after another, in double precision."""
    picture = np.random.default_rng(0).uniform(-1, 1, (3, 64, 32))

    def layer(value: Floats, name: str, normalised: str, stride: int, active: bool) -> Floats:
        shape, numbers = checkpoint[f"{name}.weight"]
        kernel = np.reshape(np.array(numbers), shape)
        size, (channels, height, width) = shape[-1], value.shape
        missing = max(size - stride, 0)
        before = missing // 2
        padded = np.pad(value, ((0, 0), (before, missing - before), (before, missing - before)))
        out = np.zeros((shape[0], height // stride, width // stride))
        for y in range(size):
            for x in range(size):
                seen = padded[:, y : y + height : stride, x : x + width : stride][
                    :, : height // stride, : width // stride
                ]
                taps = kernel[:, :, y, x]
                whole = shape[1] == channels
                out += np.einsum("oc,chw->ohw", taps, seen) if whole else taps[:, 0, None, None] * seen
        gain, bias, mean, variance = (
            np.array(checkpoint[f"{normalised}.{part}"].numbers)[:, None, None]
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        out = (out - mean) / np.sqrt(variance + 1e-3) * gain + bias
        return np.clip(out, 0, 6) if active else out

    value = layer(picture, "_conv_stem", "_bn0", 2, True)
    expected, block = [], 0
    # EfficientNet-Lite2: repeats, stride, expanded or not, of the first five stages.
    for stage, (repeats, stride, expanded) in enumerate([(1, 1, 0), (3, 2, 1), (3, 2, 1), (4, 2, 1), (4, 1, 1)]):
        for repeat in range(repeats):
            start, name, step = value, f"_blocks.{block}.", stride if repeat == 0 else 1
            if expanded:
                value = layer(value, f"{name}_expand_conv", f"{name}_bn0", 1, True)
            value = layer(value, f"{name}_depthwise_conv", f"{name}_bn1", step, True)
            value = layer(value, f"{name}_project_conv", f"{name}_bn2", 1, False)
            value = value + start if value.shape == start.shape and step == 1 else value
            block += 1
        if stage:
            expected.append(value)
    session = onnxruntime.InferenceSession(hatch_build.WEIGHTS, providers=["CPUExecutionProvider"])
    found = session.run(None, {"x": picture[None].astype(np.float32)})
    assert [output.name for output in session.get_outputs()] == list(hatch_weights.TAPS.values())
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours[0], theirs, atol=2e-4 * float(np.abs(theirs).max()))


def test_a_tensor_that_lies_in_another_order_is_read_by_its_strides() -> None:
    view = hatch_weights._View(hatch_weights._Storage("0", "FloatStorage", 7), 1, (2, 3), (1, 2))
    stored = array("f", [9, 0, 3, 1, 4, 2, 5])
    assert list(hatch_weights._numbers(view, stored)) == [0, 1, 2, 3, 4, 5]


def test_a_checkpoint_cannot_run_anything(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    with pytest.raises(BadWeights, match=r"the checkpoint names os\.mkdir"):
        hatch_weights.read_checkpoint(f"cos\nmkdir\n(V{ran}\ntR.".encode())
    assert not ran.exists()


def test_what_is_no_checkpoint_is_refused() -> None:
    with pytest.raises(BadWeights, match="expected PyTorch's legacy format"):
        hatch_weights.read_checkpoint(b"I1\n.I2\n.I3\n.")


def test_widths_are_rounded_to_eights_and_never_down_by_more_than_a_tenth() -> None:
    assert [hatch_weights._rounded(channels) for channels in (16, 17.6, 26.4, 44, 88, 123.2)] == [
        16,
        16,
        24,
        48,
        88,
        120,
    ]
    assert all(hatch_weights._rounded(c) >= 0.9 * c and hatch_weights._rounded(c) % 8 == 0 for c in range(9, 500))
