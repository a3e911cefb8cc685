"""The fast reader of data files finds what the slow and obvious one does, whatever the files are."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lookout_server.equipment import csv_pieces
from lookout_server.equipment.csv_files import Unusable
from tests.server.services import fast_reading, slow_reading

NUMBERS = [
    *(
        "",
        "1",
        "-2.5",
        "+1",
        "+-1",
        "-+1",
        " 1",
        "1 ",
        "1.",
        ".5",
        ".",
        "-",
        "+",
        "1e5",
        "1E+05",
        "1e",
        "1e400",
        "-1e400",
    ),
    *("1e-400", "1e100", "1.1e100", "nan", "NaN", "-nan", "inf", "-Infinity", "nan(1)", "1_000", "0x10", "1,5", '"1"'),
    *(
        '"1,5"',
        '"1\n"',
        '""',
        '"',
        '1"',
        '"1"2',
        "\u00a01",
        "٣",
        "1\x1f",
        "1d5",
        "9" * 401,
        "0" * 401,
        "bad",
        "\t1",
        "#",
    ),
    *("5e-324", "2.5e-324", "123456789012345678901234567890", "0.1", "1e23", "9007199254740993", '"a\r\nb"', "x\0"),
]
TIMES = [
    *(
        "2024-01-01 00:00:00",
        "2024-02-30 00:00",
        "2024-02-29 00:00",
        "2023-02-29 00:00",
        "2024/1/1 0:00",
        "2024/10/1 0:00",
    ),
    *("2024-01-01T00:00:00.123456789", "2024-01-01T00:00:00.1", "20240101 0:00", "202401010000", "20240101000000"),
    *("2024-01-01-00-00-01", "2024-01-01-00:00", "2024 01 02 03:04", " 2024-01-01 00:00:05", "2024-01-01 00:00:06 "),
    *(
        "2024-13-01 00:00",
        "2024-00-01 00:00",
        "2024-01-00 00:00",
        "2024-01-01 24:00",
        "2024-01-01 00:60",
        "",
        " ",
        "now",
    ),
    *(
        "0000-01-01 00:00",
        "0001-01-01 00:00",
        "0001-01-02 00:00",
        "9999-12-31 00:00",
        "9999-12-30 00:00",
        "1900-02-29 0:00",
    ),
    *(
        "2000-02-29 0:00",
        "1969-12-31 23:59:59.999999",
        '"2024-01-01 00:00:09"',
        "\u00a02024-01-01 00:00:07",
        "٢٠٢٤-01-01 00:00",
    ),
    *(
        "2024-01-01 00:00:00.",
        "2024-01-01 00:00:60",
        "1600-12-31 12:00",
        '"2024-01-01 00:00:10\n"',
        "2024-01-01 00:00:00Z",
    ),
]
ENDS = ["\n", "\r\n", "\r", "\n\n", "\n \n", "\n,,\n", "\r\r\n"]


@st.composite
def files(draw: Any) -> bytes:
    """A file: mostly as it should be, with a few odd things in it."""
    quoted = draw(
        st.sampled_from(
            ["Timestamp,flow,heat", '"Timestamp","flow","heat"', "Timestamp, flow ,heat", "\n,,\nTimestamp,flow,heat"]
        )
    )
    parts = [draw(st.sampled_from(["", "\ufeff"])), quoted]
    for _ in range(draw(st.integers(0, 8))):
        parts.append(draw(st.sampled_from(ENDS)))
        time = draw(st.sampled_from(TIMES))
        cells = [
            draw(st.one_of(st.sampled_from(NUMBERS), st.floats().map(repr)))
            for _ in range(draw(st.sampled_from([2, 2, 2, 2, 0, 1, 3, 4])))
        ]
        parts.append(",".join([time, *cells]))
    parts.append(draw(st.sampled_from(["", "\n", "\r", "\n\n"])))
    body = "".join(parts).encode()
    if draw(st.integers(0, 20)) == 0:
        place = draw(st.integers(0, len(body)))
        body = body[:place] + draw(st.sampled_from([b"\xff", b'"', b"\0", b"\xc3", b"\r"])) + body[place:]
    return body


def found(read: Any, body: bytes, **options: Any) -> Any:
    try:
        file = read("a.csv", body, most=10, **options)
    except Unusable as error:
        return str(error)
    columns = {
        name: ["invalid" if value is not None and math.isnan(value) else value for value in column]
        for name, column in file.columns.items()
    }
    return file.timestamp, file.sensors, list(file.times), columns, file.unsupported


@settings(max_examples=150, deadline=None)
@given(files(), st.sampled_from([None, ["heat"], ["flow", "none"]]))
def test_what_is_read_is_what_the_slow_reader_reads(body: bytes, wanted: list[str] | None) -> None:
    assert found(fast_reading.read, body, wanted=wanted) == found(slow_reading.read, body, wanted=wanted)


@settings(max_examples=60, deadline=None)
@given(files().filter(lambda body: b"\0" not in body), st.integers(1, 60))
def test_it_makes_no_difference_where_pieces_end(body: bytes, size: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_pieces, "_PIECE", size)
        assert found(fast_reading.read, body) == found(slow_reading.read, body)


@given(st.lists(st.sampled_from(TIMES), min_size=1, max_size=60))
def test_times_of_many_forms_stand_in_one_column(column: list[str]) -> None:
    body = "\n".join(["Timestamp,flow", *(f"{time},1" for time in column)]).encode()
    assert found(fast_reading.read, body) == found(slow_reading.read, body)


@given(
    st.lists(
        st.one_of(st.sampled_from(NUMBERS), st.text(alphabet="0123456789+-.eE", max_size=12)), min_size=1, max_size=60
    )
)
@example(["1"] * 5 + ["9" * 401])
def test_numbers_of_many_forms_stand_in_one_column(column: list[str]) -> None:
    body = "\n".join(["Timestamp,flow", *(f"2024-01-01 00:00,{value}" for value in column)]).encode()
    assert found(fast_reading.read, body) == found(slow_reading.read, body)
