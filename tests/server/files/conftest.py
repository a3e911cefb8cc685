"""A directory of buckets."""

from __future__ import annotations

from pathlib import Path

import pytest

from lookout_server.files.directory import DirectoryBuckets


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Where the buckets are; the bucket `sensors` is there."""
    found = tmp_path / "buckets"
    (found / "sensors").mkdir(parents=True)
    return found


@pytest.fixture
def buckets(root: Path) -> DirectoryBuckets:
    return DirectoryBuckets(root, region="eu-west-1")
