"""The rows of a file of labels."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookout_files.label_rows import InvalidRows, Row, moment, parse

HEADER = "start,end,rating"
ROW = "2024-01-05T08:00:00Z,2024-01-05T12:00:00Z,ANOMALY"


def test_columns_may_come_in_any_order_and_empty_cells_mean_nothing() -> None:
    content = "rating,notes,end,start,fault_code\nNEUTRAL,,2024-01-02T00:00:00Z,2024-01-01T00:00:00Z,leak\n"
    assert parse(content.encode()) == [
        Row("2024-01-01T00:00:00+00:00", "2024-01-02T00:00:00+00:00", "NEUTRAL", "leak", "", "")
    ]


def test_what_a_spreadsheet_writes_is_read() -> None:
    content = f'\ufeff{HEADER},notes\r\n{ROW},"one, and\ntwo"\r\n\r\n'
    assert [row.notes for row in parse(content.encode())] == ["one, and\ntwo"]


def test_the_same_time_in_another_zone_is_the_same_label() -> None:
    one, other = (
        parse(f"{HEADER}\n{ROW}".encode()),
        parse(f"{HEADER}\n{ROW.replace('T08:00:00Z', 'T10:00:00+02:00')}".encode()),
    )
    assert one == other


def test_a_header_alone_means_no_labels() -> None:
    assert parse(HEADER.encode()) == []


@pytest.mark.parametrize("text", ["2024-01-05T08:00:00.5Z", "2024-01-05", "yesterday", "", "0001-01-01T00:00:00+10:00"])
def test_what_is_no_time_of_the_service_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a time with its zone and without fractions of a second"):
        moment(text)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff\xfe", "file: got UTF-16, expected UTF-8"),
        (f'{HEADER}\n"{ROW}'.encode(), "line 2: got a quotation mark that nothing closes, expected CSV"),
        (f"{HEADER},start\n".encode(), "line 1: got 'start,end,rating,start'"),
    ],
)
def test_what_is_no_csv_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(InvalidRows, match=message):
        parse(content)


@given(st.binary(max_size=200))
def test_nothing_but_an_invalid_file_is_ever_the_outcome_of_reading_one(content: bytes) -> None:
    for text in (content, HEADER.encode() + b"\n" + content):
        outcome: list[Row] | InvalidRows
        try:
            outcome = parse(text)
        except InvalidRows as error:
            outcome = error
        assert isinstance(outcome, list) or "expected" in str(outcome)
