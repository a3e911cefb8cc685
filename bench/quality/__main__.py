"""Print the tables of docs/detection.md and docs/detection-images.md: `python -m bench.quality DIRECTORY [--peers]`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bench.quality import pictures, sensors, skab
from bench.quality.cases import cases
from bench.quality.splits import picture_sets


def main(directory: Path, peers: bool) -> None:
    """Whatever sets there are, in the directory or in one below it: of sensors, of pictures, or both; or SKAB's own."""
    if files := skab.skab(directory):
        skab.leaderboard((name, ((case, judge(case)) for case in files)) for name, judge in sensors.ways(peers))
        return
    places = [directory, *sorted(path for path in directory.iterdir() if path.is_dir())]
    found = [case for place in places for case in cases(place)]
    sets = [folder for place in places for folder in picture_sets(place)]
    if not found and not sets:
        sys.exit(
            f"{directory}: got neither <set>/<case>.npz nor <set>/normal, expected sets of sensor data or pictures"
        )
    if found:
        sensors.report(found, peers)
    if sets:
        pictures.report(sets)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.quality", description=__doc__)
    parser.add_argument("directory", type=Path, help="where the sets are, or the directory `data` of a clone of SKAB")
    parser.add_argument("--peers", action="store_true", help="beside detectors of others, which must be installed")
    arguments = parser.parse_args()
    main(arguments.directory, arguments.peers)
