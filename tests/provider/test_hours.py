"""Hosting hours: which moments are in them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookout_shared.hours import DAYS, Hours
from lookout_shared.properties import InvalidProperty

OFFICE = {"Days": ["MON", "FRI"], "Start": "08:00", "Stop": "18:00", "TimeZone": "Europe/Berlin"}


def hours(**changed: Any) -> Hours:
    return Hours.parse({**OFFICE, **changed}, "Hours")


def at(time: str, hours: Hours) -> bool:
    return hours.include(datetime.fromisoformat(time))


@pytest.mark.parametrize(
    ("time", "included"),
    [
        ("2024-01-08T07:59:59+01:00", False),
        ("2024-01-08T08:00:00+01:00", True),
        ("2024-01-08T17:59:59+01:00", True),
        ("2024-01-08T18:00:00+01:00", False),
        ("2024-01-09T12:00:00+01:00", False),
        ("2024-01-12T12:00:00+01:00", True),
    ],
)
def test_they_begin_at_their_start_and_end_before_their_stop(time: str, included: bool) -> None:
    assert at(time, hours()) is included


@pytest.mark.parametrize(
    ("time", "included"),
    [
        ("2024-01-08T07:30:00Z", True),
        ("2024-01-08T06:30:00Z", False),
        ("2024-07-08T06:30:00Z", True),
        ("2024-07-08T16:30:00Z", False),
    ],
    ids=["winter", "before winter's", "summer", "after summer's"],
)
def test_they_follow_the_daylight_saving_time_of_their_zone(time: str, included: bool) -> None:
    assert at(time, hours()) is included


@pytest.mark.parametrize(
    ("time", "included"),
    [
        ("2024-01-08T21:59:00+01:00", False),
        ("2024-01-08T22:00:00+01:00", True),
        ("2024-01-09T05:59:00+01:00", True),
        ("2024-01-09T06:00:00+01:00", False),
        ("2024-01-08T05:00:00+01:00", False),
    ],
)
def test_a_stop_before_the_start_is_that_of_the_next_day(time: str, included: bool) -> None:
    assert at(time, hours(Start="22:00", Stop="06:00")) is included


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)), st.times().map(lambda time: f"{time:%H:%M}"))
def test_the_same_start_and_stop_on_every_day_are_always(moment: datetime, time: str) -> None:
    assert hours(Days=list(DAYS), Start=time, Stop=time, TimeZone="UTC").include(moment.astimezone())


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)))
def test_a_week_has_as_many_hours_as_were_given(moment: datetime) -> None:
    found = hours(TimeZone="UTC")
    week = [moment.astimezone() + timedelta(hours=hour) for hour in range(168)]
    assert sum(map(found.include, week)) == 20


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"Days": []}, r"Hours.Days: got \[\], expected some of MON"),
        ({"Days": ["MONDAY"]}, r"Hours.Days: got \['MONDAY'\]"),
        ({"Start": "8 o'clock"}, 'Hours.Start: got "8 o\'clock", expected a time such as 08:00'),
        ({"Stop": None}, "Hours.Stop: got None"),
        ({"TimeZone": "Mars/Olympus"}, "Hours.TimeZone: got 'Mars/Olympus', expected the name of a time zone"),
        ({"TimeZone": "../etc/passwd"}, "Hours.TimeZone: got"),
        ({"TimeZone": None}, "Hours.TimeZone: got None"),
    ],
)
def test_what_is_no_hours_is_refused(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidProperty, match=message):
        hours(**changed)
