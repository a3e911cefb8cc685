"""A device without Greengrass: what the recipe of a component has done there is done as the recipe says.

Only its packages do not come by pip, which would need a network: the environment gets the files of the declared ones,
and of those that they need, out of the environment of the tests, as links. Nothing else is in it.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import os
import re
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import grpc
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from lookout_server.detection.images.pictures import Pixels
from lookout_server.edge import edge_agent_pb2 as messages
from lookout_server.edge.edge_agent_pb2 import Bitmap, DetectAnomalyResult, ModelStatus
from tests.server.edge import plates

PATIENCE = 60
_SERVICE = messages.DESCRIPTOR.services_by_name["EdgeAgent"]


@dataclass(frozen=True)
class Device:
    #: What stands for Greengrass's root; the socket is in it, too.
    root: Path

    @property
    def component(self) -> Path:
        """Where the component is unpacked."""
        return self.root / "unpacked/Plates-1.0.0"

    @property
    def python(self) -> Path:
        return self.root / "work/venv/bin/python"

    @property
    def socket(self) -> Path:
        return self.root / "agent.sock"

    @property
    def recipe(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.component / "recipe.json").read_text("utf-8"))
        return found

    def install(self, content: bytes) -> None:
        """Unpack a component, and make its environment."""
        plates.unpacked(content, self.component)
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", self.root / "work/venv"], check=True)
        site = self.root / f"work/venv/lib/python{sysconfig.get_python_version()}/site-packages"
        for distribution in needed((self.component / "requirements.txt").read_text("utf-8").splitlines()):
            for file in distribution.files or ():
                if ".." not in file.parts and "__pycache__" not in file.parts:
                    (site / file).parent.mkdir(parents=True, exist_ok=True)
                    (site / file).symlink_to(str(distribution.locate_file(file)))

    def script(self, socket: Path) -> str:
        """What Greengrass runs."""
        values = {
            "artifacts:decompressedPath": str(self.component.parent),
            "work:path": str(self.root / "work"),
            "configuration:/Socket": str(socket),
        }
        written: str = self.recipe["Manifests"][0]["Lifecycle"]["run"]["Script"]
        return re.sub(r"{([^}]+)}", lambda found: values[found[1]], written)

    def run(self, *arguments: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
        """Python of the environment, with nothing of the tests' own around it but `more`, until it ends."""
        command = [self.python, *arguments]
        return subprocess.run(
            command,
            env={**_surroundings(), **more},
            cwd=self.root,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    @contextlib.contextmanager
    def agent(self, *more: Path, socket: Path | None = None) -> Iterator[Agent]:
        """An agent that answers, for the component and more of them; it is ended by SIGTERM at the latest."""
        socket = socket or self.socket
        script = " ".join(map(str, (self.script(socket), *((self.component, *more) if more else ()))))
        process = subprocess.Popen(
            ["sh", "-c", script],
            env=_surroundings(),
            cwd=self.root / "work",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert process.stdout is not None
        try:
            said = ""
            while "listening at" not in said:
                line = process.stdout.readline()
                assert line, f"the agent ended: {said}"
                said += line
            with Client(socket) as client:
                yield Agent(process, client)
        finally:
            process.terminate()
            process.communicate(timeout=PATIENCE)


@dataclass(frozen=True)
class Agent:
    process: subprocess.Popen[str]
    client: Client

    def end(self, number: int = signal.SIGTERM) -> int:
        """Its exit code after a signal."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


class Client:
    """Calls the operations of an agent by their names."""

    def __init__(self, socket: Path) -> None:
        options = [("grpc.max_receive_message_length", -1)]
        self._channel = grpc.insecure_channel(f"unix:{socket}", options=options)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._channel.close()

    def __call__(self, operation: str, **members: Any) -> Any:
        method = _SERVICE.methods_by_name[operation]
        request, response = (getattr(messages, one.name) for one in (method.input_type, method.output_type))
        call = self._channel.unary_unary(
            f"/{_SERVICE.full_name}/{operation}",
            request_serializer=request.SerializeToString,
            response_deserializer=response.FromString,
        )
        return call(request(**members), timeout=PATIENCE)

    def refused(self, code: grpc.StatusCode, operation: str, **members: Any) -> str:
        """The message of a call that is refused with that status."""
        with pytest.raises(grpc.RpcError) as caught:
            self(operation, **members)
        error = cast(grpc.Call, caught.value)
        assert error.code() == code, error.details()
        return error.details() or ""

    def status(self, component: str = "Plates") -> tuple[ModelStatus, str]:
        """The status of a model, and what is said of it."""
        found = self("DescribeModel", model_component=component).model_description
        return found.status, found.status_message

    def start(self, component: str = "Plates") -> tuple[ModelStatus, str]:
        """Start a model, and the status that it has when that is over."""
        assert self("StartModel", model_component=component).status == messages.STARTING
        while (found := self.status(component))[0] == messages.STARTING:
            pass
        return found

    def detect(self, pixels: Pixels, component: str = "Plates") -> DetectAnomalyResult:
        answer = self("DetectAnomalies", model_component=component, bitmap=bitmap(pixels))
        found: DetectAnomalyResult = answer.detect_anomaly_result
        return found


def bitmap(pixels: Pixels) -> Bitmap:
    return Bitmap(width=pixels.shape[1], height=pixels.shape[0], byte_data=pixels.tobytes())


def needed(requirements: list[str]) -> list[importlib.metadata.Distribution]:
    """The installed packages that are required, and those that they require in turn."""
    found: dict[str, importlib.metadata.Distribution] = {}
    todo = list(map(Requirement, requirements))
    while todo:
        wanted = todo.pop()
        name = canonicalize_name(wanted.name)
        distribution = importlib.metadata.distribution(name)
        assert wanted.specifier.contains(distribution.version), f"run `make install`: {wanted}"
        if name not in found and (wanted.marker is None or wanted.marker.evaluate({"extra": ""})):
            found[name] = distribution
            todo += [
                one
                for one in map(Requirement, distribution.requires or ())
                if one.marker is None or one.marker.evaluate({"extra": ""})
            ]
    return list(found.values())


def _surroundings() -> Mapping[str, str]:
    """Greengrass gives a component no more that matters here."""
    return {"PATH": os.defpath}
