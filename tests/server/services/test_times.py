"""The times that the services can tell: at both ends of the calendar, too, and in every time zone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from botocore.utils import parse_timestamp
from hypothesis import given
from hypothesis import strategies as st

from lookout_server.clock import ManualClock, SystemClock
from lookout_server.equipment.periods import Period
from lookout_server.equipment.timestamps import parse
from lookout_server.protocol.times import FIRST, LAST, from_epoch, iso, later, to_epoch, within
from lookout_server.settings import Progress
from tests.server.services import scheduling
from tests.server.services.support import ROLE, Cloud, csv_text, location, refused, until_over

END_OF_TIME = 253402300799.9999
DAY = 86_400.0


@pytest.fixture(params=["Pacific/Kiritimati", "Etc/GMT+12", "Europe/Berlin", "America/St_Johns"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A time zone that the client lives in."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("moment", [FIRST, LAST, datetime(1883, 11, 18, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC)])
def test_a_client_in_any_time_zone_can_read_what_is_told(moment: datetime, zone: str) -> None:
    assert parse_timestamp(to_epoch(moment)) == moment


@given(st.integers(-62_135_510_400_000, 253_402_128_000_000))
def test_every_millisecond_comes_back_as_it_was(milliseconds: int) -> None:
    read = from_epoch(milliseconds / 1000)
    assert read is not None
    assert to_epoch(read) == milliseconds / 1000


@given(st.floats() | st.integers())
def test_any_number_is_a_time_or_none(seconds: float) -> None:
    read = from_epoch(seconds)
    assert read is None or FIRST <= read <= LAST


def test_no_time_is_told_before_it_is_there() -> None:
    assert to_epoch(LAST - timedelta(microseconds=1)) < to_epoch(LAST)


@given(st.datetimes(timezones=st.just(UTC)), st.floats(-1e300, 1e300))
def test_no_sum_leaves_what_can_be_told(moment: datetime, seconds: float) -> None:
    assert FIRST <= later(within(moment), seconds) <= LAST


def test_times_in_other_zones_are_told_in_utc() -> None:
    assert within(datetime(2024, 1, 1, 2, tzinfo=timezone(timedelta(hours=2)))) == datetime(2024, 1, 1, tzinfo=UTC)
    assert within(datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-14)))) == LAST


def test_years_have_four_digits() -> None:
    assert iso(FIRST) == "0001-01-02T00:00:00.000000"


@pytest.mark.parametrize("cell", ["9999-12-31 23:59:59", "9999-12-30 00:00:01", "0001-01-01 23:59", "0000-01-01 00:00"])
def test_data_of_a_time_that_cannot_be_told_is_unsupported(cell: str) -> None:
    assert parse(cell) is None


@pytest.mark.parametrize("clock", [ManualClock(datetime.max), ManualClock(datetime.max.replace(tzinfo=UTC))])
def test_a_clock_stops_at_the_end(clock: ManualClock) -> None:
    clock.advance(1e300)
    assert clock.now() == LAST


def test_a_clock_that_is_too_fast_is_at_the_end() -> None:
    assert SystemClock(scale=1e300).now() == LAST


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), -1.0])
def test_a_clock_advances_by_a_number_of_seconds(seconds: float) -> None:
    with pytest.raises(ValueError, match="seconds to advance a clock"):
        ManualClock().advance(seconds)


@pytest.mark.parametrize("scale", [float("nan"), float("inf"), 0.0, -1.0])
def test_a_clock_goes_on(scale: float) -> None:
    with pytest.raises(ValueError, match="scale of a clock"):
        SystemClock(scale=scale)


@pytest.mark.parametrize("moment", [END_OF_TIME, 253402300799, 253402128001, -62135596800])
def test_a_label_of_a_time_that_cannot_be_told_is_refused(cloud: Cloud, moment: float) -> None:
    cloud.source.create_label_group(LabelGroupName="log")
    message = refused(
        "ValidationException",
        cloud.source.create_label,
        LabelGroupName="log",
        StartTime=min(0, moment),
        EndTime=max(0, moment),
        Rating="ANOMALY",
    )
    assert "from 0001-01-02T00:00:00+00:00 to 9999-12-30T00:00:00+00:00" in message


def test_a_label_may_reach_over_all_time(cloud: Cloud) -> None:
    cloud.source.create_label_group(LabelGroupName="log")
    span = {"StartTime": FIRST, "EndTime": LAST}
    cloud.source.create_label(LabelGroupName="log", Rating="ANOMALY", **span)
    [label] = cloud.source.list_labels(LabelGroupName="log")["LabelSummaries"]
    assert {name: label[name] for name in span} == span


@pytest.mark.parametrize("start", [datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC), FIRST])
def test_everything_works_at_either_end_of_the_calendar(start: datetime) -> None:
    cloud = Cloud(clock=ManualClock(start))
    cloud.trained_model("wear")
    scheduling.running(cloud)
    cloud.source.create_retraining_scheduler(
        ModelName="wear", RetrainingFrequency="P1Y", LookbackWindow="P720D", PromoteMode="MANAGED"
    )
    cloud.clock.advance(400 * DAY)
    cloud.backend.tick()
    described = cloud.source.describe_model(ModelName="wear")
    assert FIRST <= described["CreatedAt"] <= LAST
    assert scheduling.executions(cloud) is not None
    assert cloud.backend.internal_failures == []


def test_a_progress_beyond_the_calendar_ends_with_it(cloud: Cloud) -> None:
    arn = cloud.active_dataset()
    cloud.settings.progress = Progress.by_seconds(10**12)
    cloud.source.import_dataset(SourceDatasetArn=arn, DatasetName="copy")
    assert cloud.source.describe_dataset(DatasetName="copy")["Status"] == "IMPORT_IN_PROGRESS"
    cloud.clock.advance(10**12)
    assert cloud.source.describe_dataset(DatasetName="copy")["Status"] == "ACTIVE"


@pytest.mark.parametrize("start", [FIRST, datetime(2024, 2, 29, tzinfo=UTC), LAST - timedelta(days=1)])
def test_periods_count_to_the_end_of_the_calendar(start: datetime) -> None:
    period = Period.parse("P1M")
    count = period.number(start, lambda at: True)
    assert period.after(start, count - 1) < LAST
    assert period.after(start, count) == LAST


def retraining(cloud: Cloud, **more: Any) -> None:
    cloud.trained_model("wear")
    cloud.settings.progress = Progress.by_seconds(0)
    cloud.source.create_retraining_scheduler(
        **{"ModelName": "wear", "RetrainingFrequency": "P30D", "LookbackWindow": "P720D", **more}
    )


def test_a_retraining_that_is_due_after_the_end_never_comes(cloud: Cloud) -> None:
    retraining(cloud, RetrainingStartDate=LAST)
    assert "NextScheduledRetrainingStartDate" not in cloud.source.describe_model(ModelName="wear")


def test_retrainings_since_the_beginning_of_time_are_not_made_up_for(cloud: Cloud) -> None:
    retraining(cloud, RetrainingStartDate=FIRST)
    due = cloud.source.describe_model(ModelName="wear")["NextScheduledRetrainingStartDate"]
    assert timedelta() <= due - cloud.clock.now() <= timedelta(days=30)


def test_of_too_many_retrainings_that_are_due_the_latest_are_made(cloud: Cloud) -> None:
    retraining(cloud)
    cloud.clock.advance(1_000 * 30 * DAY)
    cloud.backend.tick()
    versions = cloud.source.list_model_versions(ModelName="wear", MaxResults=200)["ModelVersionSummaries"]
    made = [version["CreatedAt"] for version in versions if version["SourceType"] == "RETRAINING"]
    assert len(made) == 100
    assert cloud.clock.now() - made[-1] < timedelta(days=30)


def test_data_may_be_of_all_time(cloud: Cloud) -> None:
    cloud.s3.put("data", "pump1/a.csv", csv_text([["0001-01-02 00:00", "1", "2"], ["9999-12-30 00:00", "3", "4"]]))
    cloud.dataset()
    cloud.source.start_data_ingestion_job(
        DatasetName="pumps",
        IngestionInputConfiguration=location("data", "", "{prefix}/{component_name}/*"),
        RoleArn=ROLE,
    )
    described = until_over(lambda: cloud.source.describe_dataset(DatasetName="pumps"))
    assert (described["DataStartTime"], described["DataEndTime"]) == (FIRST, LAST)
