"""The server process: starting, failing to start, and leaving nothing behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from lookout_local import process
from lookout_local.cloud import LocalCloud
from lookout_local.errors import LocalCloudError, MissingExtra

SLOW_FUNCTION = "def handle(event, context):\n    return 'hello'\n"


def test_a_missing_extra_is_named_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_MODULES", ("json", "not_installed_anywhere"))
    with pytest.raises(MissingExtra, match=r"not_installed_anywhere.*pip install 'cdk-lookout\[local\]'"):
        process.require_extra()


def test_nothing_runs_in_an_empty_state_directory(tmp_path: Path) -> None:
    assert process.find(tmp_path) is None


def test_a_recycled_process_id_is_not_taken_for_the_server(tmp_path: Path) -> None:
    stranger = process.Running(os.getpid(), 1, str(tmp_path))
    assert not stranger.alive()
    process.stop(stranger)  # would end the tests if it believed the id


def test_a_cloud_that_does_not_run_says_how_to_start_it() -> None:
    with pytest.raises(LocalCloudError, match=r"call start\(\)"):
        _ = LocalCloud().endpoint_url


@pytest.mark.parametrize("time_scale", [0, -1])
def test_a_time_scale_that_stops_time_is_refused(time_scale: float) -> None:
    with pytest.raises(ValueError, match="time_scale"):
        LocalCloud(time_scale=time_scale)


@pytest.mark.e2e
def test_a_busy_port_is_a_clear_error(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(LocalCloudError, match=rf"port {port} on 127.0.0.1 cannot be used.*another port"):
            LocalCloud(port=port, state_dir=tmp_path).start()


@pytest.mark.e2e
def test_a_server_that_dies_at_its_start_shows_the_end_of_its_log(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("in the way")
    with pytest.raises(LocalCloudError, match=r"(?s)did not start.*FileExistsError"):
        LocalCloud(state_dir=tmp_path).start()


@pytest.mark.e2e
def test_two_clouds_know_nothing_of_each_other(lookout_cloud: LocalCloud) -> None:
    with LocalCloud() as second:
        assert second.endpoint_url != lookout_cloud.endpoint_url
        assert second.state_dir != lookout_cloud.state_dir
        second.client("s3").create_bucket(Bucket="only-in-the-second")
        buckets = lookout_cloud.client("s3").list_buckets()["Buckets"]
        assert "only-in-the-second" not in [bucket["Name"] for bucket in buckets]


@pytest.mark.e2e
def test_a_cloud_listens_on_loopback_only(lookout_cloud: LocalCloud) -> None:
    port = int(lookout_cloud.endpoint_url.rpartition(":")[2])
    listening = Path("/proc/net/tcp").read_text().splitlines()[1:]
    hosts = {line.split()[1].split(":")[0] for line in listening if line.split()[1].endswith(f":{port:04X}")}
    assert hosts == {"0100007F"}


@pytest.mark.e2e
def test_stopping_ends_the_server_with_its_functions_and_removes_its_directory() -> None:
    cloud = LocalCloud().start()
    group, directory = cloud._process.pid, cloud.state_dir
    _run_a_function(cloud)
    assert len(_members(group)) == 2
    cloud.stop()
    assert _members(group) == []
    assert not directory.exists()


@pytest.mark.e2e
def test_a_cloud_ends_with_the_process_that_started_it_and_takes_its_directory_along() -> None:
    script = (
        "import sys; from lookout_local import LocalCloud\n"
        "cloud = LocalCloud().start()\n"
        "print(cloud._process.pid, cloud.state_dir, flush=True)\n"
        "sys.stdin.read()\n"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", script], **pipes) as owner:  # type: ignore[call-overload]
        group, directory = owner.stdout.readline().split()
        assert _members(int(group)) == [int(group)]
        owner.send_signal(signal.SIGKILL)
        owner.wait()
    _wait_until_gone(int(group))
    assert not Path(directory).exists()


def _run_a_function(cloud: LocalCloud) -> None:
    import io
    import json
    import zipfile

    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = cloud.client("iam").create_role(
        RoleName="function", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("index.py", SLOW_FUNCTION)
    functions = cloud.client("lambda")
    functions.create_function(
        FunctionName="hello",
        Runtime="python3.13",
        Handler="index.handle",
        Role=role["Role"]["Arn"],
        Code={"ZipFile": code.getvalue()},
    )
    assert functions.invoke(FunctionName="hello")["Payload"].read() == b'"hello"'


def _members(group: int) -> list[int]:
    """The processes of a process group that run."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group and fields[0] not in "ZX":
            found.append(int(stat.parent.name))
    return sorted(found)


def _wait_until_gone(group: int) -> None:
    """Fails by the time limit of the test run when the group stays."""
    for _ in range(1000):
        if not _members(group):
            return
        signal.sigtimedwait([], 0.01)
    raise AssertionError(f"still there: {_members(group)}")
