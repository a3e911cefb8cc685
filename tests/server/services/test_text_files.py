"""Text as files have it: its lines are those of an editor, and no more of it is read than somebody asks for."""

from __future__ import annotations

import csv
import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookout_files import text_files
from lookout_files.text_files import LONGEST, Unreadable, lines, rows, text

ENDS = st.text(alphabet=st.sampled_from('ab,"é漏\r\n \u2028\u0085\x0b\x1c'), max_size=200)


@given(ENDS, st.integers(min_value=1, max_value=9))
def test_lines_are_those_of_an_editor_wherever_pieces_end(content: str, piece: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_files, "_PIECE", piece)
        assert list(lines(content.encode())) == list(io.StringIO(content, newline=""))


@given(ENDS)
def test_a_byte_order_mark_is_no_part_of_a_text(content: str) -> None:
    assert text(f"\ufeff{content}".encode()) == content


@given(st.lists(st.lists(st.text(alphabet='ab,"\r\né', max_size=9), min_size=1, max_size=4), max_size=6))
def test_rows_that_were_written_are_read_but_for_blank_ones(table: list[list[str]]) -> None:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(table)
    found = list(rows(out.getvalue().encode()))
    assert [cells for _, cells in found] == [cells for cells in table if any(cell.strip() for cell in cells)]


def test_a_row_has_the_number_of_the_line_in_which_it_begins() -> None:
    content = b'\n\na,b\r\n\r"c\n\nd",e\n\nf,g'
    assert list(rows(content)) == [(3, ["a", "b"]), (5, ["c\n\nd", "e"]), (9, ["f", "g"])]


@given(st.binary(max_size=200))
def test_nothing_but_rows_or_a_refusal_is_ever_the_outcome_of_reading_some(content: bytes) -> None:
    try:
        found = list(rows(content))
    except Unreadable as error:
        message = str(error)
    else:
        message = "got, expected" if all(number > 0 and cells for number, cells in found) else ""
    assert "got" in message
    assert "expected" in message


def test_a_line_without_an_end_is_given_up_without_room_for_it() -> None:
    content = b"x" * 100 * LONGEST
    tracemalloc.start()
    try:
        with pytest.raises(Unreadable, match="line 1: got a line of more than 1048576 bytes"):
            list(rows(content))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 8 * LONGEST


@pytest.mark.parametrize("length", [LONGEST - 1, LONGEST])
def test_a_line_may_be_as_long_as_it_may_be(length: int) -> None:
    assert [len(line) for line in lines(b"x" * length)] == [length]
