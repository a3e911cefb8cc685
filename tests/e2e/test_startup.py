"""Starting, finding and ending clouds when something is in the way: another one, a dead one, a hanging one, no room."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from botocore.exceptions import EndpointConnectionError

from lookout_local import LocalCloud, LocalCloudError, process
from tests.e2e.shell import COMMAND, Shell

DAMAGED = [None, "", "{", '{"pid": "x", "port": []}', '{"pid": 1, "port": 80}']
#: Starts a server in a state directory of that name.
Serving = Callable[..., tuple[process.Running, "subprocess.Popen[bytes]"]]
SECOND = """
from pathlib import Path
from lookout_local import LocalCloud, LocalCloudError
try:
    LocalCloud(state_dir=Path({path!r})).start()
except LocalCloudError as error:
    print(error)
"""


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """Runs the command in an empty directory, where no cloud is left."""
    shell = Shell(tmp_path)
    yield shell
    shell("down")


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    """Starts servers, which end with the test."""
    with ExitStack() as started:

        def start(name: str = "state") -> tuple[process.Running, subprocess.Popen[bytes]]:
            running, child = process.start(tmp_path / name, dies_with_us=True)
            started.callback(process.stop, running, child)
            return running, child

        yield start


def server(shell: Shell, state_dir: str = ".lookout-local") -> process.Running:
    running = process.find(shell.directory / state_dir)
    assert running is not None
    return running


def kill(running: process.Running) -> None:
    os.kill(running.pid, signal.SIGKILL)
    until(lambda: not running.alive())


def servers(path: str | Path) -> list[int]:
    """The processes that serve, or are about to serve, a state directory."""
    found = []
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            arguments = command.read_bytes().split(b"\0")
        except OSError:
            continue
        if b"lookout_local.server" in arguments and os.fsencode(path) in arguments:
            found.append(int(command.parent.name))
    return found


def until(so: Callable[[], object]) -> None:
    """Wait for what must come; fails after a minute."""
    for _ in range(3000):
        if so():
            return
        signal.sigtimedwait([], 0.02)
    raise AssertionError("it did not come")


def test_of_many_that_start_at_once_one_wins_and_the_others_say_which(shell: Shell) -> None:
    def start(_: int) -> tuple[int, str]:
        done = subprocess.run([COMMAND, "up"], cwd=shell.directory, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    with ThreadPoolExecutor(5) as pool:
        answers = sorted(pool.map(start, range(5)))
    running = server(shell)
    assert [status for status, _ in answers] == [0, 1, 1, 1, 1]
    assert f"serves at {running.endpoint_url} (process {running.pid}," in answers[0][1]
    winner = f"a local cloud already runs in {running.state_dir}: {running.endpoint_url}, process {running.pid}"
    assert [said for _, said in answers[1:] if winner not in said] == []
    assert servers(shell.directory / ".lookout-local") == [running.pid]


@pytest.mark.parametrize("content", DAMAGED)
def test_a_damaged_record_leads_to_no_second_server(content: str | None, serving: Serving) -> None:
    running, _ = serving()
    record = Path(running.state_dir, "server.json")
    record.unlink()
    if content is not None:
        record.write_text(content)
    with pytest.raises(LocalCloudError, match=f"already runs in .*: {running.endpoint_url}, process {running.pid}"):
        serving()
    assert process.find(Path(running.state_dir)) == running
    assert servers(running.state_dir) == [running.pid]


def test_a_server_with_a_damaged_record_can_be_ended(serving: Serving) -> None:
    running, _ = serving()
    os.kill(running.pid, signal.SIGSTOP)  # so that it does not put the record right
    Path(running.state_dir, "server.json").write_text("damaged")
    assert process.stop_in(Path(running.state_dir)) == running.pid
    assert servers(running.state_dir) == []


def test_the_record_of_another_cloud_is_not_believed(serving: Serving) -> None:
    first, _ = serving()
    other = Path(first.state_dir).with_name("other")
    shutil.copytree(first.state_dir, other)
    assert process.find(other) is None
    assert process.stop_in(other) is None
    second, _ = serving("other")
    shutil.copy(Path(first.state_dir, "server.json"), other / "server.json")
    assert process.find(other) == second
    assert process.stop_in(other) == second.pid
    assert servers(first.state_dir) == [first.pid]


def test_a_killed_server_is_not_found_and_makes_room_for_the_next_one(serving: Serving) -> None:
    killed, _ = serving()
    kill(killed)
    assert process.find(Path(killed.state_dir)) is None
    assert process.stop_in(Path(killed.state_dir)) is None
    running, _ = serving()
    assert process.find(Path(running.state_dir)) == running
    assert servers(running.state_dir) == [running.pid]


def test_a_record_with_the_id_of_another_process_is_not_believed(serving: Serving) -> None:
    """As after a server that was killed, when its id was given to another process."""
    killed, _ = serving()
    kill(killed)
    record = Path(killed.state_dir, "server.json")
    with subprocess.Popen(["sleep", "600"]) as stranger:
        record.write_text(json.dumps({**json.loads(record.read_text()), "pid": stranger.pid}))
        assert process.find(record.parent) is None
        assert process.stop_in(record.parent) is None
        assert stranger.poll() is None
        stranger.kill()


def test_a_server_whose_state_directory_is_removed_ends(serving: Serving) -> None:
    first, _ = serving()
    shutil.rmtree(first.state_dir)
    second, _ = serving()
    until(lambda: servers(first.state_dir) == [second.pid])


def test_one_state_directory_holds_one_cloud_of_a_program_or_of_two(tmp_path: Path) -> None:
    with LocalCloud(state_dir=tmp_path) as cloud:
        expected = f"already runs in {tmp_path}: {cloud.endpoint_url}, process {cloud._process.pid}"
        with pytest.raises(LocalCloudError, match=re.escape(expected)):
            LocalCloud(state_dir=tmp_path).start()
        script = SECOND.format(path=str(tmp_path))
        said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
        assert expected in said
        assert cloud.client("s3").list_buckets()["Buckets"] == []


def test_a_cloud_that_was_killed_says_so_and_can_be_started_again() -> None:
    with LocalCloud() as cloud:
        client, calls, killed, directory = cloud.client("s3"), cloud.calls, cloud._process, cloud.state_dir
        kill(killed)
        for use in (lambda: cloud.endpoint_url, lambda: cloud.client("s3"), cloud.env, cloud.reset, lambda: cloud.now):
            with pytest.raises(LocalCloudError, match=r"has ended by itself: start\(\) starts an empty one"):
                use()
        with pytest.raises(LocalCloudError, match=f"no local cloud answers at {killed.endpoint_url}"):
            calls.all()
        with pytest.raises(EndpointConnectionError):
            client.list_buckets()
        assert cloud.start() is cloud
        assert cloud._process.pid != killed.pid
        assert not directory.exists()
        assert cloud.client("s3").list_buckets()["Buckets"] == []
        os.kill(cloud._process.pid, signal.SIGKILL)


def test_a_hanging_server_is_an_error_with_a_way_out(shell: Shell) -> None:
    shell("up")
    running = server(shell)
    os.kill(running.pid, signal.SIGSTOP)
    said = shell("status", status=1)
    assert f"no local cloud answers at {running.endpoint_url}: timed out" in said
    assert f"process {running.pid} is busy or hangs: lookout-local down ends it" in said
    assert f"process {running.pid}; lookout-local down ends it" in shell("up", status=1)
    assert f"process {running.pid}" in shell("down")
    assert servers(running.state_dir) == []


def test_a_hanging_cloud_of_a_program_is_ended() -> None:
    cloud = LocalCloud().start()
    os.kill(cloud._process.pid, signal.SIGSTOP)
    directory = cloud.state_dir
    cloud.stop()
    assert servers(directory) == []
    assert not directory.exists()


@pytest.mark.parametrize("name", ["x$(touch f)", '-rf it\'s "q"  `touch f` *;touch f\n&touch f #\033[31m'])
def test_the_printed_lines_can_be_copied(name: str, shell: Shell) -> None:
    said = shell("up", "--state-dir", name)
    hint = re.search(r"^use it:  (.*)   stop it:  (.*)\n\Z", said, re.MULTILINE | re.DOTALL)
    assert hint is not None, said
    use, stop = hint.groups()
    path = f"PATH={shlex.quote(str(Path(sys.executable).parent))}:$PATH"
    python = shlex.quote(sys.executable)
    show = f"{python} -c 'import os; print(os.environ[\"AWS_ENDPOINT_URL\"])'"
    endpoint = server(shell, name).endpoint_url
    elsewhere = shell.directory / "elsewhere"
    elsewhere.mkdir()

    def copied(line: str) -> str:
        script = f"{path}\n{line}"
        return subprocess.run(["sh", "-c", script], cwd=elsewhere, capture_output=True, text=True, check=True).stdout

    try:
        assert copied(f"{use}\n{show}") == f"{endpoint}\n"
    finally:
        assert "stopped" in copied(stop)
    assert servers(shell.directory / name) == []
    assert list(elsewhere.iterdir()) == []
    assert {path.name for path in shell.directory.iterdir()} == {name, "elsewhere"}


def test_the_environment_may_be_evaluated_without_quotes(shell: Shell) -> None:
    shell("up")
    script = f'eval $({shlex.quote(COMMAND)} env); echo "$AWS_ENDPOINT_URL" "$AWS_PROFILE" "$AWS_DEFAULT_REGION"'
    outer = {**os.environ, "AWS_PROFILE": "work"}
    done = subprocess.run(
        ["sh", "-c", script], cwd=shell.directory, env=outer, capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{server(shell).endpoint_url}  us-east-1\n"


def test_nobody_else_may_look_into_what_is_there_while_a_cloud_runs(shell: Shell) -> None:
    (shell.directory / ".lookout-local").mkdir()
    (shell.directory / ".lookout-local").chmod(0o777)
    (shell.directory / ".lookout-local" / "server.log").touch(0o666)
    Shell(shell.directory, "sh", "-c", 'umask 0; exec "$0" "$@"')("up")
    directory = Path(server(shell).state_dir)
    open_to_others = [path for path in [directory, *directory.rglob("*")] if path.stat().st_mode & 0o077]
    assert open_to_others == []
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("number", "moment"),
    [
        (signal.SIGINT, "begun"),
        (signal.SIGINT, "locked"),
        (signal.SIGINT, "logged"),
        (signal.SIGTERM, "locked"),
        (signal.SIGKILL, "begun"),
        (signal.SIGKILL, "logged"),
    ],
)
def test_a_start_that_is_interrupted_leaves_nothing_running(number: int, moment: str, shell: Shell) -> None:
    directory = shell.directory / ".lookout-local"
    reached = {
        "begun": lambda: servers(directory),
        "locked": lambda: (directory / "lookout-local.lock").exists(),
        "logged": lambda: (directory / "server.log").exists(),
    }[moment]
    with subprocess.Popen([COMMAND, "up"], cwd=shell.directory, stdout=subprocess.PIPE, text=True) as starting:
        until(reached)
        starting.send_signal(number)
        said, _ = starting.communicate()
    assert said == ""
    until(lambda: not servers(directory))
    assert not (directory / "server.json").exists()


def test_what_cannot_be_told_is_not_left_running(shell: Shell) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [COMMAND, "up"], cwd=shell.directory, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (done.returncode, done.stderr) == (1, "error: [Errno 28] No space left on device\n")
    assert servers(shell.directory / ".lookout-local") == []


def test_a_port_for_the_privileged_is_an_error(shell: Shell) -> None:
    said = Shell(shell.directory, *without_privileges())("up", "--port", "80", status=1)
    assert "port 80 on 127.0.0.1 cannot be used: permission denied; choose another port (--port), from 1024 on" in said


def test_a_directory_without_rights_is_an_error(shell: Shell) -> None:
    (shell.directory / "closed").mkdir(0o500)
    said = Shell(shell.directory, *without_privileges())("up", "--state-dir", "closed/new", status=1)
    assert f"the state directory {shell.directory}/closed/new cannot be used: permission denied" in said
    assert "choose another one" in said


def test_no_room_for_a_single_byte_is_an_error(shell: Shell) -> None:
    said = Shell(shell.directory, "sh", "-c", 'ulimit -f 0; exec "$0" "$@"')("up", status=1)
    assert "cannot be used: file too large" in said
    assert servers(shell.directory / ".lookout-local") == []


def test_a_full_disk_at_the_start_is_an_error(shell: Shell, disk: Path) -> None:
    fill(disk)
    said = shell("up", "--state-dir", "disk/state", status=1)
    assert f"the state directory {disk}/state cannot be used: no space left on device" in said
    assert "make room for it" in said
    assert servers(disk / "state") == []


def test_a_read_only_disk_is_an_error(shell: Shell, disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    said = shell("up", "--state-dir", "disk/state", status=1)
    assert "cannot be used: read-only file system; choose another one" in said


def test_a_disk_that_becomes_full_does_not_end_the_cloud(shell: Shell, disk: Path) -> None:
    shell("up", "--state-dir", "disk/state")
    running = server(shell, "disk/state")
    try:
        fill(disk)
        shell("aws", "--state-dir", "disk/state", "s3", "mb", "s3://kept")
        (disk / "filler").unlink()
        assert "kept" in shell("aws", "--state-dir", "disk/state", "s3", "ls")
    finally:
        assert f"process {running.pid}" in shell("down", "--state-dir", "disk/state")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with little room, which only root can make."""
    path = tmp_path / "disk"
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k,mode=0755", "tmpfs", str(path)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("no file system can be mounted here")
    yield path
    subprocess.run(["umount", str(path)], check=True)


def fill(disk: Path) -> None:
    with (disk / "filler").open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))


def without_privileges() -> list[str]:
    """What to run a command with, so that it has no more rights than another user has to files of their own."""
    if os.geteuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("there is no setpriv, by which root gives up its privileges")
    return ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"]
