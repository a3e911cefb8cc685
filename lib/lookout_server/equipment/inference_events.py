"""Inference events: anomalous rows that follow one another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from lookout_server.equipment.executions import Execution, Prediction

#: Diagnostics has the shape ModelMetrics.
_MOST_CHARACTERS = 50_000


@dataclass
class Event:
    """An event: its first row, its last one, and what each sensor had to do with it."""

    start: datetime
    end: datetime
    rows: list[Prediction] = field(default_factory=list)

    @property
    def number(self) -> int:
        """What orders events: when they start."""
        return int(self.start.timestamp())

    def diagnostics(self) -> list[dict[str, object]]:
        """The mean share of each sensor, the largest first, as many as fit into an answer."""
        sums: dict[str, float] = {}
        for row in self.rows:
            for name, share in row.shares.items():
                sums[name] = sums.get(name, 0.0) + share
        shown: list[dict[str, object]] = []
        room = _MOST_CHARACTERS
        for name, total in sorted(sums.items(), key=lambda item: (-item[1], item[0])):
            # A backslash and the punctuation around name and value take less than 60 characters.
            room -= len(name) + 60
            if room < 0:
                break
            shown.append({"name": name, "value": round(total / len(self.rows), 6)})
        return shown


def events_of(executions: Sequence[Execution]) -> list[Event]:
    """The events in the results of a scheduler, in order.

    A row without an anomaly ends an event; so does a window without results.
    """
    events: list[Event] = []
    current: Event | None = None
    before: datetime | None = None
    for execution in executions:
        if execution.start != before:
            current = None
        before = execution.end if execution.status == "SUCCESS" else None
        if not execution.anomalous:  # so what it says of its rows need not be read
            current = None
            continue
        for row in execution.predictions:
            if not row.anomalous:
                current = None
                continue
            if current is None:
                current = Event(row.time, row.time)
                events.append(current)
            current.end = row.time
            current.rows.append(row)
    return events
