"""A device with the component of the plates, and an agent whose model runs."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from lookout_server.edge import edge_agent_pb2 as messages
from tests.server.edge import plates
from tests.server.edge.device import Client, Device


@pytest.fixture(scope="package")
def device() -> Iterator[Device]:
    # Directly in the temporary directory: the path of a socket has at most 107 bytes.
    with tempfile.TemporaryDirectory(prefix="lookout-edge-") as root:
        made = Device(Path(root))
        made.install(plates.zipped())
        yield made


@pytest.fixture(scope="package")
def client(device: Device) -> Iterator[Client]:
    """Of an agent that nobody stops; its model runs."""
    with device.agent() as agent:
        assert agent.client.start()[0] == messages.RUNNING
        yield agent.client


@pytest.fixture
def socket(device: Device) -> Iterator[Path]:
    """For an agent of the test's own."""
    path = device.root / "own.sock"
    yield path
    path.unlink(missing_ok=True)
