"""How long a poll waits for the next one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookout_provider import handler
from lookout_provider.progress import Phase, Progress
from lookout_provider.protocol import Request
from tests.provider.support import event

REQUEST = Request.parse(event())
#: Throttled from the beginning.
BUSY = {"BUSY": 0}
WAITED = st.integers(0, 4 * 3600)
LOGICAL_IDS = st.from_regex(r"[A-Za-z0-9]{1,60}", fullmatch=True)
BEGAN = 1795000000.0


def _seconds(
    waited: int,
    since: dict[str, int] | None = None,
    request: Request = REQUEST,
    phase: Phase = Phase.SETTLE,
    began: float | None = BEGAN,
    **members: Any,
) -> int:
    return handler._seconds(request, Progress(phase, "pumps", waited, since or {}, **members), began)


def _polls(limit: int, since: dict[str, int] | None = None) -> list[int]:
    """The waits of one execution until *limit* seconds have passed."""
    waits: list[int] = []
    while sum(waits) < limit:
        waits.append(_seconds(sum(waits), since))
    return waits


@pytest.mark.parametrize("phase", list(Phase))
@pytest.mark.parametrize(
    ("waited", "seconds"), [(0, 2), (2, 2), (4, 2), (6, 3), (10, 5), (60, 30), (119, 59), (120, 60), (3300, 60)]
)
def test_a_wait_is_half_the_time_already_waited(phase: Phase, waited: int, seconds: int) -> None:
    assert _seconds(waited, phase=phase) == seconds


@given(WAITED)
def test_a_wait_is_from_two_to_sixty_seconds(waited: int) -> None:
    assert 2 <= _seconds(waited) <= 60


@given(WAITED, WAITED)
def test_a_wait_never_gets_shorter(one: int, other: int) -> None:
    assert (_seconds(one) <= _seconds(other)) or one > other


def test_there_are_fewer_than_seventy_five_polls_in_an_hour() -> None:
    assert len(_polls(3600)) < 75


# -- the first wait -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("phase", [Phase.CONVERGE, Phase.REMOVE])
def test_a_wait_that_begins_because_something_has_to_be_changed_begins_with_that(phase: Phase) -> None:
    assert _seconds(0, phase=phase, began=None) == 0


def test_a_wait_that_begins_because_something_is_being_made_waits_first() -> None:
    assert _seconds(0, phase=Phase.SETTLE, began=None) == 2


@pytest.mark.parametrize("phase", list(Phase))
def test_a_wait_that_begins_because_of_an_error_waits_first(phase: Phase) -> None:
    assert _seconds(0, BUSY, phase=phase, began=None) >= 2


# -- behind others ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("began", [None, BEGAN], ids=["at first", "later"])
@pytest.mark.parametrize("phase", list(Phase))
def test_what_is_behind_others_gives_them_as_long_as_a_change_may_take(phase: Phase, began: float | None) -> None:
    assert _seconds(0, phase=phase, began=began, behind=["arn"]) == 35


@given(WAITED, st.sampled_from(list(Phase)), st.sampled_from([{}, BUSY]))
def test_what_is_behind_others_never_waits_less_than_that(waited: int, phase: Phase, since: dict[str, int]) -> None:
    assert 35 <= _seconds(waited, since, phase=phase, behind=["arn"]) <= 60


def test_what_is_behind_others_waits_as_long_as_any_after_a_while() -> None:
    assert _seconds(100, behind=["arn"]) == _seconds(100)


def test_once_those_in_front_run_no_more_a_wait_is_like_any_other() -> None:
    assert _seconds(0, behind=["arn"], stopped=True) == _seconds(0)


# -- while an error is waited out ---------------------------------------------------------------------------


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
