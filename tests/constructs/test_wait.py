"""How long a deployment waits."""

from __future__ import annotations

import aws_cdk as cdk
import pytest

from cdk_lookout import InvalidProperty, Wait


def test_by_default_it_waits_for_55_minutes() -> None:
    assert Wait.until_ready().seconds == 3300


@pytest.mark.parametrize(
    ("timeout", "seconds"),
    [
        (cdk.Duration.seconds(1), 1),
        (cdk.Duration.minutes(55), 3300),
        (cdk.Duration.millis(2000), 2),
        (cdk.Duration.hours(0.5), 1800),
    ],
)
def test_it_waits_as_long_as_it_is_told(timeout: cdk.Duration, seconds: int) -> None:
    assert Wait.until_ready(timeout=timeout).seconds == seconds


def test_started_does_not_wait() -> None:
    assert Wait.started().seconds == 0


@pytest.mark.parametrize("timeout", [cdk.Duration.seconds(48 * 3600 + 1), cdk.Duration.days(3)])
def test_more_than_48_hours_is_refused(timeout: cdk.Duration) -> None:
    with pytest.raises(
        InvalidProperty, match=r"timeout of Wait.until_ready: got .*, expected whole seconds up to 48 hours"
    ):
        Wait.until_ready(timeout=timeout)


@pytest.mark.parametrize(
    ("timeout", "shares"),
    [
        (cdk.Duration.minutes(55), []),
        (cdk.Duration.seconds(3301), [3300, 1]),
        (cdk.Duration.minutes(110), [3300, 3300]),
        (cdk.Duration.hours(3), [3300, 3300, 3300, 900]),
        (cdk.Duration.hours(48), [3300] * 52 + [1200]),
    ],
)
def test_beyond_55_minutes_it_is_a_relay_whose_shares_add_up(timeout: cdk.Duration, shares: list[int]) -> None:
    assert Wait.until_ready(timeout=timeout).shares == shares


@pytest.mark.parametrize("timeout", [cdk.Duration.seconds(0), cdk.Duration.millis(1500), cdk.Duration.millis(1)])
def test_less_than_a_second_and_parts_of_one_are_refused(timeout: cdk.Duration) -> None:
    with pytest.raises(InvalidProperty, match=r"expected whole seconds"):
        Wait.until_ready(timeout=timeout)


def test_a_time_that_is_known_at_deployment_only_is_refused(stack: cdk.Stack) -> None:
    parameter = cdk.CfnParameter(stack, "Minutes", type="Number")
    with pytest.raises(InvalidProperty, match=r"got a token, expected a duration that is known at synthesis"):
        Wait.until_ready(timeout=cdk.Duration.minutes(parameter.value_as_number))
