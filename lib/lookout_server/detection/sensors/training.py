"""Learning what is normal."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lookout_server.detection.sensors.calibration import Calibration, held_out_scores
from lookout_server.detection.sensors.frame import BadFrame, Flags, Frame, Integers, since_start, step_of
from lookout_server.detection.sensors.model import Model
from lookout_server.detection.sensors.normal import Normal
from lookout_server.detection.sensors.settings import Settings
from lookout_server.detection.sensors.smoothing import smoothed
from lookout_server.detection.sensors.threshold import choose


def fit(frame: Frame, settings: Settings | None = None, labels: Sequence[tuple[int, int]] = ()) -> Model:
    """Learn from the frame.

    labels: first and last time of what is known to be abnormal, in milliseconds. Those rows are left out of what is
    normal; from `Settings.least_events` events on they have a say in the threshold.

    Errors: `BadFrame` when no row is left to learn from, or none of its readings is a number.
    """
    settings = settings or Settings()
    labelled = _inside(frame.times, labels)
    normal_rows = frame.without(labelled)
    values = normal_rows.of(frame.names)
    if np.isnan(values).all():
        raise BadFrame(
            f"training: got {len(normal_rows)} rows outside of the labels and no reading in them, expected at least one"
        )
    longest = round(settings.gap * step_of(frame.times))
    raw = held_out_scores(normal_rows, longest, settings)
    normal = Normal.fit(values, since_start(normal_rows.times, longest), settings)
    calibration = Calibration.fit(raw)
    every = np.empty((len(frame), len(settings.views)))
    every[~labelled] = raw
    if labelled.any():
        every[labelled] = normal.scores(frame.of(frame.names), since_start(frame.times, longest))[labelled]
    smooth = smoothed(calibration(every), since_start(frame.times, longest), settings)
    held_out = smoothed(calibration(raw), since_start(normal_rows.times, longest), settings)
    events = sum(bool(_inside(frame.times, [label]).any()) for label in labels)
    threshold = choose(held_out, smooth[labelled], events, settings)
    return Model(frame.names, longest, settings, normal, calibration, threshold)


def _inside(times: Integers, labels: Sequence[tuple[int, int]]) -> Flags:
    inside = np.zeros(len(times), bool)
    for first, last in labels:
        inside |= (times >= first) & (times <= last)
    return inside
