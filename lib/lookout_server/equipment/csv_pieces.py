"""A CSV file of whatever size, cut into pieces of whole rows that are simple to take apart.

A piece is plain when a row is a line, its cells are what is between commas, and there are as many as there should be.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

import numpy as np

from lookout_files import text_files
from lookout_files.text_files import LONGEST, Unclosed
from lookout_server.equipment.csv_files import Unusable

#: Bytes that are read at once, and those of a byte order mark.
_PIECE, _MARK = 8 * 1024**2, 4
_LINE = re.compile(rb"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")
_QUOTE, _COMMA, _LF, _CR = b'",\n\r'
#: A cell that is neither a number nor a time, nor blank.
_NEITHER = "x"


@dataclass(frozen=True)
class Piece:
    """Some rows: as they are in the file, where they begin, and as plain ones."""

    content: bytes
    line: int
    plain: bytes

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """The rows as they are in the file, with the lines in which they begin."""
        return text_files.rows_of(_Lines(self.content, 0, self.line))


class _Lines:
    """Lines, each with its number, as they are asked for: there may be millions of blank ones."""

    def __init__(self, content: bytes, begin: int, number: int) -> None:
        self._content = content
        self._begin = begin
        self._number = number
        #: The number of the line behind the one that was given last, and where that begins.
        self.next, self.end = number, begin

    def __iter__(self) -> Iterator[tuple[int, list[bytes]]]:
        for match in _LINE.finditer(self._content, self._begin):
            number, self.next, self.end = self.next, self.next + 1, match.end()
            yield number, [match[0]]

    def begin_of(self, line: int) -> int:
        """Where a line begins."""
        found = islice(_LINE.finditer(self._content, self._begin), line - self._number, None)
        return next(found).start()


class Pieces:
    """Cuts a file. What is not text, or no CSV, raises Unreadable as soon as it is come upon."""

    def __init__(self, source: BinaryIO, most_bytes: int) -> None:
        self._source = source
        self._most_bytes = most_bytes
        #: What is read already: whole lines that come next, and the beginning of a line.
        self._next, self._rest = b"", b""
        self._ended = False
        self._has_long_lines = False
        #: The number of the line that comes next.
        self._line = 1
        #: Bytes so far.
        self.size = 0

    def header(self) -> tuple[int, list[str]]:
        """The first row that is not blank, and its line; no cells when there is none."""
        while content := self._whole_lines():
            blank = content[: len(content) - len(content.lstrip())]
            begin = _end_of_lines(blank + b"-")  # millions of blank lines cost next to nothing
            self._line += _count(content[:begin])
            lines = _Lines(content, begin, self._line)
            try:
                found = next(text_files.rows_of(lines), None)
            except Unclosed as error:
                self._put_back(content, lines.begin_of(error.line), error)
                continue
            self._line = lines.next
            if found:
                self._next = content[lines.end :]
                return found
        return 1, []

    def pieces(self, width: int) -> Iterator[Piece]:
        """All rows below the header, which has so many cells."""
        while content := self._whole_lines():
            line = self._line
            plain = None if self._has_long_lines or not _is_text(content) else content
            if plain and _QUOTE in plain:
                plain = _unquoted(plain)
            if plain is None:
                plain = self._written(content, width)
            else:
                self._line += _count(content)
            yield Piece(content, line, plain)

    def _written(self, content: bytes, width: int) -> bytes:
        """The rows of lines, anew; what more lines belong to waits for those."""
        lines, found = _Lines(content, 0, self._line), list[str]()
        try:
            for _, cells in text_files.rows_of(lines):
                found.append(_row(cells, width))
        except Unclosed as error:
            self._put_back(content, lines.begin_of(error.line), error)
        else:
            self._line = lines.next
        return "".join(found).encode()

    def _put_back(self, content: bytes, begin: int, error: Unclosed) -> None:
        """Have lines come again, together with more, from the one on in which a row begins that is not closed."""
        if self._ended:
            raise error
        self._rest = content[begin:] + self._rest
        self._line = error.line

    def _whole_lines(self) -> bytes:
        """The lines that come next; none at the end."""
        found, self._next = self._next, b""
        while not found and not self._ended:
            # At first all of a byte order mark, if there is one.
            read = (b"" if self.size else self._source.read(_MARK)) + self._source.read(_PIECE)
            self._ended = not read
            begin = text_files.begin_of(read) if not self.size else 0
            self.size += len(read)
            if self.size > self._most_bytes:
                raise Unusable(f"it has at least {self.size} bytes, the quota is {self._most_bytes}")
            content = self._rest + read[begin:]
            end = len(content) if self._ended else _end_of_lines(content)
            if b"\0" in content or _has_longer(content, LONGEST):
                text_files.refuse(content.splitlines(keepends=True), self._line)
            self._has_long_lines = _has_longer(content, csv.field_size_limit())
            found, self._rest = content[:end], content[end:]
        return found


def even(content: bytes, width: int) -> bytes:
    """Lines with cells between commas, so that each has so many of them, without those that are blank."""
    found = []
    for match in _LINE.finditer(content):
        line = match[0].rstrip(b"\r\n")
        if line.count(b",") != width - 1:
            cells = line.decode().split(",")
            if any(map(str.strip, cells)):
                found.append(_row(cells, width))
        else:
            found.append(line.decode() + "\n")
    return "".join(found).encode()


def _row(cells: Sequence[str], width: int) -> str:
    """A row with as many cells as the header; the values of one that has more are none."""
    first, *values = map(str.strip, cells)
    if len(cells) > width:
        values = [_NEITHER] * (width - 1) if any(values[width - 1 :]) else values[: width - 1]
    elif len(cells) < width:
        values += [""] * (width - len(cells))
    found = ",".join([first, *values])
    if found.count(",") != width - 1 or "\n" in found or "\r" in found:
        found = ",".join(_NEITHER if set(cell) & set(",\n\r") else cell for cell in (first, *values))
    return found + "\n"


def _unquoted(content: bytes) -> bytes | None:
    """The same without its quotation marks, if each of them is at an end of a cell that has no comma or line end."""
    letters = np.frombuffer(content, np.uint8)
    marks = np.flatnonzero(letters == _QUOTE)
    if len(marks) % 2:
        return None
    begins, ends = marks[::2], marks[1::2]
    separators = np.flatnonzero((letters == _COMMA) | (letters == _LF) | (letters == _CR))
    place = np.searchsorted(separators, begins)
    if (place != np.searchsorted(separators, ends)).any():
        return None
    around = np.concatenate(([-1], separators, [len(letters)]))
    if (around[place] != begins - 1).any() or (around[place + 1] != ends + 1).any():
        return None
    return content.translate(None, b'"')


def _is_text(content: bytes) -> bool:
    try:
        return content.isascii() or bool(content.decode())
    except UnicodeDecodeError:
        return False


def _end_of_lines(content: bytes) -> int:
    """Where the last line ends that has an end; a CR that is the last byte may be the first half of one."""
    return max(content.rfind(b"\n"), content.rfind(b"\r", 0, len(content) - 1)) + 1


def _count(content: bytes) -> int:
    """How many lines there are."""
    ends = content.count(b"\n")
    if b"\r" in content:
        ends += content.count(b"\r") - content.count(b"\r\n")
    return ends + bool(content and not content.endswith((b"\n", b"\r")))


def _has_longer(content: bytes, most: int) -> bool:
    """Whether a line has more bytes, its end among them."""
    begin = 0
    while len(content) - begin > most:
        end = content.rfind(b"\n", begin, begin + most)
        if end < 0:
            return b"\r" not in content or max(map(len, content.splitlines(keepends=True))) > most
        begin = end + 1
    return False
