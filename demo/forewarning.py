"""How long before a failure an alarm came, as the metrics of a model tell it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True)
class Warned:
    """One failure of the evaluation, from its first signs to the breakdown, and the alarm that came before it."""

    breakdown: datetime
    alarm: datetime
    #: The sensor that had most to do with the alarm.
    sensor: str

    @property
    def ahead(self) -> timedelta:
        return self.breakdown - self.alarm


def warnings(metrics: Mapping[str, Any]) -> list[Warned]:
    """The failures that an alarm came before, in order; *metrics* are the `ModelMetrics`, read as JSON.

    An alarm that was there before the first signs of a failure counts from those: what it is of, nobody can say.
    """
    found = []
    for label in metrics["labeled_ranges"]:
        start, end = (datetime.fromisoformat(label[edge]) for edge in ("start", "end"))
        for alarm in metrics["predicted_ranges"]:
            first, last = (datetime.fromisoformat(alarm[edge]) for edge in ("start", "end"))
            if first <= end and last >= start:
                top = max(alarm["diagnostics"], key=lambda sensor: float(sensor["value"]))
                found.append(Warned(end, max(first, start), top["name"]))
                break
    return found
