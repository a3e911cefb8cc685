"""What was made of contents, by their digests: the last few are at hand, and need not be made again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class AtHand(Generic[T]):
    """The last *most* of them, for all threads of a process."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._made: OrderedDict[str, T] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, digest: str, make: Callable[[], T]) -> T:
        """What was made of a content, or is made of it now; nothing else waits for that."""
        with self._lock:
            found = self._made.get(digest)
        made = make() if found is None else found
        self.put(digest, made)
        return made

    def clear(self) -> None:
        """Forget them."""
        with self._lock:
            self._made.clear()

    def put(self, digest: str, made: T) -> None:
        """Have something at hand that was made elsewhere."""
        with self._lock:
            self._made[digest] = made
            self._made.move_to_end(digest)
            while len(self._made) > self._most:
                self._made.popitem(last=False)
