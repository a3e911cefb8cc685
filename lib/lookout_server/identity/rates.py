"""How many requests a key may make: a bucket of tokens for each, which fills at a steady rate."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from lookout_server.protocol.errors import ServiceError

# How many buckets there are before those that are full again are forgotten.
_MANY = 1024


@dataclass
class _Bucket:
    tokens: float
    at: float


class Rates:
    """Lets each key make `per_second` requests a second on average, and `burst` at once.

    `now` are seconds of a clock that never goes back. What it remembers is in this process only.
    """

    def __init__(self, per_second: float, burst: int, now: Callable[[], float] = time.monotonic) -> None:
        if not 0 < per_second < math.inf:
            raise ValueError(f"requests per second: got {per_second}, expected a number above 0")
        if burst < 1:
            raise ValueError(f"burst of requests: got {burst}, expected 1 or more")
        self._per_second = per_second
        self._burst = burst
        self._now = now
        self._lock = threading.Lock()
        self._buckets: dict[str, _Bucket] = {}
        self._many = _MANY

    def count(self, access_key: str) -> None:
        """Count a request; raises a ThrottlingException when it is one too many."""
        with self._lock:
            now = self._now()
            bucket = self._buckets.get(access_key)
            if bucket is None:
                self._forget(now)
                bucket = self._buckets[access_key] = _Bucket(self._burst, now)
            bucket.tokens, bucket.at = self._tokens(bucket, now), now
            if bucket.tokens < 1:
                message = f"Rate exceeded: a key may make {self._per_second:g} requests a second, {self._burst} at once"
                raise ServiceError("ThrottlingException", message)
            bucket.tokens -= 1

    def _tokens(self, bucket: _Bucket, now: float) -> float:
        return min(self._burst, bucket.tokens + max(0.0, now - bucket.at) * self._per_second)

    def _forget(self, now: float) -> None:
        """Forget those that are full: they are as if they had never been there. It is done when they have doubled."""
        if len(self._buckets) >= self._many:
            kept = {key: one for key, one in self._buckets.items() if self._tokens(one, now) < self._burst}
            self._buckets = kept
            self._many = max(_MANY, 2 * len(kept))
