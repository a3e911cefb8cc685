"""How long transient states last."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lookout_server.clock import ManualClock, SystemClock
from lookout_server.settings import Progress, Settings
from tests.server.services.scheduling import parameters
from tests.server.services.support import Cloud, refused


@pytest.fixture
def importing(cloud: Cloud) -> Cloud:
    """A cloud with a dataset that is on its way into the dataset `copy`."""
    arn = cloud.active_dataset()
    cloud.source.import_dataset(SourceDatasetArn=arn, DatasetName="copy")
    return cloud


def status(cloud: Cloud) -> str:
    return str(cloud.source.describe_dataset(DatasetName="copy")["Status"])


def listed(cloud: Cloud) -> str:
    found = cloud.source.list_datasets(DatasetNameBeginsWith="copy")["DatasetSummaries"]
    return str(found[0]["Status"])


def test_nothing_is_instant_by_default_and_nothing_waits_for_ever() -> None:
    assert Settings().progress == Progress.by_describes(2, or_seconds=600)


def test_a_state_shows_in_as_many_describes_as_set(importing: Cloud) -> None:
    assert [status(importing) for _ in range(3)] == ["IMPORT_IN_PROGRESS", "IMPORT_IN_PROGRESS", "ACTIVE"]


def test_describes_of_resource_and_job_count_together(importing: Cloud) -> None:
    job = importing.source.list_data_ingestion_jobs(DatasetName="copy")["DataIngestionJobSummaries"][0]["JobId"]
    assert status(importing) == "IMPORT_IN_PROGRESS"
    assert importing.source.describe_data_ingestion_job(JobId=job)["Status"] == "IMPORT_IN_PROGRESS"
    assert status(importing) == "ACTIVE"


def test_describes_of_model_and_version_count_together(cloud: Cloud) -> None:
    cloud.active_dataset()
    cloud.source.create_model(ModelName="wear", DatasetName="pumps")
    describe = cloud.source.describe_model_version
    assert describe(ModelName="wear", ModelVersion=1)["Status"] == "IN_PROGRESS"
    assert cloud.source.describe_model(ModelName="wear")["Status"] == "IN_PROGRESS"
    assert describe(ModelName="wear", ModelVersion=1)["Status"] == "SUCCESS"


def test_a_list_does_not_advance_a_state(importing: Cloud) -> None:
    assert [listed(importing) for _ in range(9)] == ["IMPORT_IN_PROGRESS"] * 9


def test_describes_of_something_else_do_not_count(importing: Cloud) -> None:
    for _ in range(9):
        importing.source.describe_dataset(DatasetName="pumps")
    assert status(importing) == "IMPORT_IN_PROGRESS"


def test_refused_changes_count_so_that_retrying_them_ends(importing: Cloud) -> None:
    for _ in range(2):
        refused("ConflictException", importing.source.delete_dataset, DatasetName="copy")
    importing.source.delete_dataset(DatasetName="copy")


def test_with_no_describes_a_state_is_over_at_the_first(cloud: Cloud) -> None:
    cloud.settings.progress = Progress.by_describes(0)
    arn = cloud.active_dataset()
    cloud.source.import_dataset(SourceDatasetArn=arn, DatasetName="copy")
    assert status(cloud) == "ACTIVE"


def test_by_time_a_state_lasts_its_seconds_for_any_request(importing: Cloud) -> None:
    importing.settings.progress = Progress.by_seconds(60)
    importing.clock.advance(59.9)
    assert [status(importing) for _ in range(5)] == ["IMPORT_IN_PROGRESS"] * 5
    importing.clock.advance(0.1)
    assert listed(importing) == "ACTIVE"


def test_who_sleeps_instead_of_looking_gets_on(cloud: Cloud) -> None:
    cloud.settings.progress = Progress.by_describes(2, or_seconds=60)
    arn = cloud.active_dataset()
    cloud.source.import_dataset(SourceDatasetArn=arn, DatasetName="copy")
    cloud.clock.advance(60)
    cloud.source.create_model(ModelName="wear", DatasetName="copy")
    start = cloud.clock.now()
    cloud.clock.advance(5_000)
    cloud.source.create_inference_scheduler(**parameters(ModelName="wear"))
    assert cloud.source.describe_model(ModelName="wear")["TrainingExecutionEndTime"] == start + timedelta(seconds=60)


def test_who_lists_sees_the_end_as_well(importing: Cloud) -> None:
    importing.settings.progress = Progress.by_describes(2, or_seconds=60)
    assert listed(importing) == "IMPORT_IN_PROGRESS"
    importing.clock.advance(60)
    assert listed(importing) == "ACTIVE"


def test_who_looks_often_enough_does_not_wait_for_the_time(importing: Cloud) -> None:
    importing.settings.progress = Progress.by_describes(2, or_seconds=60)
    assert [status(importing) for _ in range(3)] == ["IMPORT_IN_PROGRESS", "IMPORT_IN_PROGRESS", "ACTIVE"]


def test_by_time_the_end_is_when_it_was_not_when_it_was_seen(cloud: Cloud) -> None:
    cloud.settings.progress = Progress.by_seconds(60)
    cloud.dataset()
    cloud.s3.put("data", "raw/pump1/a.csv", "Timestamp,flow\n2023-01-01 00:00,1\n2023-01-02 00:00,2\n")
    cloud.source.start_data_ingestion_job(
        DatasetName="pumps",
        RoleArn="arn:aws:iam::111111111111:role/Data",
        IngestionInputConfiguration={
            "S3InputConfiguration": {"Bucket": "data", "Prefix": "raw/", "KeyPattern": "{prefix}/{component_name}/*"}
        },
    )
    cloud.clock.advance(60)
    cloud.source.create_model(ModelName="wear", DatasetName="pumps")
    start = cloud.clock.now()
    cloud.clock.advance(5_000)
    shown = cloud.source.describe_model(ModelName="wear")
    assert shown["TrainingExecutionEndTime"] == start + timedelta(seconds=60)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Progress.by_describes(-1),
        lambda: Progress.by_seconds(-1),
        lambda: Progress.by_describes(1, or_seconds=-1),
    ],
)
def test_a_negative_duration_is_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match=r"\(0 "):
        wrong()


def test_a_manual_clock_stands_still_until_it_is_moved() -> None:
    clock = ManualClock()
    start = clock.now()
    assert clock.now() == start
    clock.advance(1.5)
    assert clock.now() == start + timedelta(seconds=1.5)
    with pytest.raises(ValueError, match="expected 0 or more"):
        clock.advance(-1)


def test_a_system_clock_tells_the_time_of_the_machine() -> None:
    clock, before = SystemClock(), datetime.now(UTC)
    assert before <= clock.now() <= datetime.now(UTC)


def test_a_faster_clock_is_ahead_of_the_machine() -> None:
    clock = SystemClock(scale=1000)
    before = datetime.now(UTC)
    assert clock.now() > before


def test_a_clock_does_not_stand_still_or_run_backwards() -> None:
    with pytest.raises(ValueError, match="above 0"):
        SystemClock(scale=0)
