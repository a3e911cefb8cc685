"""Print the tables of docs/detection.md and docs/detection-images.md: `python -m bench.quality DIRECTORY`."""

from __future__ import annotations

import sys
from pathlib import Path

from bench.quality import pictures, sensors
from bench.quality.cases import cases
from bench.quality.splits import picture_sets


def main(directory: Path) -> None:
    """Whatever sets there are, in the directory or in one below it: of sensors, of pictures, or both."""
    places = [directory, *sorted(path for path in directory.iterdir() if path.is_dir())]
    found = [case for place in places for case in cases(place)]
    sets = [folder for place in places for folder in picture_sets(place)]
    if not found and not sets:
        sys.exit(
            f"{directory}: got neither <set>/<case>.npz nor <set>/normal, expected sets of sensor data or pictures"
        )
    if found:
        sensors.report(found)
    if sets:
        pictures.report(sets)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
