"""Readings of a pump that never was, eight months of them, to try the examples with.

`python readings.py files` writes them into the directory `files`, as the examples expect them in a bucket:
`readings/pump/2026.csv`, a row an hour, and `labels/failures.csv`, the times from the first signs of a failure to the
breakdown, as far as somebody wrote them down.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

# As a script, it has only what stands beside it.
try:
    from examples.pump import FAILURES, SENSORS, START, reading
except ModuleNotFoundError:
    from pump import FAILURES, SENSORS, START, reading  # type: ignore[import-not-found, no-redef]

END = datetime(2026, 9, 1, tzinfo=UTC)
_KNOWN = [(one.start, one.end) for one in FAILURES if one.known]


def rows(moments: Iterable[datetime], faults: Mapping[str, float] | None = None) -> str:
    """CSV with a header: what the sensors say at some moments; *faults* as in `pump.reading`."""
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
