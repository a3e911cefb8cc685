"""A model that has learnt, and what it says about rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from lookout_server.detection.sensors.calibration import Calibration
from lookout_server.detection.sensors.frame import Floats, Frame, since_start
from lookout_server.detection.sensors.judgement import Judgement, in_parts
from lookout_server.detection.sensors.normal import Normal, totals
from lookout_server.detection.sensors.settings import Settings
from lookout_server.detection.sensors.smoothing import reach, smoothed
from lookout_server.detection.sensors.threshold import Threshold
from lookout_server.detection.sensors.views import VIEWS
from lookout_server.detection.sensors.windows import trailing_mean

#: Rows that are judged at a time where there are many.
ROWS_AT_ONCE = 20_000


@dataclass(frozen=True)
class Model:
    """names: of the sensors, in the order of all arrays. longest: the milliseconds between rows that are no gap yet."""

    names: tuple[str, ...]
    longest: int
    settings: Settings
    normal: Normal
    calibration: Calibration
    threshold: Threshold

    @property
    def history(self) -> int:
        """How many rows before a window `judge` looks at."""
        return self.normal.history + reach(self.settings)

    def with_threshold(self, threshold: Threshold) -> Model:
        """The same model with another alarm; nothing is learnt again."""
        return replace(self, threshold=threshold)

    def judge(self, frame: Frame, history: Frame | None = None) -> Judgement:
        """Say how abnormal each row of the frame is, and why.

        Sensors are matched by name: one that the frame lacks is missing, one that the model does not know is left out.
        *history* is what came before. With at least `Model.history` rows of it, a window gets the scores that it has
        among all rows at once.
        """
        whole = frame.after(history, self.history)
        new, values = slice(len(whole) - len(frame), None), whole.of(self.names)
        since = since_start(whole.times, self.longest)
        scaled, seen = self.normal.prepared(values)
        parts = self.normal.parts(scaled, seen, since)
        scores = smoothed(self.calibration(totals(parts)), since, self.settings)
        contributions = self._contributions(parts)
        expected = self.normal.others.expected(scaled[new])
        return Judgement(
            times=frame.times,
            names=self.names,
            scores=self.threshold.calibrated(scores[new]),
            contributions=contributions[new],
            shares=in_parts(trailing_mean(contributions, since, min(self.settings.smoothing)))[new],
            directions=np.where(seen[new], np.sign(scaled[new] - expected), 0).astype(np.int8),
            seen=values[new],
            expected=self.normal.scaling.back(expected),
            tolerance=self.normal.others.tolerance() * self.normal.scaling.spread,
        )

    def judge_long(
        self, frames: Iterable[Frame], history: Frame | None = None, rows: int = ROWS_AT_ONCE
    ) -> Iterator[Judgement]:
        """The same of frames that follow one another, at most so many rows at a time.

        What is said of a row takes many times its own memory.
        """
        for frame in frames:
            for first in range(0, len(frame), rows):
                piece = frame.between(first, min(first + rows, len(frame)))
                yield self.judge(piece, history)
                history = piece.last(self.history, history)

    def _contributions(self, parts: dict[str, Floats]) -> Floats:
        """rows x sensors: the parts in the views that name culprits, each in units of its calibration."""
        units = dict(zip(parts, self.calibration.units, strict=True))
        chosen = [name for name in parts if VIEWS[name].names_culprit] or list(parts)
        contributions: Floats = np.sum([parts[name] / units[name] for name in chosen], axis=0) / len(chosen)
        return contributions
