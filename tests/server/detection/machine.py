"""A machine that is made up: states, load, wear and noise, with faults whose sensors are known."""

from __future__ import annotations

import numpy as np

from lookout_server.detection.sensors import Frame
from lookout_server.detection.sensors.frame import Flags, Floats

NAMES = ("load", "speed", "flow", "pressure", "temperature", "vibration", "valve")
MINUTE = 60_000


def running(rows: int, seed: int, wear: float = 0.0) -> Floats:
    """rows x sensors of a pump that switches between two loads; *wear* is how much warmer it is at the end."""
    random = np.random.default_rng(seed)
    state = (np.cumsum(random.random(rows) < 0.02) % 2).astype(float)
    load = np.empty(rows)
    level = state[0]
    for row in range(rows):
        level += 0.2 * (state[row] - level)
        load[row] = level
    noise = random.normal(0, 1, (rows, 6))
    speed = 1000 + 500 * load + 5 * noise[:, 0]
    flow = 0.02 * speed + 0.2 * noise[:, 1]
    pressure = 2 + 0.001 * flow**2 + 0.02 * noise[:, 2]
    temperature = 40 + 20 * load + wear * np.linspace(0, 1, rows) + 0.5 * noise[:, 3]
    vibration = 1 + load + 0.1 * noise[:, 4]
    return np.column_stack([load + 0.01 * noise[:, 5], speed, flow, pressure, temperature, vibration, state])


def frame(values: Floats, start: int = 0) -> Frame:
    """One row a minute, from *start* minutes on."""
    return Frame((start + np.arange(len(values), dtype=np.int64)) * MINUTE, NAMES, values)


def faulty(rows: int, seed: int) -> tuple[Floats, Flags, list[tuple[int, int, str]]]:
    """A leak (less flow than the speed lets expect), a stuck sensor and a shaking bearing; which rows; what it is.

    None of the three leaves the range that its sensor has in normal operation by much.
    """
    values = running(rows, seed)
    events = [
        (rows // 5, rows // 5 + rows // 15, "flow"),
        (rows // 2, rows // 2 + rows // 15, "pressure"),
        (4 * rows // 5, 4 * rows // 5 + rows // 15, "vibration"),
    ]
    for first, last, sensor in events:
        column = NAMES.index(sensor)
        if sensor == "flow":
            values[first : last + 1, column] *= 0.85
        elif sensor == "pressure":
            values[first : last + 1, column] = 2.6
        else:
            values[first : last + 1, column] += np.random.default_rng(seed).normal(0, 0.6, last - first + 1)
    labels = np.zeros(rows, bool)
    for first, last, _ in events:
        labels[first : last + 1] = True
    return values, labels, events
