"""Events among what runs have found, and how little of many runs is read to list them."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from lookout_server.entities.codec import Kept
from lookout_server.equipment.executions import Execution, Prediction
from lookout_server.equipment.inference_events import Event
from lookout_server.store.documents import Document
from lookout_server.store.sqlite import MEMORY, SqliteDocuments
from tests.server.services.scheduling import (
    NORMAL,
    ODD,
    WATCH,
    advance,
    at,
    describe,
    events,
    executions,
    parameters,
    run,
    running,
    send,
)
from tests.server.services.support import REGION, SOURCE, Cloud, refused


@pytest.fixture(autouse=True)
def version(cloud: Cloud) -> str:
    """The ARN of the version of the model `wear`."""
    return cloud.trained_model("wear")


def test_anomalous_rows_that_follow_one_another_are_one_event(cloud: Cloud) -> None:
    running(cloud)
    send(cloud, 3, NORMAL, ODD, ODD)
    send(cloud, 6, ODD, NORMAL, ODD)
    advance(cloud, 10)
    [event] = events(cloud)
    # An alarm does not end with the first row that is as it should be.
    assert (event["EventStartTime"], event["EventEndTime"]) == (at(4), at(8))
    assert event["EventDurationInSeconds"] == 240
    assert event["InferenceSchedulerArn"] == describe(cloud)["InferenceSchedulerArn"]


def test_a_window_without_results_ends_an_event(cloud: Cloud) -> None:
    running(cloud)
    send(cloud, 4, ODD)
    send(cloud, 11, ODD)
    advance(cloud, 15)
    assert [event["EventStartTime"] for event in events(cloud)] == [at(4), at(11)]


def test_an_event_names_its_sensors_by_their_part(cloud: Cloud) -> None:
    run(cloud, ODD, (90.0, 22.0), ODD)
    (event,) = events(cloud)
    diagnostics = json.loads(event["Diagnostics"])
    assert [one["name"] for one in diagnostics] == ["pump1\\heat", "pump1\\flow"]
    assert sum(one["value"] for one in diagnostics) == pytest.approx(1, abs=1e-4)


def test_an_event_of_very_many_sensors_names_the_most_important_ones() -> None:
    shares = {f"{number:0200}\\{'s' * 200}": number / 44_850 for number in range(300)}
    row = Prediction(at(1), off=False, score=0.9, anomalous=True, shares=shares)
    diagnostics = Event(at(1), at(1), 1, [row]).diagnostics()
    assert len(json.dumps(diagnostics)) <= 50_000
    assert [one["name"] for one in diagnostics] == sorted(shares, reverse=True)[: len(diagnostics)]
    assert len(diagnostics) > 100


@pytest.mark.parametrize(("start", "end", "count"), [(0, 2, 1), (3, 9, 1), (0, 1, 0), (4, 9, 0)])
def test_events_are_listed_when_they_touch_the_interval(cloud: Cloud, start: int, end: int, count: int) -> None:
    run(cloud, NORMAL, ODD, ODD)
    assert len(events(cloud, start, end)) == count


def test_an_interval_that_ends_before_it_starts_is_refused(cloud: Cloud) -> None:
    running(cloud)
    refused(
        "ValidationException",
        cloud.source.list_inference_events,
        **WATCH,
        IntervalStartTime=at(2),
        IntervalEndTime=at(1),
    )


def starts_in_two_pages(cloud: Cloud, start: int) -> list[datetime]:
    """When the events of an interval start, of which there are two, a page each."""
    asked = {**WATCH, "IntervalStartTime": at(start), "IntervalEndTime": at(19), "MaxResults": 1}
    first = cloud.source.list_inference_events(**asked)
    second = cloud.source.list_inference_events(**asked, NextToken=first["NextToken"])
    assert "NextToken" not in second
    return [page["InferenceEventSummaries"][0]["EventStartTime"] for page in (first, second)]


def test_events_come_in_pages(cloud: Cloud) -> None:
    running(cloud)
    send(cloud, 1, ODD)
    send(cloud, 13, ODD)
    advance(cloud, 15)
    assert starts_in_two_pages(cloud, 0) == [at(1), at(13)]


def test_a_page_of_events_goes_on_after_an_event_that_began_before_the_interval(cloud: Cloud) -> None:
    running(cloud)
    send(cloud, 1, ODD, ODD, ODD, ODD)
    send(cloud, 5, *[ODD] * 5)
    send(cloud, 16, ODD)
    advance(cloud, 20)
    assert starts_in_two_pages(cloud, 7) == [at(1), at(16)]


def longer_windows(cloud: Cloud) -> None:
    """Runs of five minutes, and then one of the whole hour, which looks at the same time again."""
    running(cloud)
    send(cloud, 51, ODD)
    advance(cloud, 55)
    cloud.backend.tick()
    cloud.source.stop_inference_scheduler(**WATCH)
    describe(cloud)
    cloud.source.update_inference_scheduler(**WATCH, DataUploadFrequency="PT1H")
    cloud.source.start_inference_scheduler(**WATCH)
    describe(cloud)
    send(cloud, 20, ODD, name="pump1-20240101000000.csv")
    advance(cloud, 5)
    assert [one["DataStartTime"] for one in executions(cloud)] == [*map(at, range(0, 55, 5)), at(0)]


def test_runs_of_longer_windows_are_listed_by_the_time_of_their_data(cloud: Cloud) -> None:
    longer_windows(cloud)
    found = executions(cloud, DataStartTimeAfter=at(30))
    assert [one["DataStartTime"] for one in found] == [at(35), at(40), at(45), at(50)]
    assert [one["DataEndTime"] for one in executions(cloud, DataStartTimeAfter=at(-5))][-2:] == [at(55), at(60)]


def test_events_of_longer_windows_are_listed_in_order(cloud: Cloud) -> None:
    longer_windows(cloud)
    starts = [event["EventStartTime"] for event in events(cloud)]
    assert starts == sorted(starts)
    assert {at(20), at(51)} <= set(starts)
    assert at(20) in [event["EventStartTime"] for event in events(cloud, 15, 25)]


def test_a_run_comes_after_those_before_it_whoever_numbers_it(cloud: Cloud) -> None:
    """Such as a server, which has numbers of its own, after its workers have died."""
    running(cloud)
    send(cloud, 1, ODD)
    advance(cloud, 10)
    cloud.backend.tick()
    plain, early = cloud.backend._documents.next_number, iter([1, 2, 3])
    cloud.backend._documents.next_number = lambda name: next(early, 0) or plain(name)
    advance(cloud, 5)
    assert [one["DataEndTime"] for one in executions(cloud)] == [at(5), at(10), at(15)]
    assert [event["EventStartTime"] for event in events(cloud)] == [at(1)]


class Counted(SqliteDocuments):
    """Documents of which it is counted how many executions were read."""

    read = 0

    def by_id(self, kind: str, *, prefix: str = "", after: str = "", limit: int | None = None) -> list[Document]:
        found = super().by_id(kind, prefix=prefix, after=after, limit=limit)
        self.read += len(found) if "/execution/" in kind else 0
        return found


@pytest.fixture
def week() -> Cloud:
    """A week of runs, each with an anomalous row in the middle, but on the last day, which is one event."""
    cloud = Cloud(documents=Counted(MEMORY))
    version = cloud.trained_model("wear")
    running(cloud)
    per_day = 24 * 12
    for first in range(0, 7 * per_day, 48):
        home: Any = cloud.backend._open("lookoutequipment", SOURCE, REGION)
        runs = home.inference_schedulers["watch"].executions
        for number in range(first, first + 48):
            begin = 5 * number
            minutes = (begin, begin + 1, begin + 2, begin + 3, begin + 4)
            last = number >= 6 * per_day
            rows = tuple(Prediction(at(m), off=False, anomalous=last or m == begin + 2) for m in minutes)
            kept = Kept.of(cloud.backend._keeper, tuple[Prediction, ...], rows)
            named = home.next_number(), at(begin + 5), at(begin), at(begin + 5), parameters()
            runs[named[0]] = Execution(*named, 1, version, "SUCCESS", kept_predictions=kept, anomalous=True)
        home.session.commit()
    cloud.source.stop_inference_scheduler(**WATCH)
    return cloud


DAY = 24 * 60


@pytest.mark.parametrize(
    ("start", "end", "found", "most"),
    [
        (DAY + 1, DAY + 11, [DAY + 2, DAY + 7], 150),
        (0, 30 * DAY, [2 + 5 * number for number in range(50)], 150),
        (7 * DAY - 2, 8 * DAY, [6 * DAY], 700),
        (8 * DAY, 9 * DAY, [], 50),
        (-2 * DAY, -DAY, [], 150),
    ],
    ids=["a few minutes", "a page of all", "the end of a long event", "later than all", "earlier than all"],
)
def test_of_many_runs_those_are_read_that_have_the_events_of_a_page(
    week: Cloud, start: int, end: int, found: list[int], most: int
) -> None:
    documents: Any = week.backend._documents
    documents.read = 0
    assert [event["EventStartTime"] for event in events(week, start, end)] == [at(minutes) for minutes in found]
    assert documents.read <= most


def test_of_many_runs_those_of_a_page_are_read_when_they_are_listed(week: Cloud) -> None:
    documents: Any = week.backend._documents
    documents.read = 0
    found = executions(week, DataStartTimeAfter=at(5 * DAY), DataEndTimeBefore=at(5 * DAY + 16))
    assert [one["DataEndTime"] for one in found] == [at(5 * DAY + 10), at(5 * DAY + 15)]
    assert documents.read <= 150
