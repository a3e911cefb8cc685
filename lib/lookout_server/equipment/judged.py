"""What was said of many rows, as far as metrics need it: scores by row, and events with the sensors behind them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from lookout_server.detection.sensors import Judgement
from lookout_server.detection.sensors.frame import Flags, Floats, Integers
from lookout_server.detection.sensors.judgement import in_parts
from lookout_server.equipment.frames import milliseconds, moment
from lookout_server.equipment.training import Range


@dataclass(frozen=True)
class Event:
    """Anomalous rows that follow one another: the times of the first and the last, and the parts of the sensors."""

    start: datetime
    end: datetime
    shares: dict[str, float]

    @property
    def span(self) -> Range:
        return self.start, self.end

    @property
    def seconds(self) -> float:
        """How long it lasts, from the first row to the last."""
        return (self.end - self.start).total_seconds()


@dataclass(frozen=True)
class Judged:
    """times: in milliseconds, in order. scores: from 0 to 1. alarms: which rows are anomalous."""

    times: Integers
    scores: Floats
    alarms: Flags
    events: tuple[Event, ...]

    @classmethod
    def of(cls, judgements: Iterable[Judgement], after: datetime | None = None) -> Judged:
        """Gather judgements that follow one another; `after` leaves out rows up to a time."""
        times, scores, alarms = [np.zeros(0, np.int64)], [np.zeros(0)], [np.zeros(0, bool)]
        events: list[tuple[int, int, Floats]] = []
        names: tuple[str, ...] = ()
        goes_on = False
        for one in judgements:
            begin = int(np.searchsorted(one.times, milliseconds(after), side="right")) if after else 0
            names = one.names
            times.append(one.times[begin:])
            scores.append(one.scores[begin:])
            alarms.append(one.alarms[begin:])
            for first, last in one.events():
                if last < begin:
                    continue
                found = max(first, begin)
                start, parts = int(one.times[found]), one.contributions[found : last + 1].sum(0)
                if found == begin and goes_on:
                    start, _, before = events.pop()
                    parts = parts + before
                events.append((start, int(one.times[last]), parts))
            if len(one.times) > begin:
                goes_on = bool(one.alarms[-1])
        return cls(
            np.concatenate(times),
            np.concatenate(scores),
            np.concatenate(alarms),
            tuple(
                Event(moment(start), moment(end), dict(zip(names, in_parts(parts).tolist(), strict=True)))
                for start, end, parts in events
            ),
        )
