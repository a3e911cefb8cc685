"""A cloud that `lookout-local up` has started: how its services behave, and what is changed while it runs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from lookout_local import process, remote
from lookout_local.clients import client
from lookout_local.services import Fault, PlannedFault, Progress

pytestmark = pytest.mark.e2e

Run = Callable[..., CompletedProcess[str]]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Runs a command on the state directory of this module; what it started is stopped at the end."""
    state_dir = tmp_path_factory.mktemp("running")

    def running(*arguments: str) -> CompletedProcess[str]:
        command = [sys.executable, "-m", "lookout_local.cli", *arguments, "--state-dir", str(state_dir)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    yield running
    process.stop_in(state_dir)


@pytest.fixture(scope="module")
def cloud(run: Run) -> process.Running:
    """What `up` starts, with settings and a fault of its own."""
    done = run("up", "--quotas", "datasets=3,projects=1", "--fault", "ListModels=throttle")
    assert done.returncode == 0, done.stderr
    state_dir = done.stdout.partition("state in ")[2].partition(")")[0]
    found = process.find(Path(state_dir))
    assert found is not None
    return found


def service(cloud: process.Running) -> Any:
    return client("lookoutequipment", endpoint_url=cloud.endpoint_url, aws_secret_access_key=cloud.secret)


def test_it_starts_with_what_it_was_told(cloud: process.Running, run: Run) -> None:
    shown = run("settings").stdout.splitlines()
    assert {"quotas.datasets=3", "quotas.models=15", "vision_quotas.projects=1"} <= set(shown)
    assert run("faults").stdout == "ListModels=throttle\n"
    service(cloud).list_models()  # which boto3 tries again
    assert run("faults").stdout == ""


def test_its_clock_is_the_machines_and_its_work_is_short(cloud: process.Running, run: Run) -> None:
    assert remote.request(cloud, "GET", "health")["clock_speed"] == 1
    [clock] = [line for line in run("status").stdout.splitlines() if line.startswith("clock ")]
    assert clock.endswith(" UTC")
    assert remote.RemoteSettings(cloud).progress == Progress.by_describes(2, or_seconds=2)


def test_settings_are_changed_shown_and_taken_back(cloud: process.Running, run: Run) -> None:
    assert run("settings", "quotas.datasets=5", "page_size=7").stdout.splitlines() == [
        "quotas.datasets=5",
        "page_size=7",
    ]
    assert remote.RemoteSettings(cloud).page_size == 7
    assert run("settings", "--reset").stdout == ""
    assert run("settings", "quotas.datasets", "page_size").stdout.splitlines() == ["quotas.datasets=3", "page_size=50"]


def test_a_change_that_makes_no_sense_changes_nothing(cloud: process.Running, run: Run) -> None:
    done = run("settings", "--reset", "page_size=9", "quotas.datasets=-1")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "error: datasets of Quotas: got -1, expected a whole number (0 or more)\n"
    assert remote.RemoteSettings(cloud).page_size == 50


def test_faults_are_added_listed_and_taken_back(cloud: process.Running, run: Run) -> None:
    added = run("faults", "CreateModel=fail,times=2,reason=a, b", "DetectAnomalies=slow,seconds=1.5")
    assert added.stdout.splitlines() == ["CreateModel=fail,times=2,reason=a, b", "DetectAnomalies=slow,seconds=1.5"]
    assert remote.RemoteFaults(cloud).all() == [
        PlannedFault("CreateModel", Fault.fail("a, b"), 2),
        PlannedFault("DetectAnomalies", Fault.slow(1.5)),
    ]
    assert run("faults", "--clear", "ListDatasets=throttle").stdout == "ListDatasets=throttle\n"
    assert run("faults", "--clear").stdout == ""


def test_a_fault_of_no_operation_is_refused(cloud: process.Running, run: Run) -> None:
    done = run("faults", "CreatDataset=throttle")
    assert done.returncode == 1
    assert done.stderr.startswith("error: operation of a fault: got 'CreatDataset', expected one of the API, such as ")


def test_a_fault_that_does_not_exist_leaves_no_cloud(tmp_path: Path) -> None:
    state_dir = tmp_path / "state"
    command = [
        sys.executable,
        "-m",
        "lookout_local.cli",
        "up",
        "--state-dir",
        str(state_dir),
        "--fault",
        "Foo=throttle",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "operation of a fault: got 'Foo', expected one of the API" in done.stderr
    assert process.find(state_dir) is None
