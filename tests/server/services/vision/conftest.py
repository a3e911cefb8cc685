"""A Backend with a real botocore client, and S3 in a dictionary."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.server.services.vision.memory import remembered
from tests.server.services.vision.support import Studio


@pytest.fixture(autouse=True, scope="session")
def pictures_are_remembered() -> Iterator[None]:
    """What is seen in a picture is seen once."""
    with remembered():
        yield


@pytest.fixture
def studio() -> Iterator[Studio]:
    """A fresh Backend; the test fails when a service failed inside."""
    made = Studio()
    yield made
    assert made.backend.internal_failures == made.expected_failures


@pytest.fixture
def bottles(studio: Studio) -> Studio:
    """The same, with an empty project."""
    studio.project()
    return studio
