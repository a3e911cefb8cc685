"""How long a poll waits for the next one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookout_provider import handler
from lookout_provider.lifecycle import Phase, Progress
from lookout_provider.protocol import Request
from tests.provider.support import event

REQUEST = Request.parse(event())
#: Throttled from the beginning.
BUSY = {"BUSY": 0}
WAITED = st.integers(0, 4 * 3600)
LOGICAL_IDS = st.from_regex(r"[A-Za-z0-9]{1,60}", fullmatch=True)


def _seconds(waited: int, since: dict[str, int] | None = None, request: Request = REQUEST) -> int:
    return handler._seconds(request, Progress(Phase.SETTLE, "pumps", waited, since or {}))


def _polls(limit: int, since: dict[str, int] | None = None) -> list[int]:
    """The waits of one execution until *limit* seconds have passed."""
    waits: list[int] = []
    while sum(waits) < limit:
        waits.append(_seconds(sum(waits), since))
    return waits


@pytest.mark.parametrize(
    ("waited", "seconds"), [(0, 2), (2, 2), (4, 2), (6, 3), (10, 5), (60, 30), (119, 59), (120, 60), (3300, 60)]
)
def test_a_wait_is_half_the_time_already_waited(waited: int, seconds: int) -> None:
    assert _seconds(waited) == seconds


@given(WAITED)
def test_a_wait_is_from_two_to_sixty_seconds(waited: int) -> None:
    assert 2 <= _seconds(waited) <= 60


@given(WAITED, WAITED)
def test_a_wait_never_gets_shorter(one: int, other: int) -> None:
    assert (_seconds(one) <= _seconds(other)) or one > other


def test_there_are_fewer_than_seventy_five_polls_in_an_hour() -> None:
    assert len(_polls(3600)) < 75


def test_an_error_that_is_waited_out_does_not_make_more_polls() -> None:
    assert len(_polls(3600, BUSY)) <= len(_polls(3600))


@given(WAITED, LOGICAL_IDS)
def test_a_wait_is_not_spread_while_all_is_well(waited: int, logical_id: str) -> None:
    assert _seconds(waited, {}, Request.parse(event(LogicalResourceId=logical_id))) == _seconds(waited)


@given(WAITED, LOGICAL_IDS)
def test_a_wait_for_its_turn_is_spread_up_to_twice_as_long(waited: int, logical_id: str) -> None:
    spread = _seconds(waited, BUSY, Request.parse(event(LogicalResourceId=logical_id)))
    assert _seconds(waited) <= spread <= 2 * _seconds(waited)


def test_resources_that_wait_for_their_turn_do_not_come_back_together() -> None:
    requests = [Request.parse(event(LogicalResourceId=f"Dataset{number}")) for number in range(200)]
    assert len({_seconds(600, BUSY, request) for request in requests}) > 40


def test_a_wait_is_the_same_when_a_poll_runs_twice() -> None:
    assert _seconds(100, BUSY) == _seconds(100, BUSY)
