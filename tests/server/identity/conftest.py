"""Keys in a store of their own, and requests that are signed with them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lookout_server.clock import ManualClock
from lookout_server.identity.callers import Callers
from lookout_server.identity.keys import Keys, NewKey
from lookout_server.store import MEMORY, Documents, SqliteDocuments

from .support import ACCOUNT, EVERYTHING


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime.now(UTC).replace(microsecond=0))


@pytest.fixture
def documents() -> Iterator[Documents]:
    found = SqliteDocuments(MEMORY)
    yield found
    found.close()


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    return tmp_path / "key-file"


@pytest.fixture
def keys(documents: Documents, key_file: Path, clock: ManualClock) -> Keys:
    return Keys(documents, key_file, now=clock.now)


@pytest.fixture
def plant(keys: Keys) -> NewKey:
    """A key that may do everything."""
    return keys.add("plant", account=ACCOUNT, policy=EVERYTHING)


@pytest.fixture
def callers(keys: Keys, clock: ManualClock) -> Callers:
    return Callers(keys, services=["lookoutequipment", "lookoutvision"], now=clock.now)
