"""Blobs for as long as somebody has them: for tests, and for a service whose state is in memory."""

from __future__ import annotations

import tempfile
from pathlib import Path

from lookout_server.store.directory import DirectoryBlobs


class ScratchBlobs(DirectoryBlobs):
    """Blobs in a directory that goes with the object."""

    def __init__(self) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="lookout-blobs-")
        super().__init__(Path(self._directory.name) / "blobs")
