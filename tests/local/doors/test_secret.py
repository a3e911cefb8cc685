"""Where the secret of a cloud is, and who can get at it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from lookout_local import LocalCloud, process
from lookout_local.secret import ROOT_SECRET, is_root_secret, session_credentials

from .functions import make_function
from .support import claimed, port_of, secret_of

NOBODY = 65534


def test_only_the_secret_itself_is_the_secret() -> None:
    assert is_root_secret(ROOT_SECRET)
    for other in ("", ROOT_SECRET[:-1], f"{ROOT_SECRET}0", ROOT_SECRET.upper(), "\u00e9"):
        assert not is_root_secret(other)


def test_a_session_has_the_same_credentials_again_and_no_other_has() -> None:
    assert session_credentials("a", "bc") == session_credentials("a", "bc")
    assert not set(session_credentials("a", "bc")) & set(session_credentials("ab", "c"))


def test_no_part_of_a_sessions_credentials_tells_another_one() -> None:
    key, secret, token = session_credentials("a")
    assert key.removeprefix("ASIA").lower() not in secret + token
    assert secret not in token


def test_the_secret_is_not_shown_with_the_process() -> None:
    assert "hidden" not in repr(process.Running(1, 2, "/state", "hidden"))


@pytest.fixture(scope="module")
def cloud() -> Iterator[LocalCloud]:
    """A cloud whose state directory everybody can look into, with a function that runs."""
    directory = Path(tempfile.mkdtemp(prefix="lookout-doors-"))
    directory.chmod(0o755)
    os.environ["LOOKOUT_LOCAL_LOG_LEVEL"] = "DEBUG"
    try:
        with LocalCloud(state_dir=directory) as cloud:
            make_function(cloud, "running")()
            cloud.client("lambda").get_function(FunctionName="running")
            assert cloud.calls.all() == []
            yield cloud
    finally:
        del os.environ["LOOKOUT_LOCAL_LOG_LEVEL"]
        shutil.rmtree(directory)


def processes(cloud: LocalCloud) -> list[Path]:
    """The server and all that it runs, in /proc."""
    group = cloud._process.pid
    return [path for path in Path("/proc").glob("[0-9]*") if _group(path) == group]


def _group(path: Path) -> int:
    try:
        return os.getpgid(int(path.name))
    except ProcessLookupError:
        return 0


@pytest.mark.e2e
def test_the_secret_is_in_one_file_that_its_owner_reads(cloud: LocalCloud) -> None:
    secret = secret_of(cloud).encode()
    found = [path for path in cloud.state_dir.rglob("*") if path.is_file() and secret in path.read_bytes()]
    assert found == [cloud.state_dir / "server.json"]
    assert stat.S_IMODE(found[0].stat().st_mode) == 0o600


@pytest.mark.e2e
def test_the_secret_is_in_no_command_line_and_no_environment(cloud: LocalCloud) -> None:
    found = processes(cloud)
    assert len(found) == 2
    for path in found:
        for name in ("cmdline", "environ"):
            assert secret_of(cloud).encode() not in (path / name).read_bytes()


@pytest.mark.e2e
def test_a_record_that_lies_open_is_written_anew(tmp_path: Path) -> None:
    (tmp_path / "server.json").write_text("{}")
    (tmp_path / "server.json").chmod(0o666)
    with LocalCloud(state_dir=tmp_path) as cloud:
        assert stat.S_IMODE((tmp_path / "server.json").stat().st_mode) == 0o600
        assert process.find(tmp_path) == cloud._process


@pytest.mark.e2e
def test_every_cloud_has_a_secret_of_its_own(cloud: LocalCloud) -> None:
    with LocalCloud() as other:
        assert secret_of(other) != secret_of(cloud)
        assert len(secret_of(other)) == 40


@pytest.mark.e2e
def test_the_commands_find_the_secret_and_do_not_pass_it_on_a_command_line(cloud: LocalCloud) -> None:
    def run(*arguments: str) -> str:
        command = [sys.executable, "-m", "lookout_local.cli", *arguments, "--state-dir", str(cloud.state_dir)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert f"export AWS_SECRET_ACCESS_KEY={secret_of(cloud)};\n" in run("env")
    assert secret_of(cloud) not in run("status")
    command = ["lookout-local", "aws", "--state-dir", str(cloud.state_dir), "sts", "get-caller-identity"]
    told = subprocess.run([sys.executable, "-m", "lookout_local.cli", *command[1:]], capture_output=True, check=True)
    assert json.loads(told.stdout)["Account"] == "111111111111"


def as_nobody(work: Callable[[], Any]) -> Any:
    """What a function returns that runs as another user of the machine, in a process of its own."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            os.write(writing, json.dumps(work()).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    return json.loads(answer)


def _can_read(path: Path) -> bool:
    try:
        path.read_bytes()
    except PermissionError:
        return False
    return True


@pytest.mark.e2e
@pytest.mark.skipif(os.getuid() != 0, reason="only root can be another user")
def test_another_user_of_the_machine_reads_no_secret_and_calls_nothing(cloud: LocalCloud) -> None:
    paths = [cloud.state_dir / "server.json"]
    paths += [path / name for path in processes(cloud) for name in ("environ", "mem", "maps")]
    port = port_of(cloud)

    def status(method: str, target: str, headers: Iterable[tuple[str, str]]) -> int:
        """The object of the cloud asks the state directory first, which another user cannot."""
        with contextlib.closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
            connection.request(method, target, headers=dict(headers))
            return connection.getresponse().status

    def attack() -> Any:
        forged = [("Authorization", claimed("sts")), ("X-Amz-Date", "20260101T000000Z")]
        return {
            "user": os.getuid(),
            "readable": [str(path) for path in paths if _can_read(path)],
            "answers": [
                status(method, target, headers)
                for method, target, headers in (
                    ("GET", "/_lookout/calls", []),
                    ("POST", "/_lookout/reset", []),
                    ("POST", "/_lookout/reset", [("Authorization", "Bearer local")]),
                    ("POST", "/?Action=GetCallerIdentity&Version=2011-06-15", []),
                    ("POST", "/?Action=GetCallerIdentity&Version=2011-06-15", forged),
                    ("GET", "/2015-03-31/functions/", []),
                    ("POST", "/2015-03-31/functions/running/invocations", forged),
                    ("GET", "/", []),
                    ("PUT", "/bucket", []),
                )
            ],
        }

    found = as_nobody(attack)
    assert found["user"] == NOBODY
    assert found["readable"] == []
    assert set(found["answers"]) <= {400, 403}
