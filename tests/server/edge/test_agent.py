"""The models of an agent and their states, and how an agent begins and ends."""

from __future__ import annotations

import os
import shutil
import signal
import socket as sockets
import subprocess
import sys
import threading
from pathlib import Path

import grpc
import pytest

from lookout_server.edge import edge_agent_pb2 as messages
from lookout_server.edge.agent import AT_ONCE, Agent
from lookout_server.edge.edge_agent_pb2 import ModelMetadata
from lookout_server.edge.errors import AgentError, FailedPrecondition, InvalidArgument, NotFound, ResourceExhausted
from lookout_server.edge.models import HostedModel
from lookout_server.edge.serving import models_of
from lookout_server.vision.greengrass import component
from tests.server.edge import plates
from tests.server.edge.device import PATIENCE, Client, Device, bitmap
from tests.server.images.scene import LATER
from tests.server.services.gates import at_once

Status = grpc.StatusCode


@pytest.fixture
def only(tmp_path: Path) -> Path:
    """A component of a classification model."""
    content = component(plates.classifying(), plates.CLASSIFYING, plates.X86, plates.URI)
    return plates.unpacked(content, tmp_path / "only")


@pytest.fixture
def running(only: Path) -> HostedModel:
    """The model of that component, which runs."""
    model = HostedModel(only)
    model.start()
    wait_for(model, messages.RUNNING)
    return model


def wait_for(model: HostedModel, status: messages.ModelStatus) -> None:
    while model.state[0] in (messages.STARTING, messages.STOPPING):
        pass
    assert model.state[0] == status, model.state


def test_models_are_listed_and_described(client: Client) -> None:
    expected = {
        "model_component": "Plates",
        "lookout_vision_model_arn": plates.ABOUT.model_arn,
        "status": messages.RUNNING,
        "status_message": "The model is running",
    }
    assert list(client("ListModels").models) == [ModelMetadata(**expected)]
    described = client("DescribeModel", model_component="Plates").model_description
    assert described == messages.ModelDescription(**expected)


OPERATIONS = ("DescribeModel", "StartModel", "StopModel", "DetectAnomalies")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_component_that_is_not_there_is_not_found(client: Client, operation: str) -> None:
    assert client.refused(Status.NOT_FOUND, operation, model_component="Cups") == (
        "model_component: got Cups, expected Plates"
    )


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_call_names_a_component(client: Client, operation: str) -> None:
    said = client.refused(Status.INVALID_ARGUMENT, operation)
    assert said == "model_component: got nothing, expected the name of a model component"


def test_a_model_that_runs_is_not_started(client: Client) -> None:
    said = client.refused(Status.FAILED_PRECONDITION, "StartModel", model_component="Plates")
    assert said == "Plates cannot be started: its status is RUNNING, expected STOPPED or FAILED"


def test_a_model_is_stopped_at_first_and_can_be_stopped_and_started_again(device: Device, socket: Path) -> None:
    with device.agent(socket=socket) as agent:
        assert agent.client.status() == (messages.STOPPED, "The model is stopped")
        first = agent.client.start()
        assert first == (messages.RUNNING, "The model is running")
        answer = agent.client.detect(LATER[0])
        assert agent.client("StopModel", model_component="Plates").status == messages.STOPPED
        picture = {"model_component": "Plates", "bitmap": bitmap(LATER[0])}
        said = agent.client.refused(Status.FAILED_PRECONDITION, "DetectAnomalies", **picture)
        assert said == "Plates cannot be used: its status is STOPPED, expected RUNNING"
        said = agent.client.refused(Status.FAILED_PRECONDITION, "StopModel", model_component="Plates")
        assert said == "Plates cannot be stopped: its status is STOPPED, expected RUNNING"
        assert agent.client.start() == first
        assert agent.client.detect(LATER[0]) == answer


def test_one_agent_serves_several_components(device: Device, only: Path, socket: Path) -> None:
    with device.agent(only, socket=socket) as agent:
        names = [one.model_component for one in agent.client("ListModels").models]
        assert names == ["Plates", "PlatesOnly"]
        agent.client.start("PlatesOnly")
        found = agent.client.detect(LATER[0], "PlatesOnly")
        assert agent.client.status("Plates")[0] == messages.STOPPED
    assert (found.HasField("anomaly_mask"), list(found.anomalies)) == (False, [])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_agent_that_is_told_to_end_leaves_nothing_behind(device: Device, socket: Path, number: int) -> None:
    with device.agent(socket=socket) as agent:
        agent.client.start()
        agent.client.detect(LATER[0])
        assert agent.end(number) == 0
        assert not socket.exists()


def test_after_an_agent_that_was_killed_the_next_one_begins(device: Device, socket: Path) -> None:
    with device.agent(socket=socket) as agent:
        assert agent.end(signal.SIGKILL) == -signal.SIGKILL
    assert socket.is_socket()
    with device.agent(socket=socket) as agent:
        assert agent.client.status()[0] == messages.STOPPED


def test_an_agent_does_not_take_the_socket_of_another_one(device: Device, client: Client) -> None:
    ran = device.run(device.component, "--socket", device.socket)
    assert (ran.returncode, ran.stderr) == (
        1,
        f"error: {device.socket}: another agent listens there: give this one another socket, "
        "or serve both components with one agent\n",
    )
    assert client.status()[0] == messages.RUNNING


