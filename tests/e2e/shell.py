"""`lookout-local` as its users type it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

COMMAND = str(Path(sys.executable).with_name("lookout-local"))


class Shell:
    """Runs `lookout-local` in a directory; `before` is what it is run with, `environment` replaces the test's own."""

    def __init__(self, directory: Path, *before: str, environment: Mapping[str, str] | None = None) -> None:
        self.directory = directory
        self._before = before
        self._environment = environment

    def __call__(self, *arguments: str, status: int = 0) -> str:
        """What the command says; fails unless it ends with that exit status, and without a traceback."""
        done = subprocess.run(
            [*self._before, COMMAND, *arguments],
            cwd=self.directory,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        output = done.stdout + done.stderr
        assert done.returncode == status, output
        assert "Traceback" not in output, output
        return output
