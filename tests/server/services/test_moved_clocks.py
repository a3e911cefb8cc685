"""A clock that is put back or forward, and daylight saving, disturb no schedule."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.server.services.scheduling import NORMAL, executions, running, send
from tests.server.services.support import Cloud

MINUTES = timedelta(minutes=5)


class Moved:
    """A clock that somebody sets."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def advance(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Moved:
    return Moved(datetime(2024, 1, 1, tzinfo=UTC))


@pytest.fixture
def cloud(clock: Moved) -> Iterator[Cloud]:
    made = Cloud(clock=clock)  # type: ignore[arg-type]
    made.trained_model("wear")
    yield made
    assert made.backend.internal_failures == []


def ends(cloud: Cloud) -> list[datetime]:
    return [datetime.fromtimestamp(one["DataEndTime"].timestamp(), UTC) for one in executions(cloud)]


def test_a_clock_that_is_put_back_repeats_no_run_and_leaves_none_out(cloud: Cloud, clock: Moved) -> None:
    start = clock.at
    running(cloud)
    send(cloud, 1, NORMAL)
    for minutes in (5, -30, 3, 5, 10, 15):
        clock.at = start + timedelta(minutes=minutes)
        cloud.backend.tick()
    assert ends(cloud) == [start + MINUTES, start + 2 * MINUTES, start + 3 * MINUTES]


def test_a_clock_that_is_put_forward_makes_up_for_what_was_left_out(cloud: Cloud, clock: Moved) -> None:
    start = clock.at
    running(cloud)
    clock.at += timedelta(hours=2)
    cloud.backend.tick()
    assert ends(cloud) == [start + number * MINUTES for number in range(1, 25)]


@pytest.mark.parametrize("day", ["2024-03-31", "2024-10-27"])
def test_daylight_saving_moves_no_window(cloud: Cloud, clock: Moved, day: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Boundaries are counted in UTC, whatever the machine's own zone does at two or at three o'clock."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        start = clock.at = datetime.fromisoformat(f"{day}T00:30:00+00:00")
        running(cloud)
        for _ in range(24):
            clock.at += MINUTES
            cloud.backend.tick()
        assert ends(cloud) == [start + number * MINUTES for number in range(1, 25)]
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()
