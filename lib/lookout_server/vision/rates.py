"""How often an operation may be called."""

from __future__ import annotations

import threading
from collections import deque
from datetime import datetime, timedelta

from lookout_server.service import Invocation
from lookout_server.vision.errors import throttled

_SECOND = timedelta(seconds=1)
_DETECTIONS = ("DetectAnomalies", "L-9A58AC7A")
_ANY_CODE = "L-6C6DBBAE"


class Rates:
    """When the operations were called in the last second, by account and Region; each process counts for itself."""

    def __init__(self) -> None:
        self._calls: dict[tuple[str, str, str], deque[datetime]] = {}
        self._lock = threading.Lock()

    def count(self, invocation: Invocation) -> None:
        """Count a call; raises a ThrottlingException when it is one too many (Service Quotas, per operation)."""
        operation, now, quotas = invocation.operation, invocation.now, invocation.settings.vision_quotas
        detection = operation == _DETECTIONS[0]
        limit = quotas.detections_per_second if detection else quotas.requests_per_second
        if limit is None:
            return
        with self._lock:
            calls = self._calls.setdefault((invocation.account, invocation.region, operation), deque())
            while calls and now - calls[0] >= _SECOND:
                calls.popleft()
            if len(calls) < limit:
                calls.append(now)
                return
        code = _DETECTIONS[1] if detection else _ANY_CODE
        raise throttled(f"Rate exceeded ({code}): {operation} was called {limit} times within a second", code)
