"""Ingestion jobs: from files to figures."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, BinaryIO

import pytest

from lookout_server.faults import Fault
from lookout_server.protocol.errors import Unreachable
from tests.server.services.support import ROLE, Cloud, csv_text, location, refused, rows, schema, until_over

BY_FOLDER = "{prefix}/{component_name}/*"


def start(cloud: Cloud, pattern: str | None = BY_FOLDER, *, prefix: str = "", name: str = "pumps") -> str:
    job = cloud.source.start_data_ingestion_job(
        DatasetName=name, IngestionInputConfiguration=location("data", prefix, pattern), RoleArn=ROLE
    )
    return str(job["JobId"])


def run(cloud: Cloud, pattern: str | None = BY_FOLDER, *, prefix: str = "") -> dict[str, Any]:
    job = start(cloud, pattern, prefix=prefix)
    return until_over(lambda: cloud.source.describe_data_ingestion_job(JobId=job))


def components(cloud: Cloud) -> dict[str, list[str]]:
    document = json.loads(cloud.source.describe_dataset(DatasetName="pumps")["Schema"])
    return {part["ComponentName"]: [column["Name"] for column in part["Columns"]] for part in document["Components"]}


def statistics(cloud: Cloud, **more: Any) -> dict[str, dict[str, Any]]:
    listed = cloud.source.list_sensor_statistics(DatasetName="pumps", **more)["SensorStatisticsSummaries"]
    return {one["SensorName"]: one for one in listed}


def test_a_job_shows_in_progress_and_then_what_it_found(cloud: Cloud) -> None:
    cloud.dataset()
    text = csv_text(rows(48))
    cloud.s3.put("data", "pump1/a.csv", text)
    job_id = start(cloud)
    first = cloud.source.describe_data_ingestion_job(JobId=job_id)
    assert (first["Status"], first["StatusDetail"]) == ("IN_PROGRESS", "The ingestion is in progress")
    assert cloud.source.describe_dataset(DatasetName="pumps")["Status"] == "INGESTION_IN_PROGRESS"
    job = cloud.source.describe_data_ingestion_job(JobId=job_id)
    assert (job["Status"], job["IngestedDataSize"]) == ("SUCCESS", len(text))
    assert job["IngestedFilesSummary"] == {"TotalNumberOfFiles": 1, "IngestedNumberOfFiles": 1, "DiscardedFiles": []}
    assert job["DataStartTime"] == datetime(2023, 1, 1, tzinfo=UTC)
    assert job["DataEndTime"] == datetime(2023, 1, 24, 12, tzinfo=UTC)
    assert (job["RoleArn"], job["IngestionInputConfiguration"]) == (ROLE, location("data", "", BY_FOLDER))
    assert cloud.source.describe_dataset(DatasetName="pumps")["Status"] == "ACTIVE"


def test_a_dataset_shows_what_its_latest_job_found(cloud: Cloud) -> None:
    cloud.dataset()
    job = cloud.ingest()
    dataset = cloud.source.describe_dataset(DatasetName="pumps")
    for member in (
        "DataQualitySummary",
        "IngestedFilesSummary",
        "DataStartTime",
        "DataEndTime",
        "RoleArn",
        "IngestionInputConfiguration",
    ):
        assert dataset[member] == job[member]


@pytest.mark.parametrize(
    ("pattern", "keys", "found"),
    [
        (BY_FOLDER, ["pump1/a.csv", "pump1/b/c.csv", "pump2/a.csv"], ["pump1", "pump2"]),
        ("{prefix}/{component_name}_*", ["pump1_2023.csv", "pump2_x_y.csv", "folder/pump3_a.csv"], ["pump1", "pump2"]),
        ("{prefix}/{component_name}.*", ["pump1.csv"], ["pump1"]),
        ("{prefix}/{component_name} *", ["pump1 jan.csv"], ["pump1"]),
        ("{prefix}/{component_name}-*", ["pump1-jan.csv", "stray.csv"], ["pump1"]),
    ],
)
def test_components_are_found_by_the_key_pattern(cloud: Cloud, pattern: str, keys: list[str], found: list[str]) -> None:
    cloud.dataset()
    for key in keys:
        cloud.s3.put("data", f"raw/{key}", csv_text(rows(3)))
    cloud.s3.put("data", "elsewhere/pump9/a.csv", csv_text(rows(3)))
    assert run(cloud, pattern, prefix="raw/")["Status"] == "SUCCESS"
    assert sorted(components(cloud)) == found


def test_a_schema_is_found_from_all_files_of_a_component(cloud: Cloud) -> None:
    cloud.dataset()
    cloud.s3.put("data", "p/a.csv", csv_text([["2023-01-01 00:00", "1"]], ["Time", "flow"]))
    cloud.s3.put("data", "p/b.csv", csv_text([["2023-01-01 00:05", "1"]], ["Time", "heat"]))
    run(cloud)
    assert components(cloud) == {"p": ["Time", "flow", "heat"]}


def test_a_given_schema_decides_what_is_read(cloud: Cloud) -> None:
    cloud.dataset(DatasetSchema=schema(pump=["flow"], pump_1=["flow"]))
    cloud.s3.put("data", "pump_1_a.csv", csv_text(rows(5)))
    cloud.s3.put("data", "fan_1_a.csv", csv_text(rows(5)))
    job = run(cloud, "{prefix}/{component_name}_*")
    assert job["IngestedFilesSummary"]["TotalNumberOfFiles"] == 1
    listed = cloud.source.list_sensor_statistics(DatasetName="pumps")["SensorStatisticsSummaries"]
    assert [(one["ComponentName"], one["DataExists"]) for one in listed] == [("pump", False), ("pump_1", True)]


def test_with_a_schema_the_key_pattern_has_a_default(cloud: Cloud) -> None:
    cloud.dataset(DatasetSchema=schema(pump1=["flow"]))
    cloud.s3.put("data", "pump1/a.csv", csv_text(rows(5)))
    assert run(cloud, None)["Status"] == "SUCCESS"


def test_without_a_schema_the_first_ingestion_needs_a_key_pattern(cloud: Cloud) -> None:
    cloud.dataset()
    message = refused(
        "ValidationException",
        cloud.source.start_data_ingestion_job,
        DatasetName="pumps",
        IngestionInputConfiguration=location("data"),
        RoleArn=ROLE,
    )
    assert "KeyPattern is required" in message


@pytest.mark.parametrize(
    "pattern", ["*", "{component_name}/*", "{prefix}/{component_name}", "{prefix}/{component_name}+*"]
)
def test_another_form_of_key_pattern_is_refused(cloud: Cloud, pattern: str) -> None:
    cloud.dataset()
    refused(
        "ValidationException",
        cloud.source.start_data_ingestion_job,
        DatasetName="pumps",
        IngestionInputConfiguration=location("data", "", pattern),
        RoleArn=ROLE,
    )


@pytest.mark.parametrize(
    ("key", "body"),
    [
        ("p/picture.jpg", b"\xff\xd8"),
        ("p/notes.txt", b"Timestamp,flow\n2023-01-01 00:00:00,1\n"),
        ("p/binary.csv", b"\xff\xfe\x00"),
        ("p/empty.csv", b""),
        ("p/one-column.csv", b"Timestamp\n2023-01-01 00:00:00\n"),
        ("p/no-header.csv", b"2023-01-01,1\n2023-01-02,2\n"),
        ("p/no-header2.csv", b"2023-01-01T00:00:00,1\n2023-01-02T00:00:00,2\n"),
        ("p/twice.csv", b"Timestamp,flow,flow\n2023-01-01 00:00:00,1,2\n"),
        ("p/bad-name.csv", b"Timestamp,flow rate\n2023-01-01 00:00:00,1\n"),
        ("p/no-times.csv", b"Timestamp,flow\nyesterday,1\n"),
        ("p/only-header.csv", b"Timestamp,flow\n"),
        ("p/quote.csv", b'Timestamp,flow\n2023-01-01 00:00:00,"1\n'),
    ],
)
def test_a_file_of_impossible_format_is_discarded(cloud: Cloud, key: str, body: bytes) -> None:
    cloud.dataset()
    cloud.s3.put("data", "p/good.csv", csv_text(rows(3)))
    cloud.s3.put("data", key, body)
    summary = run(cloud)["IngestedFilesSummary"]
    assert summary == {
        "TotalNumberOfFiles": 2,
        "IngestedNumberOfFiles": 1,
        "DiscardedFiles": [{"Bucket": "data", "Key": key}],
    }


def test_a_file_that_does_not_fit_the_schema_is_discarded(cloud: Cloud) -> None:
    cloud.dataset(DatasetSchema=schema(p=["flow"]))
    cloud.s3.put("data", "p/good.csv", csv_text(rows(3)))
    cloud.s3.put("data", "p/other-sensors.csv", csv_text([["2023-01-01 00:00", "1"]], ["Timestamp", "noise"]))
    cloud.s3.put("data", "p/other-time.csv", csv_text([["2023-01-01 00:00", "1"]], ["When", "flow"]))
    keys = [one["Key"] for one in run(cloud)["IngestedFilesSummary"]["DiscardedFiles"]]
    assert keys == ["p/other-sensors.csv", "p/other-time.csv"]


def test_a_file_of_a_component_with_an_impossible_name_is_discarded(cloud: Cloud) -> None:
    cloud.dataset()
    cloud.s3.put("data", "p/good.csv", csv_text(rows(3)))
    cloud.s3.put("data", "p 2/a.csv", csv_text(rows(3)))
    assert run(cloud)["IngestedFilesSummary"]["DiscardedFiles"] == [{"Bucket": "data", "Key": "p 2/a.csv"}]


def test_a_file_that_cannot_be_read_is_discarded(cloud: Cloud) -> None:
    cloud.dataset()
    cloud.s3.put("data", "p/good.csv", csv_text(rows(3)))
    cloud.s3.put("data", "p/secret.csv", csv_text(rows(3)))
    cloud.s3.broken_keys.add("p/secret.csv")
    assert run(cloud)["IngestedFilesSummary"]["DiscardedFiles"] == [{"Bucket": "data", "Key": "p/secret.csv"}]


def test_folder_markers_are_no_files(cloud: Cloud) -> None:
    cloud.dataset()
    cloud.s3.put("data", "p/", b"")
    cloud.s3.put("data", "p/a.csv", csv_text(rows(3)))
    assert run(cloud)["IngestedFilesSummary"]["TotalNumberOfFiles"] == 1


def test_an_ingestion_without_a_usable_file_fails(cloud: Cloud) -> None:
    cloud.dataset()
    cloud.s3.put("data", "p/a.txt", "nothing")
    job = run(cloud)
    assert job["Status"] == "FAILED"
    assert job["FailedReason"] == (
        "No usable file was found in s3://data/ (1 discarded): s3://data/p/a.txt: its name does not end with .csv"
    )
    dataset = cloud.source.describe_dataset(DatasetName="pumps")
    assert dataset["Status"] == "CREATED"
    assert "Schema" not in dataset


def test_an_ingestion_from_a_bucket_that_cannot_be_listed_fails(cloud: Cloud) -> None:
    cloud.dataset()
    job = run(cloud)
    assert job["FailedReason"] == "The files in s3://data/ cannot be listed: the bucket data does not exist"


def test_a_file_that_cannot_be_read_at_the_moment_fails_the_ingestion(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.dataset()
    cloud.s3.put("data", "p/a.csv", csv_text(rows(3)))
    cloud.s3.put("data", "p/b.csv", csv_text(rows(3)))
    opened = cloud.s3.open

    def breaks(role_arn: str, bucket: str, key: str) -> BinaryIO:
        if key == "p/b.csv":
            raise Unreachable("the connection was closed")
        return opened(role_arn, bucket, key)

    monkeypatch.setattr(cloud.s3, "open", breaks)
    job = run(cloud)
    assert job["FailedReason"] == "A file cannot be read now: s3://data/p/b.csv: the connection was closed"


def test_a_failed_second_ingestion_keeps_the_data(cloud: Cloud) -> None:
    cloud.active_dataset()
    before = cloud.source.describe_dataset(DatasetName="pumps")
    assert run(cloud, BY_FOLDER, prefix="none/")["Status"] == "FAILED"
    after = cloud.source.describe_dataset(DatasetName="pumps")
    assert (after["Status"], after["DataQualitySummary"]) == ("ACTIVE", before["DataQualitySummary"])


def test_a_fault_makes_the_job_fail_with_its_reason(cloud: Cloud) -> None:
    cloud.dataset()
    cloud.backend.faults.add("StartDataIngestionJob", Fault.fail("out of luck"))
    assert cloud.ingest()["FailedReason"] == "out of luck"
    assert cloud.ingest()["Status"] == "SUCCESS"


def test_one_ingestion_at_a_time(cloud: Cloud) -> None:
    cloud.dataset()
    start(cloud)
    refused(
        "ConflictException",
        cloud.source.start_data_ingestion_job,
        DatasetName="pumps",
        IngestionInputConfiguration=location("data", "", BY_FOLDER),
        RoleArn=ROLE,
    )


def test_an_ingestion_needs_its_dataset(cloud: Cloud) -> None:
    refused(
        "ResourceNotFoundException",
        cloud.source.start_data_ingestion_job,
        DatasetName="none",
        IngestionInputConfiguration=location("data", "", BY_FOLDER),
        RoleArn=ROLE,
    )


def test_quality_is_counted_from_the_rows(cloud: Cloud) -> None:
    cloud.dataset()
    lines = [
        ["2023-01-01 00:00:00", "1", "5", ""],
        ["2023-01-02 00:00:00", "", "5", ""],
        ["2023-01-02 00:00:00", "2", "5", ""],
        ["not a time", "3", "5", ""],
        ["2023-01-03 00:00:00", "broken", "5", ""],
        ["2023-01-04 00:00:00", "nan", "5", ""],
        ["2023-01-05 00:00:00", "4"],
    ]
    cloud.s3.put("data", "p/a.csv", csv_text(lines, ["Timestamp", "flow", "heat", "none"]))
    assert run(cloud)["DataQualitySummary"] == {
        "InsufficientSensorData": {
            "MissingCompleteSensorData": {"AffectedSensorCount": 1},
            "SensorsWithShortDateRange": {"AffectedSensorCount": 2},
        },
        "MissingSensorData": {"AffectedSensorCount": 3, "TotalNumberOfMissingValues": 1 + 1 + 5},
        "InvalidSensorData": {"AffectedSensorCount": 1, "TotalNumberOfInvalidValues": 2},
        "UnsupportedTimestamps": {"TotalNumberOfUnsupportedTimestamps": 1},
        "DuplicateTimestamps": {"TotalNumberOfDuplicateTimestamps": 1},
    }
    flow = statistics(cloud)["flow"]
    assert flow["MissingValues"] == {"Count": 1, "Percentage": 20.0}
    assert flow["InvalidValues"] == {"Count": 2, "Percentage": 40.0}
    assert flow["InvalidDateEntries"] == {"Count": 1, "Percentage": pytest.approx(100 / 7, abs=1e-3)}
    assert flow["DuplicateTimestamps"] == {"Count": 1, "Percentage": pytest.approx(100 / 7, abs=1e-3)}
    assert flow["DataStartTime"] == datetime(2023, 1, 1, tzinfo=UTC)
    assert flow["DataEndTime"] == datetime(2023, 1, 5, tzinfo=UTC)
    assert "DataStartTime" not in statistics(cloud)["none"]


def series(cloud: Cloud, values: list[Any], days: list[int] | None = None) -> dict[str, Any]:
    """The statistics of one sensor with these values, one a day."""
    cloud.dataset()
    start = datetime(2023, 1, 1, tzinfo=UTC).timestamp()
    days = days or list(range(len(values)))
    lines = [
        [datetime.fromtimestamp(start + 86_400 * day, UTC).strftime("%Y-%m-%dT%H:%M:%S"), str(value)]
        for day, value in zip(days, values, strict=True)
    ]
    cloud.s3.put("data", "p/a.csv", csv_text(lines, ["Timestamp", "x"]))
    run(cloud)
    return statistics(cloud)["x"]


@pytest.mark.parametrize(
    ("values", "direction"),
    [([1, 2, 3, 3], "INCREASING"), ([3, 2, 1], "DECREASING"), ([1, 1, 1], "STATIC"), ([1, 3, 2], None), ([1, 2], None)],
)
def test_monotonic_values_are_noticed(cloud: Cloud, values: list[int], direction: str | None) -> None:
    found = series(cloud, values)["MonotonicValues"]
    expected = "POTENTIAL_ISSUE_DETECTED" if direction else "NO_ISSUE_DETECTED"
    assert (found["Status"], found.get("Monotonicity")) == (expected, direction)


@pytest.mark.parametrize(("days", "large", "longest"), [([0, 1, 31], 0, 30), ([0, 32, 64], 2, 32)])
def test_large_gaps_are_noticed(cloud: Cloud, days: list[int], large: int, longest: int) -> None:
    found = series(cloud, [1, 2, 3], days)["LargeTimestampGaps"]
    assert (found["NumberOfLargeTimestampGaps"], found["MaxTimestampGapInDays"]) == (large, longest)
    assert (found["Status"] == "POTENTIAL_ISSUE_DETECTED") == bool(large)


def test_categories_are_noticed(cloud: Cloud) -> None:
    found = series(cloud, [0, 1] * 10)["CategoricalValues"]
    assert found == {"Status": "POTENTIAL_ISSUE_DETECTED", "NumberOfCategory": 2}


def test_continuous_values_are_no_categories(cloud: Cloud) -> None:
    found = series(cloud, list(range(20)))["CategoricalValues"]
    assert found == {"Status": "NO_ISSUE_DETECTED", "NumberOfCategory": 20}


def test_two_operating_modes_are_noticed(cloud: Cloud) -> None:
    assert series(cloud, [1, 2, 99, 98] * 5)["MultipleOperatingModes"]["Status"] == "POTENTIAL_ISSUE_DETECTED"


def test_one_operating_mode_is_no_issue(cloud: Cloud) -> None:
    assert series(cloud, [1, 50, 99] * 5)["MultipleOperatingModes"]["Status"] == "NO_ISSUE_DETECTED"


def test_statistics_of_an_earlier_job_can_be_read(cloud: Cloud) -> None:
    cloud.dataset()
    cloud.s3.put("data", "p/a.csv", csv_text(rows(3)))
    first = run(cloud)
    cloud.s3.put("data", "p/a.csv", csv_text(rows(9)))
    run(cloud)
    before = statistics(cloud, IngestionJobId=first["JobId"])["flow"]
    assert before["DataEndTime"] == first["DataEndTime"]
    assert statistics(cloud)["flow"]["DataEndTime"] > before["DataEndTime"]


def test_statistics_of_the_job_of_another_dataset_are_not_found(cloud: Cloud) -> None:
    cloud.active_dataset("pumps")
    cloud.dataset("fans")
    job = cloud.source.list_data_ingestion_jobs()["DataIngestionJobSummaries"][0]["JobId"]
    refused("ResourceNotFoundException", cloud.source.list_sensor_statistics, DatasetName="fans", IngestionJobId=job)


def test_a_dataset_without_data_has_no_statistics(cloud: Cloud) -> None:
    cloud.dataset()
    assert statistics(cloud) == {}


def test_jobs_are_listed_by_dataset_and_status(cloud: Cloud) -> None:
    cloud.active_dataset("pumps")
    cloud.dataset("fans")
    running = start(cloud, name="fans")

    def listed(**filters: Any) -> list[str]:
        found = cloud.source.list_data_ingestion_jobs(**filters)["DataIngestionJobSummaries"]
        return [one["DatasetName"] for one in found]

    assert listed() == ["pumps", "fans"]
    assert listed(DatasetName="fans") == ["fans"]
    assert listed(Status="SUCCESS") == ["pumps"]
    assert listed(DatasetName="pumps", Status="IN_PROGRESS") == []
    assert listed(DatasetName="none") == []
    one = cloud.source.list_data_ingestion_jobs(Status="IN_PROGRESS")["DataIngestionJobSummaries"][0]
    assert (one["JobId"], one["IngestionInputConfiguration"]) == (running, location("data", "", BY_FOLDER))


def test_a_job_that_does_not_exist_is_not_found(cloud: Cloud) -> None:
    refused("ResourceNotFoundException", cloud.source.describe_data_ingestion_job, JobId="abc")
