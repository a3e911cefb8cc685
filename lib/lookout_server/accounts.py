"""What a service remembers, by account and Region."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Generic, TypeVar

T = TypeVar("T")


class Accounts(Generic[T]):
    """What each account has in each Region. `make` gets account, Region, and numbers that no two things share."""

    def __init__(self, make: Callable[[str, str, Iterator[int]], T]) -> None:
        self._make = make
        self._made: dict[tuple[str, str], T] = {}
        self._numbers = count(1)

    def of(self, account: str, region: str) -> T:
        """What an account has in a Region."""
        key = (account, region)
        if key not in self._made:
            self._made[key] = self._make(account, region, self._numbers)
        return self._made[key]

    def all(self) -> list[T]:
        """What there is in every account and Region seen so far."""
        return list(self._made.values())
