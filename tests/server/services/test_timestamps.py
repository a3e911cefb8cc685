"""The timestamp formats of the user guide."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookout_server.equipment.timestamps import parse

FORMATS = [
    "%Y-%m-%d-%H-%M-%S",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d-%H:%M:%S",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d-%H:%M",
    "%Y/%m/%dT%H:%M:%S",
    "%Y%m%dT%H:%M",
    "%Y%m%d %H:%M",
    "%Y%m%d%H%M",
    "%Y/%m/%d %H:%M:%S",
    "%Y%m%dT%H:%M:%S",
    "%Y%m%d %H:%M:%S",
    "%Y%m%d%H%M%S",
    "%Y/%m/%dT%H:%M",
    "%Y/%m/%d %H:%M",
    "%Y %m %dT%H:%M:%S",
    "%Y %m %d %H:%M:%S",
    "%Y %m %dT%H:%M",
    "%Y %m %d %H:%M",
]


def test_there_are_twenty_one_formats() -> None:
    assert len(set(FORMATS)) == 21


@pytest.mark.parametrize("form", FORMATS)
def test_each_format_is_read(form: str) -> None:
    when = datetime(2023, 4, 5, 6, 7, 8 if "%S" in form else 0, tzinfo=UTC)
    assert parse(when.strftime(form)) == when


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2100, 1, 1)), st.sampled_from(FORMATS))
def test_any_time_survives_any_format(when: datetime, form: str) -> None:
    text = when.strftime(form)
    assert parse(text) == datetime.strptime(text, form).replace(tzinfo=UTC)


def test_leading_zeros_may_be_missing_as_in_the_user_guide() -> None:
    assert parse("2020/1/1 0:05") == datetime(2020, 1, 1, 0, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2023-13-01 00:00",
        "2023-02-30 00:00",
        "01/02/2023 00:00",
        "2023-01-01",
        "1700000000",
        "2023-01-01 25:00",
    ],
)
def test_other_texts_are_no_timestamps(text: str) -> None:
    assert parse(text) is None
