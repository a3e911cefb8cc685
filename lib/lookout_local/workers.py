"""Threads in which the Lookout services do what takes long, so that nobody else waits for it."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait

_LOG = logging.getLogger(__name__)
#: Python runs one of them at a time: more would not get done sooner, only hold up the answers to requests.
_THREADS = 3

_PATIENCE = 2.0


class Workers:
    """A few threads that do what they are given, in the order in which they got it."""

    def __init__(self) -> None:
        # Requests are answered by other threads of the process, which get their turn ten times as fast by this.
        sys.setswitchinterval(0.0005)
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="worker")
        self._begun: set[Future[None]] = set()

    def begin(self, work: Callable[[], None]) -> None:
        """Have something done soon. When the workers have stopped nothing is done any more."""
        try:
            future = self._pool.submit(work)
        except RuntimeError:
            return
        self._begun.add(future)
        future.add_done_callback(self._done)

    def stop(self) -> None:
        """Give up what has not begun, and wait for the rest, but no longer than two seconds."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        wait(list(self._begun), _PATIENCE)

    def _done(self, future: Future[None]) -> None:
        self._begun.discard(future)
        error = None if future.cancelled() else future.exception()
        if error is not None:
            _LOG.error("work has failed: %s", error, exc_info=error)
