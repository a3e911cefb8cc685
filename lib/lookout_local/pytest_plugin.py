"""pytest plugin: the session fixture `lookout_cloud`. Registered by installing `cdk-lookout`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from lookout_local.cloud import LocalCloud


@pytest.fixture(scope="session")
def lookout_cloud() -> Iterator[LocalCloud]:
    """A running local cloud, one for the whole session; `lookout_cloud.reset()` empties it between tests."""
    from lookout_local.cloud import LocalCloud

    with LocalCloud() as cloud:
        yield cloud
