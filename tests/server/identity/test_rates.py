"""A key may make so many requests a second, and so many at once."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookout_server.identity.rates import Rates
from lookout_server.protocol.errors import ServiceError


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def taken(rates: Rates, key: str, attempts: int) -> int:
    """How many of so many requests are taken."""
    found = 0
    for _ in range(attempts):
        with contextlib.suppress(ServiceError):
            rates.count(key)
            found += 1
    return found


def test_what_is_refused_is_throttled() -> None:
    rates = Rates(0.5, 1, Clock())
    rates.count("a")
    with pytest.raises(ServiceError, match=r"may make 0\.5 requests a second, 1 at once") as caught:
        rates.count("a")
    assert caught.value.code == "ThrottlingException"


def test_a_burst_is_taken_and_what_is_beyond_it_is_not() -> None:
    clock = Clock()
    rates = Rates(10, 20, clock)
    assert taken(rates, "a", 25) == 20
    clock.now += 0.5
    assert taken(rates, "a", 25) == 5
    clock.now += 3600
    assert taken(rates, "a", 25) == 20


def test_keys_do_not_share() -> None:
    rates = Rates(1, 2, Clock())
    assert taken(rates, "a", 3) == 2
    assert taken(rates, "b", 3) == 2


def test_a_clock_that_goes_back_gives_nothing() -> None:
    clock = Clock()
    rates = Rates(1, 2, clock)
    assert taken(rates, "a", 3) == 2
    clock.now -= 100
    assert taken(rates, "a", 3) == 0


def test_buckets_that_are_full_again_are_forgotten() -> None:
    clock = Clock()
    rates = Rates(1, 2, clock)
    rates.count("busy")
    for key in range(20_000):
        clock.now += 2
        rates.count(f"key {key}")
    assert len(rates._buckets) < 2_000


@pytest.mark.parametrize(("per_second", "burst"), [(0, 1), (-1, 1), (float("nan"), 1), (float("inf"), 1), (1, 0)])
def test_a_rate_is_above_nothing(per_second: float, burst: int) -> None:
    with pytest.raises(ValueError, match="expected"):
        Rates(per_second, burst)


@given(st.lists(st.floats(0, 10), min_size=1, max_size=60), st.integers(1, 5), st.integers(1, 9))
def test_no_more_is_taken_than_the_rate_and_one_burst(steps: list[float], per_second: int, burst: int) -> None:
    clock = Clock()
    rates = Rates(per_second, burst, clock)
    found = 0
    for step in steps:
        clock.now += step
        found += taken(rates, "a", 7)
    assert found <= burst + per_second * sum(steps) + 1e-6
