"""What the demo says of how early an alarm came."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from demo.forewarning import Warned, warnings


def ranges(*days: tuple[int, int], **more: Any) -> list[dict[str, Any]]:
    return [
        {"start": f"2026-07-{first:02}T00:00:00.000000", "end": f"2026-07-{last:02}T00:00:00.000000", **more}
        for first, last in days
    ]


def alarms(*days: tuple[int, int]) -> list[dict[str, Any]]:
    return ranges(*days, diagnostics=[{"name": "pump\\flow", "value": 0.2}, {"name": "pump\\pressure", "value": 0.8}])


def test_the_first_alarm_within_a_failure_counts_and_names_its_top_sensor() -> None:
    metrics = {"labeled_ranges": ranges((10, 20)), "predicted_ranges": alarms((2, 3), (12, 13), (15, 21))}
    [one] = warnings(metrics)
    assert one == Warned(datetime(2026, 7, 20), datetime(2026, 7, 12), "pump\\pressure")
    assert one.ahead == timedelta(days=8)


def test_an_alarm_from_before_a_failure_counts_from_its_first_signs() -> None:
    metrics = {"labeled_ranges": ranges((10, 20)), "predicted_ranges": alarms((2, 11))}
    assert [one.ahead for one in warnings(metrics)] == [timedelta(days=10)]


def test_a_failure_without_an_alarm_has_no_forewarning() -> None:
    metrics = {"labeled_ranges": ranges((10, 20)), "predicted_ranges": alarms((2, 3), (21, 22))}
    assert warnings(metrics) == []
