"""Readings of a pump that never was, eight months of them, to try the examples with.

`python readings.py files` writes them into the directory `files`, as the examples expect them in a bucket:
`readings/pump/2026.csv`, a row an hour, and `labels/failures.csv`, the times from the first signs of a failure to the
breakdown, as far as somebody wrote them down. Each moment has its own noise, so what is read then does not depend on
what was read before.
"""

from __future__ import annotations

import csv
import io
import math
import random
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

SENSORS = ("speed", "flow", "pressure", "temperature", "vibration")
START = datetime(2026, 1, 1, tzinfo=UTC)
END = datetime(2026, 9, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
#: Between two changes of the oil, vibration grows a little.
_OIL = 30 * _DAY


@dataclass(frozen=True)
class Failure:
    """From the first signs of something to the breakdown; then the pump stood still until it was repaired."""

    start: datetime
    end: datetime
    #: `bearing`: it shakes more and more and gets warm. `filter`: less and less comes through, against more pressure.
    cause: str
    #: Whether somebody wrote it down.
    known: bool = True

    def severity(self, moment: datetime) -> float:
        """How bad it is: 0 before, 1 at the breakdown."""
        if not self.start <= moment <= self.end:
            return 0.0
        return 0.25 + 0.75 * ((moment - self.start) / (self.end - self.start))


FAILURES = (
    Failure(datetime(2026, 3, 10, tzinfo=UTC), datetime(2026, 3, 12, tzinfo=UTC), "bearing"),
    Failure(datetime(2026, 5, 18, tzinfo=UTC), datetime(2026, 5, 19, tzinfo=UTC), "filter"),
    Failure(datetime(2026, 7, 20, tzinfo=UTC), datetime(2026, 7, 22, tzinfo=UTC), "bearing"),
    Failure(datetime(2026, 8, 18, tzinfo=UTC), datetime(2026, 8, 19, tzinfo=UTC), "filter", known=False),
)
_KNOWN = [(one.start, one.end) for one in FAILURES if one.known]
#: When the pump was off: for a holiday, and for a day after each breakdown.
_OFF = (
    (datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 2, 5, tzinfo=UTC)),
    *((one.end, one.end + _DAY) for one in FAILURES),
)


def reading(moment: datetime, faults: Mapping[str, float] | None = None) -> dict[str, float]:
    """What each sensor says at a moment; *faults* are causes and how bad they are, by default those of `FAILURES`."""
    if faults is None:
        faults = {one.cause: one.severity(moment) for one in FAILURES if one.severity(moment)}
    noise = random.Random(int(moment.timestamp())).gauss
    off = any(start < moment <= end for start, end in _OFF)
    load = 0.0 if off else _load(moment)
    worn, stuffed = faults.get("bearing", 0.0), faults.get("filter", 0.0)
    summer = -math.cos((moment - START) / _DAY * math.tau / 365)
    wear = ((moment - START) % _OIL) / _OIL
    speed = 0.0 if off else 900 + 600 * load
    flow = 0.008 * speed * (1 - 0.5 * stuffed)
    exact = {
        "speed": speed,
        "flow": flow,
        "pressure": 0.0 if off else 12 + 0.2 * (0.008 * speed) ** 2 * (1 + 0.8 * stuffed),
        "temperature": 22 + 4 * summer + 0.018 * speed + 14 * worn,
        "vibration": 0.0 if off else 0.8 + 0.9 * load + 0.15 * wear + 2.5 * worn,
    }
    deviations = {"speed": 6.0, "flow": 0.12, "pressure": 0.5, "temperature": 0.5, "vibration": 0.07}
    return {name: round(value + noise(0, 0 if off else deviations[name]), 3) for name, value in exact.items()}


def _load(moment: datetime) -> float:
    """Of 1: much during the day, little at night and at the weekend, never the same."""
    hour = moment.hour + moment.minute / 60
    shift = 1 / (1 + math.exp(-4 * math.sin((hour - 8) * math.tau / 24)))
    busy = 0.35 if moment.weekday() >= 5 else 0.9
    drift = 0.05 * math.sin((moment - START) / _DAY * math.tau / 11)
    return 0.1 + busy * shift * 0.9 + drift


def rows(moments: Iterable[datetime], faults: Mapping[str, float] | None = None) -> str:
    """CSV with a header: what the sensors say at some moments; *faults* as in `reading`."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["Timestamp", *SENSORS])
    for moment in moments:
        said = reading(moment, faults)
        writer.writerow([moment.strftime("%Y-%m-%dT%H:%M:%S"), *(said[name] for name in SENSORS)])
    return text.getvalue()


def labels(ranges: Iterable[tuple[datetime, datetime]] = _KNOWN) -> str:
    """CSV without a header, as the service reads labels from a bucket: the start and the end of each range."""
    return "".join(f"{start:%Y-%m-%dT%H:%M:%S.%f},{end:%Y-%m-%dT%H:%M:%S.%f}\n" for start, end in ranges)


def files() -> dict[str, str]:
    """All files by their keys."""
    hours = int((END - START) / timedelta(hours=1))
    return {
        "readings/pump/2026.csv": rows(START + timedelta(hours=hour) for hour in range(hours)),
        "labels/failures.csv": labels(),
    }


def main() -> None:
    if len(sys.argv) != 2:
        raise SystemExit(f"readings.py: got {len(sys.argv) - 1} arguments, expected the directory to write into")
    for key, text in files().items():
        path = Path(sys.argv[1], key)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
