"""Lists of events and runs say of any history what reading all of it would, whatever their pages and intervals are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from lookout_server.entities.codec import Kept
from lookout_server.equipment.executions import Execution, Prediction
from lookout_server.protocol.times import later
from tests.server.services.scheduling import WATCH, at, parameters, running
from tests.server.services.support import REGION, SOURCE, Cloud

#: Minutes of the frequencies, and the seconds of rows, which may be longer than windows.
WINDOWS, ROWS = (5, 5, 5, 10, 15, 30, 60, 60), (60, 60, 300, 3_500, 3_600, 86_400)
Found = tuple[datetime, datetime]


@pytest.fixture(scope="module")
def shared() -> Cloud:
    """A cloud with the scheduler `watch`, which has no runs."""
    cloud = Cloud()
    cloud.trained_model("wear")
    running(cloud)
    cloud.source.stop_inference_scheduler(**WATCH)
    return cloud


def history(cloud: Cloud, chance: Random) -> list[Execution]:
    """What a scheduler of any past has run, instead of what it had: windows that overlap, fail, or were left out."""
    home: Any = cloud.backend._open("lookoutequipment", SOURCE, REGION)
    runs = home.inference_schedulers["watch"].executions
    for old in list(runs):
        del runs[old]
    seconds, usual = chance.choice(ROWS), chance.choice((0.05, 0.5, 0.95, 1.0))
    minutes, done, steady = chance.choice(WINDOWS), 0, seconds > 3_600
    for _ in range(chance.randrange(4, 40)):
        if chance.random() < 0.15 and not steady:
            minutes = chance.choice(WINDOWS)
        left_out = chance.randrange(1, 30) if chance.random() < 0.07 else 0
        done = (done // minutes + 1 + left_out) * minutes
        times = range(60 * (done - minutes) // seconds * seconds, 60 * done, seconds)
        rows = tuple(
            Prediction(at(time / 60), off=False, anomalous=chance.random() < usual)
            for time in times
            if steady or chance.random() < 0.9
        )
        failed = chance.random() < 0.05 and not steady
        kept = None if failed else Kept.of(cloud.backend._keeper, tuple[Prediction, ...], rows)
        named = home.next_number(), at(done), at(done - minutes), at(done), parameters()
        runs[named[0]] = Execution(
            *named,
            None,
            None,
            "FAILED" if failed else "SUCCESS",
            kept_predictions=kept,
            anomalous=not failed and any(row.anomalous for row in rows),
        )
    for number, _ in runs.oldest(chance.choice((0, 0, 3))):  # runs that are too old are forgotten
        del runs[number]
    home.session.commit()
    return list(runs.values())


def events_of(runs: list[Execution]) -> list[Found]:
    """All events, by when they start: rows that follow one another, window after window."""
    events: list[list[datetime]] = []
    current, before = False, None
    for run in runs:
        current = current and run.start == before
        before = run.end if run.status == "SUCCESS" else None
        for row in run.predictions:
            if row.anomalous and not current:
                events.append([row.time, row.time])
            if row.anomalous:
                events[-1][1] = row.time
            current = row.anomalous
        current = current and run.anomalous
    return sorted(((start, end) for start, end in events), key=lambda event: event[0])


def pages(ask: Any, member: str, **asked: Any) -> Iterator[dict[str, Any]]:
    """What all pages have."""
    while True:
        page = ask(**WATCH, **asked)
        yield from page[member]
        if "NextToken" not in page:
            return
        asked["NextToken"] = page["NextToken"]


@pytest.mark.parametrize("seed", range(30))
def test_lists_of_events_and_runs_leave_out_nothing_and_add_nothing(shared: Cloud, seed: int) -> None:
    chance = Random(seed)
    runs = history(shared, chance)
    all_events = events_of(runs)
    times = [at(-60), runs[-1].end, *(time for event in all_events for time in event), *(run.end for run in runs)]
    for _ in range(5):
        first, last = sorted(later(chance.choice(times), chance.choice((-60, 0, 0, 1, 3_600))) for _ in range(2))
        asked = {"IntervalStartTime": first, "IntervalEndTime": last, "MaxResults": chance.randrange(1, 4)}
        listed = pages(shared.source.list_inference_events, "InferenceEventSummaries", **asked)
        found = [(event["EventStartTime"], event["EventEndTime"]) for event in listed]
        assert found == [event for event in all_events if event[1] >= first and event[0] <= last]
        between = {"DataStartTimeAfter": first, "DataEndTimeBefore": last + timedelta(seconds=1)}
        listed = pages(shared.source.list_inference_executions, "InferenceExecutionSummaries", MaxResults=3, **between)
        expected = [run.end for run in runs if run.start > first and run.end <= last]
        assert [run["DataEndTime"] for run in listed] == expected
