"""A cloud that `lookout-local up` has started: how its services behave, and what is changed while it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from lookout_local import process, remote
from lookout_local.clients import client
from lookout_local.commands import app
from lookout_local.errors import LocalCloudError
from lookout_server.faults import Fault, PlannedFault
from lookout_server.settings import Progress

pytestmark = pytest.mark.e2e

#: What a command prints; it raises what it ends with.
Run = Callable[..., str]


def command(state_dir: Path, *arguments: str) -> str:
    result = CliRunner().invoke(app, [*arguments, "--state-dir", str(state_dir)])
    if result.exception:
        raise result.exception
    return result.stdout


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Runs a command on the state directory of this module; what it started is stopped at the end."""
    state_dir = tmp_path_factory.mktemp("running")
    yield partial(command, state_dir)
    process.stop_in(state_dir)


@pytest.fixture(scope="module")
def cloud(run: Run) -> process.Running:
    """What `up` starts, with settings and a fault of its own."""
    said = run("up", "--quotas", "datasets=3,projects=1", "--fault", "ListModels=throttle")
    state_dir = said.partition("state in ")[2].partition(")")[0]
    found = process.find(Path(state_dir))
    assert found is not None
    return found


def service(cloud: process.Running) -> Any:
    return client("lookoutequipment", endpoint_url=cloud.endpoint_url, aws_secret_access_key=cloud.secret)


def test_it_starts_with_what_it_was_told(cloud: process.Running, run: Run) -> None:
    shown = run("settings").splitlines()
    assert {"quotas.datasets=3", "quotas.models=15", "vision_quotas.projects=1"} <= set(shown)
    assert run("faults") == "ListModels=throttle\n"
    service(cloud).list_models()  # which boto3 tries again
    assert run("faults") == ""


def test_its_clock_is_the_machines_and_its_work_is_short(cloud: process.Running, run: Run) -> None:
    assert remote.request(cloud, "GET", "health")["clock_speed"] == 1
    [clock] = [line for line in run("status").splitlines() if line.startswith("clock ")]
    assert clock.endswith(" UTC")
    assert remote.RemoteSettings(cloud).progress == Progress.by_describes(2, or_seconds=2)


def test_settings_are_changed_shown_and_taken_back(cloud: process.Running, run: Run) -> None:
    assert run("settings", "quotas.datasets=5", "page_size=7").splitlines() == [
        "quotas.datasets=5",
        "page_size=7",
    ]
    assert remote.RemoteSettings(cloud).page_size == 7
    assert run("settings", "--reset") == ""
    assert run("settings", "quotas.datasets", "page_size").splitlines() == ["quotas.datasets=3", "page_size=50"]


def test_a_change_that_makes_no_sense_changes_nothing(cloud: process.Running, run: Run) -> None:
    with pytest.raises(LocalCloudError, match=r"datasets of Quotas: got -1, expected a whole number \(0 or more\)"):
        run("settings", "page_size=9", "quotas.datasets=-1")
    assert remote.RemoteSettings(cloud).page_size == 50


def test_faults_are_added_listed_and_taken_back(cloud: process.Running, run: Run) -> None:
    added = run("faults", "CreateModel=fail,times=2,reason=a, b", "DetectAnomalies=slow,seconds=1.5")
    assert added.splitlines() == ["CreateModel=fail,times=2,reason=a, b", "DetectAnomalies=slow,seconds=1.5"]
    assert remote.RemoteFaults(cloud).all() == [
        PlannedFault("CreateModel", Fault.fail("a, b"), 2),
        PlannedFault("DetectAnomalies", Fault.slow(1.5)),
    ]
    assert run("faults", "--clear", "ListDatasets=throttle") == "ListDatasets=throttle\n"
    assert run("faults", "--clear") == ""


def test_a_fault_of_no_operation_is_refused(cloud: process.Running, run: Run) -> None:
    with pytest.raises(
        LocalCloudError, match=r"^operation of a fault: got 'CreatDataset', expected one of the API, such as "
    ):
        run("faults", "CreatDataset=throttle")


def test_a_fault_that_does_not_exist_leaves_no_cloud(tmp_path: Path) -> None:
    with pytest.raises(LocalCloudError, match="operation of a fault: got 'Foo', expected one of the API"):
        command(tmp_path / "state", "up", "--fault", "Foo=throttle")
    assert process.find(tmp_path / "state") is None
