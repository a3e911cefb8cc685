"""Answers in steps, so that what takes no time is done where it arrived, and what others would wait for is not.

To hand a request to a thread costs more than most of the answers: 400 us of 850 were measured for DescribeDataset,
and more with several callers, because SQLite lets go of Python's lock at every statement.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

T = TypeVar("T")
#: What comes after a `yield` may block, or take long; what comes before the first one only computes a little, and reads
#: from the store. Whoever takes the steps goes on in a thread then.
Steps = Generator[None, None, T]


def to_end(steps: Steps[T]) -> T:
    """What comes of all steps that are left, taken here."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: T = end.value
            return result
