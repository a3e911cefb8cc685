"""Reads a data file of whatever size, as blocks of rows.

The file is cut into pieces of whole rows. A piece that is plain, with as many cells in each row as the header has and
nothing between quotation marks, is taken apart at once. Any other is first made so: what Python's own reader of CSV
finds in it is written anew.

Needs numpy and pyarrow.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
from numpy.typing import NDArray

from lookout_files.text_files import Unreadable, shown
from lookout_server.equipment import cells, timestamps
from lookout_server.equipment.blocks import Block
from lookout_server.equipment.csv_files import Unusable, check_header
from lookout_server.equipment.csv_pieces import Piece, Pieces, even


class DataFile:
    """A file that is being read: its header at first, then its rows.

    A row that ends too early has missing values. One with more cells than the header has invalid values, all of them:
    a comma within a number has moved the others into the columns of their neighbours, and nobody can tell from where.
    """

    def __init__(
        self, key: str, source: BinaryIO, *, wanted: Collection[str] | None = None, most: int, most_bytes: int
    ) -> None:
        """Read the header. Of the sensors those are read that are `wanted`, which may be any up to the quota `most`.

        Raises Unusable for what is no CSV file of sensor data.
        """
        if not key.lower().endswith(".csv"):
            raise Unusable("its name does not end with .csv")
        self._pieces = Pieces(source, most_bytes)
        try:
            line, found = self._pieces.header()
        except Unreadable as error:
            raise Unusable(str(error)) from None
        header = [cell.strip() for cell in found]
        check_header(line, header)
        #: The name of the first column, and those of all others.
        self.timestamp, *sensors = header
        self.sensors = tuple(sensors)
        #: The sensors that are read.
        known = None if wanted is None else frozenset(wanted)
        self.taken = tuple(name for name in sensors if known is None or name in known)
        if len(self.taken) > most:
            raise Unusable(f"Columns per dataset: got {len(self.taken)}, the quota is {most}")
        #: How many rows have a timestamp in no supported format, so far.
        self.unsupported = 0

    @property
    def size(self) -> int:
        """The bytes that were read so far."""
        return self._pieces.size

    def blocks(self) -> Iterator[Block]:
        """The rows whose timestamp is supported, in the order of the file; values that are no numbers are infinite.

        Raises Unusable, also when most of them were read already.
        """
        rows, first = 0, "no row below its header"
        try:
            for piece in self._pieces.pieces(len(self.sensors) + 1):
                before = self.unsupported
                block = self._block(piece.plain)
                rows += len(block)
                if not rows and self.unsupported and not before:
                    first = self._first_unsupported(piece)
                if len(block):
                    yield block
        except Unreadable as error:
            raise Unusable(str(error)) from None
        if not rows:
            raise Unusable(
                f"{first}, expected at least one row with a time in a supported format: {timestamps.FORMATS}"
            )

    def _block(self, plain: bytes) -> Block:
        columns = _columns(plain, len(self.sensors) + 1)
        times, good = cells.times(columns[0])
        places = {name: place for place, name in enumerate(self.sensors, 1)}
        at = {name: columns[places[name]] for name in self.taken}
        if not good.all():
            self.unsupported += len(good) - int(good.sum()) - _blank(columns, np.flatnonzero(~good))
            rows = pa.array(good)
            times, at = times[good], {name: column.filter(rows) for name, column in at.items()}
        return Block(times, {name: cells.numbers(column) for name, column in at.items()})

    def _first_unsupported(self, piece: Piece) -> str:
        for line, found in piece.rows():
            if timestamps.parse(found[0]) is None:
                return f"line {line}, {self.timestamp}: got {shown(found[0])}"
        raise AssertionError("a time that is not supported was counted")


def _columns(plain: bytes, width: int) -> list[pa.BinaryArray]:
    """The cells of plain rows by columns, as they are; of empty ones there is nothing."""
    try:
        return _parsed(plain, width)
    except pa.ArrowInvalid:
        return _parsed(even(plain, width), width)


def _parsed(plain: bytes, width: int) -> list[pa.BinaryArray]:
    """Raises ArrowInvalid when a row has another number of cells."""
    if not plain.strip(b"\r\n"):
        return [pa.array([], pa.binary())] * width
    names = [str(place) for place in range(width)]
    table = pa_csv.read_csv(
        pa.py_buffer(plain),
        pa_csv.ReadOptions(use_threads=False, block_size=len(plain) + 1, column_names=names),
        pa_csv.ParseOptions(quote_char=False),
        pa_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.binary()),
            null_values=[""],
            strings_can_be_null=True,
            check_utf8=False,
        ),
    )
    return [column.combine_chunks() for column in table.columns]


def _blank(columns: Sequence[pa.BinaryArray], rows: NDArray[np.int64]) -> int:
    """How many of some rows have nothing in them."""
    for column in columns:
        if len(rows):
            rows = rows[[not _text(cell) for cell in column.take(pa.array(rows)).to_pylist()]]
    return len(rows)


def _text(cell: bytes | None) -> str:
    return (cell or b"").decode().strip()
