"""What the agent of a component answers about pictures: the same as the library, and so as the server."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
from numpy._core._multiarray_umath import __cpu_dispatch__

from lookout_server.detection.images import Judgement
from lookout_server.detection.images.painting import Painting
from lookout_server.detection.images.pictures import Pixels
from lookout_server.edge.description import SOCKET
from lookout_server.edge.edge_agent_pb2 import AnomalyMaskParams, Bitmap, DetectAnomalyResult, SharedMemoryHandle
from tests.docs import pages
from tests.server.edge import plates
from tests.server.edge.device import Client, Device, bitmap, needed
from tests.server.images.scene import HEIGHT, LATER, LATER_DEFECTS, WIDTH, encoded
from tests.server.services.gates import at_once

PICTURES = [*LATER[:3], *(pixels for pixels, _ in LATER_DEFECTS)]
SIZE = 3 * WIDTH * HEIGHT


@pytest.fixture
def shared() -> Iterator[SharedMemory]:
    """Memory in which a picture has room after an offset."""
    memory = SharedMemory(create=True, size=SIZE + 4_096)
    yield memory
    memory.close()
    memory.unlink()


def handle(memory: SharedMemory, offset: int = 4_096, size: int = SIZE) -> SharedMemoryHandle:
    return SharedMemoryHandle(name=f"/{memory.name.lstrip('/')}", size=size, offset=offset)


def expect(result: DetectAnomalyResult, judgement: Judgement, mask: bytes | None = None) -> None:
    """The answer says what the library does, to the last bit that a message has."""
    painting = Painting.of(judgement, plates.COLORS)
    assert result.is_anomalous == judgement.anomalous
    assert result.confidence == np.float32(judgement.confidence)
    assert (mask or result.anomaly_mask.byte_data) == painting.mask.tobytes()
    assert [(one.name, one.pixel_anomaly.hex_color) for one in result.anomalies] == [
        (one.name, one.color) for one in painting.parts
    ]
    assert [one.pixel_anomaly.total_percentage_area for one in result.anomalies] == [
        np.float32(one.share) for one in painting.parts
    ]


@pytest.mark.parametrize("number", range(len(PICTURES)))
def test_an_answer_is_what_the_library_says_of_the_picture_in_a_file(client: Client, number: int) -> None:
    expect(client.detect(PICTURES[number]), plates.segmenting().judge(encoded(PICTURES[number])))


def test_the_pictures_show_both_labels_and_none() -> None:
    found = [frozenset(plates.segmenting().judge(one).labels) for one in PICTURES]
    assert {frozenset(), frozenset({"scratch"}), frozenset({"stain"})} <= set(found)


SCRIPT = """\
import hashlib, sys
from pathlib import Path
import numpy as np
from lookout_server.detection.images import load
judgement = load(Path(sys.argv[1])).judge(Path(sys.argv[2]).read_bytes())
np.save(sys.argv[3], judgement.map)
print(judgement.score.hex(), judgement.raw.hex(), hashlib.sha256(judgement.map.tobytes()).hexdigest())
"""


def judged(device: Device, directory: Path, number: int, **surroundings: str) -> tuple[list[str], Any]:
    """Score, raw score and digest of the map, as the environment of the component has them, and the map."""
    picture, places = directory / "picture.png", directory / "map.npy"
    picture.write_bytes(encoded(PICTURES[number]))
    (script := device.component / "judge.py").write_text(SCRIPT, "utf-8")
    ran = device.run(script, device.component / "model", picture, places, **surroundings)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.split(), np.load(places)


@pytest.mark.parametrize("number", [0, -1])
def test_in_the_environment_of_the_component_scores_and_map_are_the_same_to_the_last_bit(
    device: Device, tmp_path: Path, number: int
) -> None:
    here = plates.segmenting().judge(PICTURES[number])
    digest = hashlib.sha256(here.map.tobytes()).hexdigest()
    assert judged(device, tmp_path, number)[0] == [here.score.hex(), here.raw.hex(), digest]


@pytest.mark.parametrize("number", [0, -1])
def test_with_the_code_for_another_processor_scores_and_map_are_nearly_the_same(
    device: Device, tmp_path: Path, number: int
) -> None:
    """That of NumPy and BLAS; onnxruntime cannot be told."""
    other = {"NPY_DISABLE_CPU_FEATURES": " ".join(__cpu_dispatch__), "OPENBLAS_CORETYPE": "Prescott"}
    (score, raw, _), places = judged(device, tmp_path, number, **other, OPENBLAS_NUM_THREADS="1")
    here = plates.segmenting().judge(PICTURES[number])
    assert float.fromhex(score) == pytest.approx(here.score, abs=1e-6)
    assert float.fromhex(raw) == pytest.approx(here.raw, abs=1e-6)
    assert np.abs(places - here.map).max() < 1e-5


def test_the_environment_has_the_declared_packages_and_what_they_need_only(device: Device) -> None:
    script = "import importlib.metadata as found; print(*{one.name for one in found.distributions()})"
    declared = needed((device.component / "requirements.txt").read_text("utf-8").splitlines())
    assert set(device.run("-c", script).stdout.split()) == {one.name for one in declared}
    assert "No module named 'lookout_server'" in device.run("-c", "import lookout_server").stderr


def test_callers_at_once_get_what_each_of_them_gets_alone(client: Client) -> None:
    found = at_once(8, lambda number: client.detect(PICTURES[number]))
    assert found == [client.detect(one) for one in PICTURES[:8]]


def test_a_picture_comes_and_a_mask_goes_by_shared_memory(client: Client, shared: SharedMemory) -> None:
    shared.buf[4_096:] = PICTURES[3].tobytes()
    given = Bitmap(width=WIDTH, height=HEIGHT, shared_memory_handle=handle(shared))
    params = AnomalyMaskParams(shared_memory_handle=handle(shared))
    answer = client("DetectAnomalies", model_component="Plates", bitmap=given, anomaly_mask_params=params)
    result = answer.detect_anomaly_result
    assert result.anomaly_mask.shared_memory_handle == handle(shared)
    expect(result, plates.segmenting().judge(PICTURES[3]), bytes(shared.buf[4_096 : 4_096 + SIZE]))


def test_a_name_of_shared_memory_is_taken_without_its_slash_too(client: Client, shared: SharedMemory) -> None:
    shared.buf[:SIZE] = PICTURES[0].tobytes()
    given = SharedMemoryHandle(name=shared.name.lstrip("/"), size=SIZE)
    picture = Bitmap(width=WIDTH, height=HEIGHT, shared_memory_handle=given)
    answer = client("DetectAnomalies", model_component="Plates", bitmap=picture)
    assert answer.detect_anomaly_result == client.detect(PICTURES[0])


def grey(height: int, width: int) -> Pixels:
    return np.full((height, width, 3), 128, np.uint8)


def elsewhere(**members: Any) -> Bitmap:
    return Bitmap(width=WIDTH, height=HEIGHT, shared_memory_handle=SharedMemoryHandle(**members))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (None, "bitmap: got 0 x 0 pixels, expected 64 x 64 to 4096 x 4096"),
        (bitmap(grey(63, 128)), "bitmap: got 128 x 63 pixels, expected 64 x 64 to 4096 x 4096"),
        (Bitmap(width=4_097, height=64), "bitmap: got 4097 x 64 pixels, expected 64 x 64 to 4096 x 4096"),
        (Bitmap(width=-128, height=96), "bitmap: got -128 x 96 pixels, expected 64 x 64 to 4096 x 4096"),
        (
            bitmap(grey(WIDTH, HEIGHT)),
            "bitmap: got 96 x 128 pixels, expected 128 x 96 as the images that the model was trained with",
        ),
        (
            Bitmap(width=WIDTH, height=HEIGHT),
            "bitmap: got neither byte_data nor shared_memory_handle, expected one of the two",
        ),
        (
            Bitmap(width=WIDTH, height=HEIGHT, byte_data=bytes(WIDTH * HEIGHT)),
            "bitmap.byte_data: got 12288 bytes, expected 36864: red, green and blue of 128 x 96 pixels",
        ),
        (
            Bitmap(width=WIDTH, height=HEIGHT, byte_data=encoded(PICTURES[0])),
            f"bitmap.byte_data: got {len(encoded(PICTURES[0]))} bytes, "
            "expected 36864: red, green and blue of 128 x 96 pixels",
        ),
        (
            elsewhere(name="/frames", size=12),
            "bitmap.shared_memory_handle: got 12 bytes, expected 36864: red, green and blue of 128 x 96 pixels",
        ),
        (
            elsewhere(name="/there-is-none", size=SIZE),
            "bitmap.shared_memory_handle.name: got '/there-is-none', which cannot be opened: No such file or directory",
        ),
        (
            elsewhere(name="/../../etc/hostname", size=SIZE),
            "bitmap.shared_memory_handle.name: got '/../../etc/hostname', "
            "expected a name of shared memory such as /frames",
        ),
        (
            elsewhere(name="..", size=SIZE),
            "bitmap.shared_memory_handle.name: got '..', expected a name of shared memory such as /frames",
        ),
        (
            elsewhere(size=SIZE),
            "bitmap.shared_memory_handle.name: got '', expected a name of shared memory such as /frames",
        ),
    ],
)
def test_what_is_no_picture_of_the_models_is_refused(client: Client, given: Bitmap | None, message: str) -> None:
    said = client.refused(grpc.StatusCode.INVALID_ARGUMENT, "DetectAnomalies", model_component="Plates", bitmap=given)
    assert said == message


@pytest.fixture
def place() -> Iterator[Path]:
    """A free place among shared memory."""
    path = Path("/dev/shm", f"lookout-{uuid.uuid4().hex}")
    yield path
    if path.is_dir() and not path.is_symlink():
        path.rmdir()
    else:
        path.unlink()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (Path.mkdir, "which is no shared memory"),
        (os.mkfifo, "which is no shared memory"),
        (lambda path: path.symlink_to("/etc/hostname"), "which cannot be opened: Too many levels of symbolic links"),
    ],
    ids=["directory", "pipe", "link"],
)
def test_what_else_lies_among_shared_memory_is_refused(
    client: Client, place: Path, make: Callable[[Path], None], message: str
) -> None:
    make(place)
    given = elsewhere(name=f"/{place.name}", size=SIZE)
    said = client.refused(grpc.StatusCode.INVALID_ARGUMENT, "DetectAnomalies", model_component="Plates", bitmap=given)
    assert said == f"bitmap.shared_memory_handle.name: got '/{place.name}', {message}"


@pytest.mark.parametrize("offset", [4_097, 2**64 - 1])
def test_a_picture_that_is_not_in_its_shared_memory_is_refused(
    client: Client, shared: SharedMemory, offset: int
) -> None:
    given = Bitmap(width=WIDTH, height=HEIGHT, shared_memory_handle=handle(shared, offset))
    said = client.refused(grpc.StatusCode.INVALID_ARGUMENT, "DetectAnomalies", model_component="Plates", bitmap=given)
    has = Path("/dev/shm", shared.name.lstrip("/")).stat().st_size
    message = f"bitmap.shared_memory_handle: got 36864 bytes from {offset} on, the shared memory has {has}"
    assert said == message


def test_a_mask_that_has_no_room_is_refused_and_nothing_is_written(client: Client, shared: SharedMemory) -> None:
    params = AnomalyMaskParams(shared_memory_handle=handle(shared, 0, SIZE - 1))
    members = {"model_component": "Plates", "bitmap": bitmap(PICTURES[0]), "anomaly_mask_params": params}
    said = client.refused(grpc.StatusCode.INVALID_ARGUMENT, "DetectAnomalies", **members)
    assert said == (
        "anomaly_mask_params.shared_memory_handle: got 36863 bytes, "
        "expected at least 36864 for a mask of 128 x 96 pixels"
    )
    assert not any(shared.buf)


def test_a_refused_picture_does_no_harm_to_the_next_one(client: Client) -> None:
    client.refused(grpc.StatusCode.INVALID_ARGUMENT, "DetectAnomalies", model_component="Plates")
    expect(client.detect(PICTURES[0]), plates.segmenting().judge(PICTURES[0]))


def test_the_client_of_the_documentation_calls_the_agent(device: Device, socket: Path, tmp_path: Path) -> None:
    """Made by protoc of the interface in the component, as the developer guide of AWS's agent has it."""
    (example,) = pages.python("docs/edge.md")
    client = example.replace(f"//{SOCKET}", f"//{socket}").replace("Bottles", "Plates")
    protoc = [sys.executable, "-m", "grpc_tools.protoc", f"--proto_path={device.component}/lookout_server/edge"]
    written = [f"--python_out={tmp_path}", f"--grpc_python_out={tmp_path}"]
    subprocess.run([*protoc, *written, "edge_agent.proto"], check=True)
    (tmp_path / "bottle.png").write_bytes(encoded(PICTURES[3]))
    with device.agent(socket=socket):
        command = [sys.executable, "-c", client]
        ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    judgement = plates.segmenting().judge(PICTURES[3])
    expected = (
        f"True {float(np.float32(judgement.confidence))} ['background', {', '.join(map(repr, judgement.labels))}]"
    )
    assert ran.stdout.strip() == expected, ran.stderr
