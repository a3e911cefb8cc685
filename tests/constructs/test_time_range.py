"""Ranges of time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import aws_cdk as cdk
import pytest

from cdk_lookout import InvalidProperty
from cdk_lookout.equipment import TimeRange

START, END = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 7, 1, tzinfo=UTC)


def test_a_range_between_times_is_told_in_utc() -> None:
    found = TimeRange.between(START.astimezone(timezone(timedelta(hours=5, minutes=30))), END)
    assert (found.start, found.end, found.span) == ("2024-01-01T00:00:00Z", "2024-07-01T00:00:00Z", END - START)


@pytest.mark.parametrize("start", ["2024-01-01T00:00:00Z", "2024-01-01T05:30:00+05:30", "2023-12-31 19:00:00-05:00"])
def test_the_same_time_however_it_is_spelled_is_the_same_range(start: str) -> None:
    assert TimeRange.from_iso(start, "2024-07-01T00:00:00Z").start == "2024-01-01T00:00:00Z"


@pytest.mark.parametrize("time", [datetime(2024, 1, 1), datetime(2024, 1, 1, 0, 0, 0, 1, UTC), "2024-01-01T00:00:00Z"])
def test_a_time_without_a_zone_or_with_fractions_is_refused(time: datetime) -> None:
    with pytest.raises(InvalidProperty, match=r"start of TimeRange.between: got .*, expected a time with its offset"):
        TimeRange.between(time, END)
    with pytest.raises(InvalidProperty, match=r"end of TimeRange.between: got .*, expected a time with its offset"):
        TimeRange.between(START, time)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2024",
        "2024-01-01T00:00:00",
        "2024-01-01T00:00:00.5Z",
        "yesterday",
        START,
        "2024-01-01·00:00:00Z",
        "0001-01-01T00:00:00+14:00",
    ],
)
def test_a_text_that_is_no_time_with_a_zone_is_refused(text: str) -> None:
    with pytest.raises(InvalidProperty, match=r"start of TimeRange.from_iso: got .*, expected a time with its offset"):
        TimeRange.from_iso(text, "2024-07-01T00:00:00Z")


@pytest.mark.parametrize("end", [START, START - timedelta(days=1)])
def test_a_range_that_does_not_end_after_its_start_is_refused(end: datetime) -> None:
    with pytest.raises(InvalidProperty, match=r"end of TimeRange.between: got .*, expected a time after the start"):
        TimeRange.between(START, end)


def test_a_time_that_is_known_at_deployment_passes(stack: cdk.Stack) -> None:
    token = cdk.CfnParameter(stack, "Start").value_as_string
    found = TimeRange.from_iso(token, "2024-07-01T02:00:00+02:00")
    assert (found.start, found.end, found.span) == (token, "2024-07-01T00:00:00Z", None)
