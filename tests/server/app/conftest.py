"""Fixtures of the application."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.app.support import Plant, plant


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Plant]:
    """An application with one key, which may do everything."""
    with plant(tmp_path) as made:
        yield made