@pytest.mark.parametrize("callers", [0, 1])
def test_an_agent_does_not_take_the_socket_of_another_program(device: Device, socket: Path, callers: int) -> None:
    """Nor of one that has no time for a second caller."""
    with sockets.socket(sockets.AF_UNIX) as other, sockets.socket(sockets.AF_UNIX) as caller:
        other.bind(str(socket))
        other.listen(0)
        if callers:
            caller.connect(str(socket))
        ran = device.run(device.component, "--socket", socket)
    assert "another agent listens there" in ran.stderr
    assert socket.is_socket()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("file", "{0}: got a file that is no socket, expected a free path"),
        ("none/agent.sock", "{0}: the agent cannot listen there: "),
        ("file/agent.sock", "{0}: the agent cannot listen there: Not a directory"),
        ("a" * 120, "socket: got {0}, expected an absolute path of at most 107 bytes"),
    ],
)
def test_a_place_where_no_socket_can_be_is_refused(device: Device, tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "file").write_text("mine", "utf-8")
    ran = device.run(device.component, "--socket", tmp_path / name)
    assert ran.returncode == 1
    assert f"error: {message.format(tmp_path / name)}" in ran.stderr  # gRPC may say something before it
    assert (tmp_path / "file").read_text("utf-8") == "mine"


def test_a_relative_path_is_refused(device: Device) -> None:
    ran = device.run(device.component, "--socket", "agent")
    assert ran.stderr == "error: socket: got agent, expected an absolute path of at most 107 bytes\n"


@pytest.mark.parametrize("content", [None, "", "[]", "{}", '{"size": null, "colour": 1}', '{"size": [1]}'])
def test_a_directory_that_is_no_component_is_refused(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "component.json").write_text(content, "utf-8")
    with pytest.raises(AgentError, match=r"component.json: got .*, expected the description of a model component"):
        HostedModel(tmp_path)


def test_an_installed_package_serves_the_components_that_are_named() -> None:
    command = [sys.executable, "-m", "lookout_server.edge"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert "component.json: got [Errno 2]" in ran.stderr


def test_two_components_of_one_name_are_refused(only: Path) -> None:
    with pytest.raises(AgentError, match="got a second component PlatesOnly, expected one of each name"):
        models_of([only, only])


def test_a_model_that_is_damaged_fails_and_says_why_and_starts_when_it_is_whole_again(only: Path) -> None:
    file, whole = only / "model/memory.patches.npy", only / "whole.npy"
    shutil.copy(file, whole)
    file.write_bytes(whole.read_bytes()[:-1])
    model = HostedModel(only)
    model.start()
    wait_for(model, messages.FAILED)
    assert "is not what the manifest says" in model.state[1]
    whole.replace(file)
    model.start()
    wait_for(model, messages.RUNNING)


def test_a_process_that_ends_waits_for_the_model_that_it_loads(only: Path) -> None:
    """As when SIGTERM comes in the middle: left there, the runtime of the network would abort the process."""
    manifest = only / "model/manifest.json"
    content = manifest.read_bytes()
    manifest.unlink()
    os.mkfifo(manifest)
    model = HostedModel(only)
    caller = threading.Thread(target=model.start, daemon=True)  # as gRPC's are
    caller.start()
    with open(manifest, "wb") as held_up:
        (loading,) = (one for one in threading.enumerate() if one.name == "load PlatesOnly")
        assert not loading.daemon
        held_up.write(content)
    wait_for(model, messages.RUNNING)


def test_a_model_is_started_once_however_many_ask(only: Path) -> None:
    model = HostedModel(only)

    def start(_: int) -> str:
        try:
            model.start()
        except FailedPrecondition:
            return "refused"
        return "started"

    assert sorted(at_once(6, start)) == [*["refused"] * 5, "started"]
    wait_for(model, messages.RUNNING)


def test_a_model_stops_when_it_has_looked_at_its_pictures(running: HostedModel) -> None:
    stopping = threading.Thread(target=running.stop)
    with running.running() as model:
        stopping.start()
        while running.state[0] == messages.RUNNING:
            pass
        assert running.state[0] == messages.STOPPING
        with pytest.raises(FailedPrecondition, match="PlatesOnly cannot be used: its status is STOPPING"):
            running.running().__enter__()
        model.judge(LATER[0])
    stopping.join(PATIENCE)
    assert running.state[0] == messages.STOPPED


def test_more_pictures_than_an_agent_can_look_at_are_refused_and_other_calls_are_answered(
    running: HostedModel,
) -> None:
    agent = Agent({"PlatesOnly": running})
    request = messages.DetectAnomaliesRequest(model_component="PlatesOnly", bitmap=bitmap(LATER[0]))
    for _ in range(AT_ONCE):
        agent._places.acquire()
    with pytest.raises(ResourceExhausted, match="the agent has 16 pictures to look at: come again when some are done"):
        agent.answer("DetectAnomalies", request)
    assert agent.answer("ListModels", messages.ListModelsRequest()).models
    agent._places.release()
    assert agent.answer("DetectAnomalies", request).detect_anomaly_result.confidence >= 0.5
    assert agent._places._value == 1


@pytest.mark.parametrize(("name", "refusal"), [("", InvalidArgument), ("Cups", NotFound)])
def test_what_is_refused_takes_no_place(running: HostedModel, name: str, refusal: type[Exception]) -> None:
    agent = Agent({"PlatesOnly": running})
    for _ in range(AT_ONCE + 1):
        with pytest.raises(refusal):
            agent.answer("DetectAnomalies", messages.DetectAnomaliesRequest(model_component=name))
