"""The stores that the tests are about."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lookout_server.store import MEMORY, DirectoryBlobs, Documents, SqliteDocuments


@pytest.fixture(params=["file", "memory"])
def documents(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Documents]:
    """One store of each adapter: what is asked of it, is asked of all."""
    found = SqliteDocuments(MEMORY if request.param == "memory" else tmp_path / "documents.sqlite")
    yield found
    found.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a database may be."""
    return tmp_path / "data" / "documents.sqlite"


@pytest.fixture
def blobs(tmp_path: Path) -> DirectoryBlobs:
    return DirectoryBlobs(tmp_path / "blobs")
