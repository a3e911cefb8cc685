"""Text that somebody brought, as files are: in UTF-8, line by line, and no further than somebody reads on."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

#: Bytes of a line: the names of 3,000 sensors, or as many numbers, take less.
LONGEST = 1024**2
_PIECE = 256 * 1024
_MARK = b"\xef\xbb\xbf"
_OTHER_MARKS = (b"\xff\xfe", b"\xfe\xff")


class Unreadable(ValueError):
    """It is no such text: the message says where, what it got and what it expected."""


def text(content: bytes, longest: int = LONGEST) -> str:
    """All of a text, without the byte order mark at its beginning. Raises Unreadable."""
    return "".join(lines(content, longest))


class Unclosed(Unreadable):
    """A quotation mark that nothing closes, in the row that begins in `line`: more text might close it."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def lines(content: bytes, longest: int = LONGEST) -> Iterator[str]:
    """The lines of a text as an editor counts them: CR, LF or both end one, blank ones are among them.

    Each has its end. Raises Unreadable for a line of more than *longest* bytes, without reading to its end, and for
    what is no text in UTF-8.
    """
    for begin, found in _pieces(content, longest):
        for number, line in enumerate(found, begin):
            yield _decoded(line, number)


def rows(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """The rows of a CSV file, each with the number of the line in which it begins; blank ones are left out.

    Raises Unreadable where it is none.
    """
    return rows_of(_pieces(content, LONGEST))


def rows_of(pieces: Iterable[tuple[int, list[bytes]]]) -> Iterator[tuple[int, list[str]]]:
    """The same, of lines that stand one behind the other, and the number of the first of them.

    Raises Unclosed as soon as they end within a row.
    """
    first = 0

    def parts() -> Iterator[str]:
        nonlocal first
        for begin, found in pieces:
            if not first and not any(map(bytes.strip, found)):
                continue  # millions of blank lines cost next to nothing
            for number, line in enumerate(found, begin):
                if first or not line.isspace():
                    first = first or number
                    yield _decoded(line, number)

    reader = csv.reader(parts(), strict=True)
    while True:
        first = 0
        try:
            cells = next(reader, None)
        except csv.Error as error:
            if "end of data" in str(error):
                raise Unclosed(f"line {first}: got a quotation mark that nothing closes, expected CSV", first) from None
            raise Unreadable(f"line {first}: got {_in_words(str(error))}, expected CSV") from None
        if cells is None:
            return
        if any(map(str.strip, cells)):
            yield first, cells


def shown(got: str, most: int = 80) -> str:
    """A piece of the text, as messages quote it."""
    return repr(got) if len(got) <= most else f"{got[:most]!r}... ({len(got)} characters)"


def _pieces(content: bytes, longest: int) -> Iterator[tuple[int, list[bytes]]]:
    """Lines that stand one behind the other, and the number of the first of them."""
    stream = io.BytesIO(content)
    stream.seek(begin_of(content))
    rest, number = b"", 1
    while piece := stream.read(_PIECE):
        # The last line waits for the next piece, because that may have the second half of its end.
        *found, rest = (rest + piece).splitlines(keepends=True)
        if b"\0" in piece or len(rest) > longest or max(map(len, found), default=0) > longest:
            refuse([*found, rest], number, longest)
        yield number, found
        number += len(found)
    if rest:
        yield number, [rest]


def begin_of(content: bytes) -> int:
    """Where a text begins, behind the byte order mark if there is one; raises Unreadable for that of another code."""
    if content.startswith(_OTHER_MARKS):
        raise Unreadable("file: got UTF-16, expected UTF-8")
    return len(_MARK) if content.startswith(_MARK) else 0


def refuse(found: list[bytes], begin: int, longest: int = LONGEST) -> None:
    """Raise Unreadable for the first of these lines, of which *begin* is the number, that is too long or no text."""
    for number, line in enumerate(found, begin):
        if len(line) > longest:
            raise Unreadable(f"line {number}: got a line of more than {longest} bytes, expected a shorter one")
        if b"\0" in line:
            raise Unreadable(f"line {number}, character {line.index(0) + 1}: got a NUL byte, expected text")


def _decoded(line: bytes, number: int) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        place = len(line[: error.start].decode()) + 1
        raise Unreadable(
            f"line {number}, character {place}: got the byte 0x{line[error.start]:02x}, expected UTF-8"
        ) from None


def _in_words(error: str) -> str:
    """What Python's reader of CSV has found, for whoever wrote the file."""
    if "field limit" in error:
        return f"a cell of more than {csv.field_size_limit()} characters, or a quotation mark that nothing closes"
    return "text behind a closing quotation mark"
