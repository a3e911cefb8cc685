"""Where the rows of a component are: Parquet files in blobs, each with rows in the order of time.

A row group is about as much as is held in memory at once. In a file of many sensors there are only so many of them,
because a file ends with a list of all its columns of all row groups: then the next file begins. So it does when a
sensor comes that no file had before.

Values are 64 bits wide. Where 32 bits give every value back, they take as much room when they are compressed as 64: of
the sensors of public data .089 to .30 bytes of a byte against .12 to .32. Splitting streams of bytes makes numbers with
few decimals, as sensors write them, larger (.28 against .21), and lz4 takes half as much room again as zstd.

Needs numpy and pyarrow.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lookout_server.entities.blob import Blob, Keeper, NewBlob
from lookout_server.equipment.blocks import Block, microseconds, moment
from lookout_server.equipment.columns import Part

#: The column of the times. No sensor has a name like that.
TIME = "microseconds since 1970"
#: What a value is that was no number: it is counted as such, and read as missing.
INVALID = np.inf
#: Columns of row groups in a file.
_MOST_COLUMNS = 50_000
#: Parts that a reader has open at a time: the list at the end of each is in memory meanwhile.
_MOST_OPEN = 16


@dataclass(frozen=True)
class Group:
    """A row group: its part and its place there, its first and last time, and how many of its rows count."""

    part: int
    number: int
    first: int
    last: int
    rows: int


class PartsWriter:
    """Writes row groups into parts, in whatever order of time they come."""

    def __init__(self, keeper: Keeper, sensors: Sequence[str] = ()) -> None:
        """For sensors that are known before; others may come."""
        self._keeper = keeper
        self._sensors = list(sensors)
        self._groups = 0
        self._open = ExitStack()
        self._new: NewBlob | None = None
        self._writer: pq.ParquetWriter | None = None
        #: What is whole.
        self.blobs: list[Blob] = []

    def write(self, block: Block) -> Group:
        """Write the rows of a block, which are in order."""
        if new := block.values.keys() - set(self._sensors):
            self._sensors += [name for name in block.values if name in new]
        if self._writer and (new or (self._groups + 1) * (len(self._sensors) + 1) > _MOST_COLUMNS):
            self.close()
        if self._writer is None:
            self._begin()
        assert self._writer is not None
        values = block.having(self._sensors).values
        columns = [pa.array(block.times), *(pa.array(values[name]) for name in self._sensors)]
        self._writer.write_table(pa.Table.from_arrays(columns, schema=self._writer.schema), row_group_size=len(block))
        self._groups += 1
        return Group(len(self.blobs), self._groups - 1, int(block.times[0]), int(block.times[-1]), len(block))

    def _begin(self) -> None:
        columns = [(TIME, pa.int64()), *((name, pa.float64()) for name in self._sensors)]
        schema = pa.schema([pa.field(name, kind, nullable=False) for name, kind in columns])
        self._new = self._open.enter_context(self._keeper.writer())
        self._groups = 0
        self._writer = pq.ParquetWriter(
            pa.PythonFile(self._new, mode="w"),
            schema,
            compression="zstd",
            compression_level=1,
            use_dictionary=False,
            write_statistics=[TIME],
            store_schema=False,
        )

    def close(self) -> None:
        """Complete what is being written."""
        if self._writer and self._new:
            self._writer.close()
            self._open.close()
            self.blobs.append(self._new.blob)
            self._new = self._writer = None

    def abandon(self) -> None:
        """Leave nothing of what is being written."""
        if self._writer:
            with suppress(Exception):  # it is for nobody
                self._writer.close()
            self._new = self._writer = None
            error = _Abandoned()
            self._open.__exit__(type(error), error, None)


class _Abandoned(Exception):
    """What was being written is not wanted."""


class PartsReader:
    """Reads row groups, those of one part after the other."""

    def __init__(self, blobs: Sequence[Blob]) -> None:
        self._blobs = blobs
        self._open: dict[int, pq.ParquetFile] = {}

    def groups(self, part: int) -> Iterator[Group]:
        """The row groups of a part, in order."""
        file = self._file(part)
        place = file.schema_arrow.get_field_index(TIME)
        for number in range(file.metadata.num_row_groups):
            group = file.metadata.row_group(number)
            times = group.column(place).statistics
            yield Group(part, number, times.min, times.max, group.num_rows)

    def read(self, group: Group, sensors: Collection[str] | None = None) -> Block:
        """The rows of a row group that count, with its sensors or with these; what is invalid is so still."""
        file = self._file(group.part)
        there = file.schema_arrow.names
        names = [name for name in there if name != TIME and (sensors is None or name in sensors)]
        table = file.read_row_group(group.number, [TIME, *names], use_threads=False)
        found = Block(table.column(TIME).to_numpy(), {name: table.column(name).to_numpy() for name in names})
        return found if group.rows == len(found) else found.at(slice(None, group.rows))

    def _file(self, part: int) -> pq.ParquetFile:
        file = self._open.pop(part, None)
        if file is None:
            if len(self._open) >= _MOST_OPEN:
                self._open.pop(next(iter(self._open))).close(force=True)  # the one that was not asked for the longest
            file = pq.ParquetFile(pa.PythonFile(self._blobs[part].open(), mode="r"))
        self._open[part] = file
        return file

    def close(self) -> None:
        """Close all files."""
        for file in self._open.values():
            file.close(force=True)
        self._open.clear()


def read(
    parts: Sequence[Part], sensors: Sequence[str], first: datetime | None, last: datetime | None
) -> Iterator[Block]:
    """The rows of parts that follow one another, from one time to another; only the row groups there are read."""
    start = None if first is None else microseconds(first)
    end = None if last is None else microseconds(last)
    for part in parts:
        if (first and part.last < first) or (last and part.first > last):
            continue
        reader = PartsReader([part.rows])
        try:
            for group in reader.groups(0):
                if (start is None or group.last >= start) and (end is None or group.first <= end):
                    yield _between(reader.read(group, sensors), start, end).having(sensors)
        finally:
            reader.close()


def _between(block: Block, start: int | None, end: int | None) -> Block:
    """The rows from one time to another, with what is invalid missing."""
    first = 0 if start is None else int(np.searchsorted(block.times, start))
    last = len(block) if end is None else int(np.searchsorted(block.times, end, side="right"))
    rows = slice(first, last)
    values = {name: column[rows] for name, column in block.values.items()}
    for name, column in values.items():
        invalid = np.isinf(column)
        if invalid.any():
            values[name] = np.where(invalid, np.nan, column)
    return Block(block.times[rows], values)


def parts_of(component: str, blobs: Sequence[Blob], groups: Sequence[Group]) -> tuple[Part, ...]:
    """Blobs with groups that are in the order of time, as parts."""
    spans: dict[int, tuple[int, int]] = {}
    for group in groups:
        first, _ = spans.get(group.part, (group.first, 0))
        spans[group.part] = (first, group.last)
    return tuple(Part(component, moment(first), moment(last), blobs[number]) for number, (first, last) in spans.items())
