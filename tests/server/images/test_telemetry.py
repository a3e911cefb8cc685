"""Nobody is told how pictures are looked at."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_the_runtime_of_networks_writes_nothing_about_the_machine(tmp_path: Path) -> None:
    """It reports to its makers otherwise, and keeps an id of the machine in the user's cache."""
    code = "import lookout_server.detection.images.backbone"
    environment = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
