"""`make demo`, as a new user runs it: the real CDK CLI, the reference app, a cloud of its own."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
_ENDPOINT = re.compile(r"http://127\.0\.0\.1:(\d+)")


def start() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "demo"],
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def serves(output: str) -> bool:
    """Whether anything still listens where the demo said that its cloud serves."""
    [port] = set(_ENDPOINT.findall(output))
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", int(port))) == 0


def test_the_demo_takes_the_app_through_its_whole_life_and_leaves_nothing_running() -> None:
    demo = start()
    output, _ = demo.communicate(timeout=600)
    assert demo.returncode == 0, output
    assert "the active version moved: 2 -> 3 -> 2" in output
    assert "ImportModelVersion: ResourceNotFoundException" in output
    assert re.search(r"the alarm came at .* mostly because of pump.vibration\n.* \d\d hours before it", output)
    assert "three runs of the scheduler have succeeded" in output
    assert "a bottle with torn label is told from the others" in output
    assert "UnknownEvents is 1, expected at most 0" in output
    assert "nothing is left in account 222222222222" in output
    assert not serves(output)


def test_an_interrupted_demo_leaves_nothing_running() -> None:
    demo = start()
    assert demo.stdout is not None
    output = ""
    for line in demo.stdout:
        output += line
        if "share" in line:
            break
    # Ctrl-C reaches the whole foreground process group, the CDK CLI included.
    os.killpg(demo.pid, signal.SIGINT)
    rest, _ = demo.communicate(timeout=60)
    assert demo.returncode == 1, rest
    assert "interrupted" in rest
    assert not serves(output)
