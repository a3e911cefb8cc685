"""A Backend that ends and starts anew, on the same store, before each call: it remembers nothing else.

`LOOKOUT_TESTS_RESTART=1` makes it that of all tests of the services.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from lookout_server.backend import Backend
from lookout_server.protocol.http import HttpRequest, HttpResponse
from lookout_server.steps import Steps
from lookout_server.store.scratch import ScratchBlobs
from lookout_server.store.sqlite import MEMORY, SqliteDocuments

WANTED = bool(os.environ.get("LOOKOUT_TESTS_RESTART"))


class Restarting(Backend):
    """What a test makes of a server is kept: its settings, faults, and what it writes down for the test."""

    def __init__(self, **arguments: Any) -> None:
        self._arguments = {"documents": SqliteDocuments(MEMORY), "blobs": ScratchBlobs(), **arguments}
        super().__init__(**self._arguments)

    def answering(self, request: HttpRequest) -> Steps[HttpResponse]:
        self._restart()
        return super().answering(request)

    def tick(self) -> None:
        self._restart()
        super().tick()

    def _restart(self) -> None:
        if self._runner._running:
            return  # somebody is at work: that would be another server's
        kept = {name: getattr(self, name) for name in ("faults", "calls", "internal_failures", "settings")}
        arguments = {**self._arguments, "settings": self.settings}
        super().__init__(**arguments)
        vars(self).update(kept)
        self._world = replace(self._world, faults=self.faults)
        self.recover()


def passes(tests: Path) -> str:
    """Run the tests in a directory on servers that start anew before each call; what is wrong, or ''."""
    root = Path(__file__).parents[3]
    files = sorted(str(file) for file in tests.glob("test_*.py"))
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", "-m", "not e2e", *files]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    ran = subprocess.run(
        command,
        cwd=root,
        env={**environment, "LOOKOUT_TESTS_RESTART": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return "" if ran.returncode == 0 and " passed" in ran.stdout else ran.stdout[-5_000:] + ran.stderr


def backend(**arguments: Any) -> Backend:
    """A Backend for a test."""
    return Restarting(**arguments) if WANTED and "documents" not in arguments else Backend(**arguments)
