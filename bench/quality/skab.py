"""SKAB by the protocol of its own leaderboard, out of a clone of waico/SKAB: `python -m bench.quality SKAB/data`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from bench.quality.cases import Case
from bench.quality.figures import Answer, rates

#: Of each file, the rows that all methods of the leaderboard learn from; the others are judged.
_TRAINING = 400
_FOLDERS = ("valve1", "valve2", "other")
_NOT_SENSORS = ("datetime", "anomaly", "changepoint")


def skab(directory: Path) -> list[Case]:
    """A case for each of the 34 files with an anomaly; none when the directory is not that of SKAB."""
    files = [file for folder in _FOLDERS for file in sorted((directory / folder).glob("*.csv"), key=_number)]
    return [_case(file) for file in files]


def _number(file: Path) -> int:
    return int(re.sub(r"\D", "", file.stem) or 0)


def _case(file: Path) -> Case:
    names = file.read_text(encoding="utf-8").splitlines()[0].strip().split(";")
    sensors = [at for at, name in enumerate(names) if name not in _NOT_SENSORS]
    values = np.genfromtxt(file, delimiter=";", skip_header=1, usecols=sensors)
    labels = np.genfromtxt(file, delimiter=";", skip_header=1, usecols=[names.index("anomaly")]).astype(np.int64)
    name = f"{file.parent.name}-{file.stem}"
    return Case("skab", name, values[:_TRAINING], values[_TRAINING:], labels[_TRAINING:], 1.0, [])


def leaderboard(ways: Iterable[tuple[str, Iterator[tuple[Case, Answer]]]]) -> None:
    """F1, false and missed alarms of the rows of all files together."""
    print("\nBy the protocol of SKAB\n\n| | f1 | false alarms, % | missed alarms, % |\n| --- | --- | --- | --- |")
    for name, answers in ways:
        f1, false, missed = rates([(case.labels, alarms) for case, (_, alarms) in answers])
        print(f"| {name} | {f1:.2f} | {100 * false:.2f} | {100 * missed:.2f} |", flush=True)
