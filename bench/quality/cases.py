"""Public data as cases: rows to learn from, later rows to judge, and which of those are abnormal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.quality.figures import runs
from lookout_server.detection.sensors import Frame
from lookout_server.detection.sensors.frame import Floats, Integers


@dataclass(frozen=True)
class Case:
    """train, test: rows x sensors. labels of the test's rows: 1 abnormal, 0 normal, -1 not counted. step: seconds.

    causes: first row, last row and sensors of the events whose sensors the data set names.
    """

    set: str
    name: str
    train: Floats
    test: Floats
    labels: Integers
    step: float
    causes: list[tuple[int, int, list[int]]]

    def frame(self, values: Floats) -> Frame:
        """Rows with times and names."""
        times = np.arange(len(values), dtype=np.int64) * round(1000 * self.step)
        return Frame(times, tuple(f"s{number}" for number in range(values.shape[1])), values)


def cases(directory: Path) -> Iterator[Case]:
    """`<set>/<case>.npz`, each with the arrays train, test, labels, step_seconds and causes (JSON)."""
    for file in sorted(directory.glob("*/*.npz")):
        with np.load(file, allow_pickle=False) as found:
            causes: Any = json.loads(str(found["causes"]))
            yield Case(
                file.parent.name,
                file.stem,
                found["train"].astype(np.float64),
                found["test"].astype(np.float64),
                found["labels"].astype(np.int64),
                float(found["step_seconds"]),
                [(first, last, sensors) for first, last, sensors in causes],
            )


def halves(case: Case) -> tuple[Frame, list[tuple[int, int]], Case] | None:
    """For training with labels: all that is known by the middle of the test, its events, and the rest to be judged.

    None where a half of the test has no event.
    """
    half = len(case.labels) // 2
    known = runs(case.labels[:half] == 1)
    if not known or not (case.labels[half:] == 1).any():
        return None
    frame = case.frame(np.concatenate([case.train, case.test[:half]]))
    offset = len(case.train)
    labels = [(int(frame.times[offset + first]), int(frame.times[offset + last])) for first, last in known]
    return frame, labels, Case(case.set, case.name, case.train, case.test[half:], case.labels[half:], case.step, [])
