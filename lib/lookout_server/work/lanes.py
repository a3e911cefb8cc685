"""Who does which works, so that none waits for others that it has nothing to do with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar

T = TypeVar("T")


class Lanes(Generic[T]):
    """Something that does works, and others of its kind for works that have one of their own."""

    def __init__(self, own: Mapping[str, T], others: T) -> None:
        self._own = own
        self._others = others

    def of(self, id: str) -> T:
        """The one for a task."""
        return self._own.get(id.partition("/")[0], self._others)

    def __iter__(self) -> Iterator[T]:
        yield from self._own.values()
        yield self._others
