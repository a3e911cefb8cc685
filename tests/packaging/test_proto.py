"""The messages of the edge agent are what protoc writes of their description."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from hatch_build import ROOT

EDGE = "lookout_server/edge"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("proto")
    options = [f"--proto_path={ROOT / 'lib'}", f"--python_out={directory}", f"--pyi_out={directory}"]
    subprocess.run([sys.executable, "-m", "grpc_tools.protoc", *options, f"{EDGE}/edge_agent.proto"], check=True)
    return directory / EDGE


@pytest.mark.parametrize("name", ["edge_agent_pb2.py", "edge_agent_pb2.pyi"])
def test_a_generated_module_is_what_make_proto_writes(written: Path, name: str) -> None:
    assert (written / name).read_bytes() == (ROOT / "lib" / EDGE / name).read_bytes(), "run `make proto`"
