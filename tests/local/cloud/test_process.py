"""The server process: starting, failing to start, and leaving nothing behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lookout_local import process
from lookout_local.cloud import LocalCloud
from lookout_local.errors import LocalCloudError, MissingExtra
from lookout_local.state_directory import StateDirectory
from lookout_server.lock import UNSEEN

SLOW_FUNCTION = "def handle(event, context):\n    return 'hello'\n"


@pytest.fixture
def held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state directory that process 4242 holds."""
    monkeypatch.setattr(StateDirectory, "holder", lambda directory: 4242)
    return tmp_path


def test_a_missing_extra_is_named_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "MODULES", ("json", "not_installed_anywhere"))
    with pytest.raises(MissingExtra, match=r"not_installed_anywhere.*pip install 'cdk-lookout\[local\]'"):
        process.require_extra()


_BROKEN = """
import asyncio
from lookout_local import gateway

def load():
    raise ImportError("half of a module is missing")

gateway.load = load

async def main():
    said = asyncio.Queue()
    said.put_nowait({"type": "lifespan.startup"})
    served = gateway.Gateway("http://127.0.0.1:1")({"type": "lifespan"}, said.get, told.put)
    await asyncio.wait_for(served, 60)

told = asyncio.Queue()
asyncio.run(main())
print(told.get_nowait())
"""


def test_a_server_that_cannot_load_what_it_needs_says_so_instead_of_starting(tmp_path: Path) -> None:
    surroundings = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
    command = [sys.executable, "-c", _BROKEN]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, env=surroundings, cwd=tmp_path)
    said = {"type": "lifespan.startup.failed", "message": "ImportError: half of a module is missing"}
    assert ran.stdout.splitlines()[-1] == str(said)


def test_nothing_runs_in_an_empty_state_directory(tmp_path: Path) -> None:
    assert process.find(tmp_path) is None


def test_a_process_that_does_not_hold_the_directory_is_not_taken_for_the_server(tmp_path: Path) -> None:
    stranger = process.Running(os.getpid(), 1, str(tmp_path))
    assert not stranger.alive()
    process.stop(stranger)  # would end the tests if it believed the id


@pytest.mark.parametrize("record", [{}, {"pid": 4243, "port": 4566}, {"pid": 4242}, {"pid": 4242, "port": "4566"}])
def test_a_server_that_does_not_say_where_it_serves_is_an_error_with_a_way_out(
    record: dict[str, Any], held: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_RECORD_SECONDS", 0.0)
    (held / "server.json").write_text(json.dumps(record))
    with pytest.raises(LocalCloudError, match=rf"process 4242 has {held} and does not say where.* --state-dir {held}"):
        process.find(held)


def test_a_server_is_found_by_the_record_of_the_process_that_holds_the_directory(held: Path) -> None:
    record = {"pid": 4242, "port": 4566, "secret": "only here", "state_dir": "/elsewhere"}
    (held / "server.json").write_text(json.dumps(record))
    assert process.find(held) == process.Running(4242, 4566, str(held), "only here")


def test_a_server_in_another_container_can_neither_be_found_nor_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(StateDirectory, "holder", lambda directory: UNSEEN)
    for use in (process.find, process.stop_in):
        with pytest.raises(LocalCloudError, match="in another container or on another machine; end it there"):
            use(tmp_path)


def test_a_server_that_does_not_end_is_not_said_to_have_ended(held: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[int] = []
    monkeypatch.setattr(process, "_STOP_SECONDS", 0.0)
    monkeypatch.setattr(process, "_KILL_SECONDS", 0.0)
    monkeypatch.setattr(process.os, "kill", lambda pid, number: sent.append(number))
    monkeypatch.setattr(process.os, "killpg", lambda pid, number: sent.append(number))
    with pytest.raises(LocalCloudError, match=r"process 4242, the local cloud in .*, did not end"):
        process.stop_in(held)
    assert sent == [signal.SIGTERM, signal.SIGCONT, signal.SIGKILL]


def test_a_server_that_may_not_be_ended_is_not_said_to_have_ended(held: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(pid: int, number: int) -> None:
        raise PermissionError

    monkeypatch.setattr(process, "_STOP_SECONDS", 0.0)
    monkeypatch.setattr(process, "_KILL_SECONDS", 0.0)
    monkeypatch.setattr(process.os, "kill", refuse)
    monkeypatch.setattr(process.os, "killpg", refuse)
    with pytest.raises(LocalCloudError, match="did not end"):
        process.stop_in(held)


def test_a_cloud_that_does_not_run_says_how_to_start_it() -> None:
    with pytest.raises(LocalCloudError, match=r"call start\(\)"):
        _ = LocalCloud().endpoint_url


@pytest.mark.parametrize("time_scale", [0, -1, 1e-9, 1e9, float("nan"), float("inf"), "fast", None])
def test_a_time_scale_that_makes_no_sense_is_refused(time_scale: Any) -> None:
    with pytest.raises(ValueError, match=rf"time_scale of a local cloud: got {time_scale}, expected 0.0001 to 1000"):
        LocalCloud(time_scale=time_scale)


@pytest.mark.parametrize("port", [80_000, 65_536, -1, 1.5, "http", None])
def test_a_port_that_is_none_is_refused(port: Any) -> None:
    with pytest.raises(ValueError, match=rf"port of a local cloud: got {port}, expected 0 to 65535"):
        LocalCloud(port=port)


@pytest.mark.e2e
def test_a_busy_port_is_a_clear_error(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(LocalCloudError, match=rf"port {port} on 127.0.0.1 cannot be used.*another port"):
            LocalCloud(port=port, state_dir=tmp_path).start()


@pytest.mark.e2e
def test_a_server_that_dies_at_its_start_shows_the_end_of_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOOKOUT_LOCAL_LOG_LEVEL", "basic_format")  # which logging has, and which is no level
    with pytest.raises(LocalCloudError, match=r"(?s)did not start \(see .*/server.log\).*Unknown level"):
        LocalCloud(state_dir=tmp_path).start()
    assert process.find(tmp_path) is None


@pytest.mark.e2e
def test_a_server_whose_python_does_not_start_shows_what_that_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process.isolation, "command", lambda module: [sys.executable, "-c", "raise RuntimeError('no')"])
    with pytest.raises(LocalCloudError, match=r"(?s)did not start.*RuntimeError: no"):
        LocalCloud(state_dir=tmp_path).start()


@pytest.mark.e2e
def test_a_server_that_does_not_come_to_serve_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[int] = []
    end = process._end

    def note_and_end(directory: StateDirectory, pid: int, child: Any) -> None:
        ended.append(pid)
        end(directory, pid, child)

    monkeypatch.setattr(process, "_end", note_and_end)
    monkeypatch.setattr(process.isolation, "command", lambda module: [sys.executable, "-c", "input()"])
    monkeypatch.setattr(process, "_STARTUP_SECONDS", 0.1)
    with pytest.raises(LocalCloudError, match="did not start within 0 seconds"):
        LocalCloud(state_dir=tmp_path).start()
    assert _members(ended[0]) == []


@pytest.mark.e2e
def test_what_is_in_the_way_in_the_state_directory_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("in the way")
    with pytest.raises(LocalCloudError, match=r"did not start: .* cannot be used: file exists \(.*/home\)") as error:
        LocalCloud(state_dir=tmp_path).start()
    assert "\n" not in str(error.value)


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
