"""Every message in docs/errors.md is one that the code still produces."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator

import pytest

from tests.docs import pages

_MESSAGES = re.findall(r"^### `(.+)`$", pages.text("docs/errors.md"), re.MULTILINE)
#: What stands between the parts that a message is put together from.
_JOINTS = re.compile(r"…| of |: got |: |; |, expected |None(?=,)")
_SHORTEST = 6


@functools.cache
def _constants() -> str:
    """All text in the code, each piece on a line of its own."""
    pieces: set[str] = set()
    for folder in ("lib", "lambda"):
        for file in (pages.ROOT / folder).rglob("*.py"):
            pieces |= set(_strings(ast.parse(file.read_text(encoding="utf-8"))))
    return "\n".join(piece.replace("\n", " ") for piece in sorted(pieces))


def _strings(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _in_the_code(part: str, pieces: int = 3) -> bool:
    """Whether *part* is text of the code, or is put together from that many pieces of it."""
    if part.strip() in _constants():
        return True
    return pieces > 1 and any(
        part[:cut] in _constants() and _in_the_code(part[cut:], pieces - 1)
        for cut in range(_SHORTEST, len(part) - _SHORTEST + 1)
    )


def test_there_are_messages() -> None:
    assert len(_MESSAGES) > 50


@pytest.mark.parametrize("message", _MESSAGES)
def test_a_message_in_the_documentation_occurs_in_the_code(message: str) -> None:
    assert [part for part in _JOINTS.split(message) if len(part) > 3 and not _in_the_code(part)] == []


def test_a_message_that_is_not_in_the_code_is_found_out() -> None:
    assert not _in_the_code("the dataset was eaten by the dog, deploy another dog")
