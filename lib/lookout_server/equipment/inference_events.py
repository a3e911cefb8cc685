"""Inference events: anomalous rows that follow one another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from lookout_server.equipment.executions import Execution, InferenceScheduler, Prediction
from lookout_server.protocol.times import from_epoch, later

#: The longest DataUploadFrequency.
_HOUR = timedelta(hours=1)
#: How long before the end of a window its rows may begin: with the rate at which they are sampled, up to an hour each.
_REACH = 2 * _HOUR
#: More than there are runs.
_RUNS = 10**10
#: Diagnostics has the shape ModelMetrics.
_MOST_CHARACTERS = 50_000


@dataclass
class Event:
    """An event: its first row, its last one, and what each sensor had to do with it."""

    start: datetime
    end: datetime
    #: The number of the run in which it starts.
    run: int
    rows: list[Prediction] = field(default_factory=list)

    @property
    def number(self) -> int:
        """What orders events: when they start, and in which run, since windows may overlap."""
        return int(self.start.timestamp()) * _RUNS + self.run

    def diagnostics(self) -> list[dict[str, object]]:
        """The mean share of each sensor, the largest first, as many as fit into an answer."""
        sums: dict[str, float] = {}
        for row in self.rows:
            for name, share in row.shares.items():
                sums[name] = sums.get(name, 0.0) + share
        shown: list[dict[str, object]] = []
        room = _MOST_CHARACTERS
        for name, total in sorted(sums.items(), key=lambda item: (-item[1], item[0])):
            # A backslash and the punctuation around name and value take less than 60 characters.
            room -= len(name) + 60
            if room < 0:
                break
            shown.append({"name": name, "value": round(total / len(self.rows), 6)})
        return shown


def events_of(executions: Iterable[Execution], until: datetime) -> Iterator[Event]:
    """The events that start up to a time in the results of a scheduler, read as they are looked at.

    A row without an anomaly ends an event; so does a window without results.
    """
    current: Event | None = None
    before: datetime | None = None
    for execution in executions:
        if current and not (execution.anomalous and execution.start == before):
            yield current
            current = None
        if current is None and _is_after(execution, until):
            return
        before = execution.end if execution.status == "SUCCESS" else None
        for row in execution.predictions if execution.anomalous else ():  # what others say of rows need not be read
            if row.anomalous and (current or row.time <= until):
                current = current or Event(row.time, row.time, execution.number)
                current.end = row.time
                current.rows.append(row)
            elif current:
                yield current
                current = None
    if current:
        yield current


def _is_after(execution: Execution, time: datetime) -> bool:
    """Whether neither a run nor one after it has rows up to a time. Rows that are days apart begin long before it."""
    return execution.end - _REACH > time and all(row.time > time for row in execution.predictions[:1])


def start_of(number: int) -> datetime | None:
    """When an event of a number starts; None for a number of none."""
    return from_epoch(number // _RUNS)


def in_order(events: Iterable[Event]) -> Iterator[Event]:
    """Events by when they start: the windows of runs overlap where a scheduler was given longer ones."""
    waiting: list[Event] = []
    for event in events:
        waiting = sorted([*waiting, event], key=lambda one: one.number)
        while waiting and waiting[0].start <= event.end - _REACH:
            yield waiting.pop(0)
    yield from waiting


def before_event(scheduler: InferenceScheduler, time: datetime) -> int:
    """The number of a run that ended before an event began that goes on at a time; 0 when no run did.

    Events are short mostly: each look goes twice as far back as the one before.
    """
    back, before = _HOUR.total_seconds(), None  # not its interval, which may have been a longer one then
    while True:
        number = scheduler.before(later(time, -back))
        first = next(scheduler.executions.since(number, at_once=1), None)
        goes_on = first is not None and first.anomalous and first.predictions[0].anomalous
        if not goes_on or number == before:  # where there is no run in between, there is a gap, which ends an event
            return number
        back, before = 2 * back, number
