"""A process that ends at a point that is named, as often as it comes by."""

from __future__ import annotations

from collections.abc import Sequence

from lookout_server.store.documents import Write
from lookout_server.store.sqlite import SqliteDocuments


class Crash(BaseException):
    """The process ends."""


class Points:
    """The points at which a process may end, as they are come by; at one of them it does."""

    def __init__(self, last: int | None = None) -> None:
        self.passed = 0
        self.last = last

    def __call__(self) -> None:
        if self.passed == self.last:
            self.last = None
            raise Crash
        self.passed += 1


class Documents(SqliteDocuments):
    """A store before and after whose commits the process may end."""

    points = Points()

    def commit(self, writes: Sequence[Write]) -> dict[tuple[str, str], str]:
        self.points()
        done = super().commit(writes)
        self.points()
        return done
