"""Columns of cells as arrays: what is usual at once, and the rest cell by cell, as `number` and `parse` have it.

Both say what a cell means, here as elsewhere. What is done at once must be a part of that, and nothing else.

Needs numpy and pyarrow.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lookout_server.equipment import timestamps
from lookout_server.equipment.blocks import Flags, Times, Values, microseconds
from lookout_server.equipment.csv_files import LARGEST_NUMBER, LONGEST_NUMBER, number
from lookout_server.equipment.parts import INVALID
from lookout_server.protocol.times import FIRST, LAST

#: Layouts of times in one column that are read at once; what has others besides is read cell by cell.
_MOST_LAYOUTS = 24
#: What the cast takes among other things, and `number` as well.
_PLAIN = r"^-?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?$"
_ZERO = ord("0")
_DAY = 86_400_000_000
_DAYS = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])

Places = NDArray[np.int64]


def numbers(cells: pa.BinaryArray) -> Values:
    """The values of cells: NaN where they are missing, infinite where they are no numbers."""
    if _ends(cells)[1].max(initial=0) > LONGEST_NUMBER:
        return _some_numbers(cells)
    try:
        found = _cast(cells)
    except pa.ArrowInvalid:
        return _some_numbers(cells)
    return found


def _cast(cells: pa.BinaryArray) -> Values:
    """Raises ArrowInvalid for cells that are no numbers, but for texts such as nan and inf, which are infinite here."""
    cast = cells.cast(pa.string()).cast(pa.float64())
    found: Values = cast.to_numpy(zero_copy_only=False)
    # Also true for what is no number, of which the array may have some that are missing.
    large = ~(np.abs(found) <= LARGEST_NUMBER)
    if large.any():
        found = np.where(large, INVALID, found)
        if cast.null_count:
            found[cast.is_null().to_numpy(zero_copy_only=False)] = np.nan
    return found


def _some_numbers(cells: pa.BinaryArray) -> Values:
    """The same, where some cells are something else."""
    plain = pc.and_(
        pc.match_substring_regex(cells, _PLAIN), pc.less_equal(pc.binary_length(cells), LONGEST_NUMBER)
    ).fill_null(True)
    found = _cast(pc.if_else(plain, cells, pa.scalar(None, cells.type))).copy()
    others = np.flatnonzero(~plain.to_numpy(zero_copy_only=False))
    different = cells.take(pa.array(others)).dictionary_encode()
    meant = np.array([_number(cell) for cell in different.dictionary.to_pylist()], np.float64)
    found[others] = meant[different.indices.to_numpy()]
    return found


def _number(cell: bytes) -> float:
    value = number(cell.decode().strip())
    return np.nan if value is None else INVALID if np.isnan(value) else value


def times(cells: pa.BinaryArray) -> tuple[Times, Flags]:
    """The times of cells, and which of them are any."""
    starts, lengths, content = _parts(cells)
    found, good, left = np.zeros(len(cells), np.int64), np.zeros(len(cells), bool), lengths > 0
    for _ in range(_MOST_LAYOUTS):
        if not left.any():
            return found, good
        one = int(left.argmax())
        text = content[starts[one] : starts[one] + lengths[one]].tobytes()
        layout = _layout_of(text)
        if layout is None:
            found[one], good[one] = _time(text)
            left[one] = False
            continue
        rows = np.flatnonzero(left & (lengths == layout.length))
        letters = content[starts[rows, None] + np.arange(layout.length)]
        same = layout.matches(letters)
        rows, letters = rows[same], letters[same]
        found[rows], good[rows] = layout.read(letters)
        left[rows] = False
    for row in np.flatnonzero(left):
        found[row], good[row] = _time(content[starts[row] : starts[row] + lengths[row]].tobytes())
    return found, good


def _time(cell: bytes) -> tuple[int, bool]:
    time = timestamps.parse(cell.decode())
    return (0, False) if time is None else (microseconds(time), True)


def _ends(cells: pa.BinaryArray) -> tuple[Places, Places]:
    """Where cells begin, and how long they are."""
    offsets = np.frombuffer(cells.buffers()[1], np.int32)[cells.offset : cells.offset + len(cells) + 1]
    return offsets[:-1].astype(np.int64), np.diff(offsets).astype(np.int64)


def _parts(cells: pa.BinaryArray) -> tuple[Places, Places, NDArray[np.uint8]]:
    content = cells.buffers()[2]
    return *_ends(cells), np.frombuffer(content, np.uint8) if content else np.zeros(0, np.uint8)


@dataclass(frozen=True)
class _Layout:
    """Where in a cell digits are, what the others are, and what of that is year, month, day and so on."""

    template: NDArray[np.uint8]
    digits: Flags
    #: From where to where each is; those that are not there are zero.
    spans: tuple[tuple[int, int], ...]

    @property
    def length(self) -> int:
        return len(self.template)

    def matches(self, letters: NDArray[np.uint8]) -> Flags:
        """Which cells have it."""
        same: Flags = (letters[:, ~self.digits] == self.template[~self.digits]).all(1)
        return same & (letters[:, self.digits] - np.uint8(_ZERO) <= 9).all(1)

    def read(self, letters: NDArray[np.uint8]) -> tuple[Times, Flags]:
        """The times of cells that have it, and which of them are in the calendar and can be told."""
        year, month, day, hour, minute, second, fraction = (self._field(letters, span) for span in self.spans)
        digits = self.spans[-1][1] - self.spans[-1][0]
        fraction = fraction * 10 ** max(0, 6 - digits) // 10 ** max(0, digits - 6)
        leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
        known = (month >= 1) & (month <= 12)
        longest = _DAYS[np.where(known, month, 1) - 1] + (leap & (month == 2))
        good = known & (day >= 1) & (day <= longest) & (hour < 24) & (minute < 60) & (second < 60)
        # Years that begin in March have their leap day at their end.
        march = year - (month <= 2)
        days = 365 * march + march // 4 - march // 100 + march // 400 + (153 * ((month + 9) % 12) + 2) // 5 + day
        found = (days - 719_469) * _DAY + ((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction
        return found, good & (found >= microseconds(FIRST)) & (found <= microseconds(LAST))

    @staticmethod
    def _field(letters: NDArray[np.uint8], span: tuple[int, int]) -> Places:
        found = np.zeros(len(letters), np.int64)
        for place in range(*span):
            found = found * 10 + (letters[:, place] - np.uint8(_ZERO))
        return found


@lru_cache(maxsize=256)
def _layout_of(cell: bytes) -> _Layout | None:
    """The layout of a time; None when it has none that is known."""
    text = cell.decode()
    match = timestamps.matched(text.strip()) if text.isascii() else None
    if match is None:
        return None
    before = len(text) - len(text.lstrip())
    spans = [(max(start, 0) + before, max(end, 0) + before) for start, end in match.regs[1:]]
    spans += [(0, 0)] * (7 - len(spans))
    template = np.frombuffer(cell, np.uint8)
    return _Layout(template, template - np.uint8(_ZERO) <= 9, tuple(spans[:7]))
