"""What makes things happen at the Lookout services while nobody calls them."""

from __future__ import annotations

import threading
from collections.abc import Callable

_PATIENCE = 2.0


class Ticker:
    """Calls a function every so many seconds of real time, in a thread of its own, so that it may block.

    The function must not raise. A call that takes longer delays the next one.
    """

    def __init__(self, tick: Callable[[], None], seconds: float = 0.2) -> None:
        self._tick = tick
        self._seconds = seconds
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ticker", daemon=True)

    def start(self) -> None:
        """Begin; a ticker starts once."""
        self._thread.start()

    def stop(self) -> None:
        """End it, if it was started, and wait for a call that is under way, but no longer than two seconds."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(_PATIENCE)

    def _run(self) -> None:
        while not self._stopping.wait(self._seconds):
            self._tick()
