"""Readings of a pump that never was, eight months of them, to try the examples with.

`python readings.py files` writes them into the directory `files`, as the examples expect them in a bucket:
`readings/pump/2026.csv`, a row an hour, and `labels/failures.csv`, the times at which the pump failed.
"""

from __future__ import annotations

import csv
import io
import math
import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

SENSORS = ("pressure", "flow")
START = datetime(2026, 1, 1, tzinfo=UTC)
END = datetime(2026, 9, 1, tzinfo=UTC)
#: When the pump was off: both sensors say 0.
OFF = (datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 2, 5, tzinfo=UTC))
#: When it failed: the pressure is more than twice of what it should be.
FAILURES = (
    (datetime(2026, 3, 10, tzinfo=UTC), datetime(2026, 3, 12, tzinfo=UTC)),
    (datetime(2026, 7, 20, tzinfo=UTC), datetime(2026, 7, 22, tzinfo=UTC)),
)


def rows(moments: Iterable[datetime], *, failing: bool = False) -> str:
    """CSV with a header: what the sensors say at some moments; whether the pump is failing then."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["Timestamp", *SENSORS])
    for moment in moments:
        hours = (moment - START) / timedelta(hours=1)
        pressure, flow = 40 + 5 * math.sin(hours * math.tau / 24), 12 + 2 * math.sin(hours * math.tau / 720)
        if OFF[0] <= moment < OFF[1]:
            pressure, flow = 0.0, 0.0
        if failing or any(start <= moment < end for start, end in FAILURES):
            pressure += 45
        writer.writerow([moment.strftime("%Y-%m-%dT%H:%M:%S"), round(pressure, 3), round(flow, 3)])
    return text.getvalue()


def labels(ranges: Iterable[tuple[datetime, datetime]] = FAILURES) -> str:
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
