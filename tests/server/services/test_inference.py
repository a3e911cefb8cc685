"""What a running inference scheduler does when its time comes."""

from __future__ import annotations

from typing import Any

import pytest

from lookout_server.settings import Progress, Settings
from tests.server.services.scheduling import (
    NORMAL,
    ODD,
    WATCH,
    advance,
    at,
    create,
    describe,
    events,
    executions,
    put,
    results,
    run,
    running,
    send,
    source,
)
from tests.server.services.support import ROLE, Cloud, csv_text, rows, schema

FIVE_MINUTES = 300


@pytest.fixture(autouse=True)
def version(cloud: Cloud) -> str:
    """The ARN of the version of the model `wear`."""
    return cloud.trained_model("wear")


def failure(cloud: Cloud) -> str:
    """The reason why the one execution has failed."""
    (execution,) = executions(cloud)
    assert execution["Status"] == "FAILED"
    return str(execution["FailedReason"])


def test_a_run_tells_what_it_did(cloud: Cloud, version: str) -> None:
    execution = run(cloud, NORMAL, DataDelayOffsetInMinutes=0)
    scheduler = describe(cloud)
    assert execution == {
        "ModelName": "wear",
        "ModelArn": scheduler["ModelArn"],
        "InferenceSchedulerName": "watch",
        "InferenceSchedulerArn": scheduler["InferenceSchedulerArn"],
        "ScheduledStartTime": at(5),
        "DataStartTime": at(0),
        "DataEndTime": at(5),
        "DataInputConfiguration": scheduler["DataInputConfiguration"],
        "DataOutputConfiguration": scheduler["DataOutputConfiguration"],
        "CustomerResultObject": {"Bucket": "out", "Key": "results/2024-01-01T00:05:00Z/results.jsonl"},
        "Status": "SUCCESS",
        "ModelVersion": 1,
        "ModelVersionArn": version,
    }


def test_every_row_gets_a_prediction(cloud: Cloud) -> None:
    lines = results(cloud, run(cloud, NORMAL, ODD))
    assert [line["timestamp"] for line in lines] == ["2024-01-01T00:01:00.000000", "2024-01-01T00:02:00.000000"]
    assert [line["prediction"] for line in lines] == [0, 1]
    assert [line["prediction_reason"] for line in lines] == ["NO_ANOMALY_DETECTED", "ANOMALY_DETECTED"]


def test_the_diagnostics_share_an_anomaly_out_to_the_sensors(cloud: Cloud) -> None:
    (line,) = results(cloud, run(cloud, ODD))
    shares = {one["name"]: one["value"] for one in line["diagnostics"]}
    assert list(shares) == ["pump1\\flow", "pump1\\heat"]
    assert shares["pump1\\heat"] > 0.9
    assert sum(shares.values()) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize(("values", "result"), [(NORMAL, "NORMAL"), (ODD, "ANOMALOUS")])
def test_the_scheduler_shows_the_latest_result(cloud: Cloud, values: tuple[float, float], result: str) -> None:
    run(cloud, values)
    assert describe(cloud)["LatestInferenceResult"] == result
    (listed,) = cloud.source.list_inference_schedulers()["InferenceSchedulerSummaries"]
    assert listed["LatestInferenceResult"] == result


def test_a_run_that_failed_leaves_the_latest_result(cloud: Cloud) -> None:
    run(cloud, ODD)
    advance(cloud, 5)
    assert [one["Status"] for one in executions(cloud)] == ["SUCCESS", "FAILED"]
    assert describe(cloud)["LatestInferenceResult"] == "ANOMALOUS"


def test_runs_come_at_the_boundaries_of_the_hour(cloud: Cloud) -> None:
    advance(cloud, 2)
    running(cloud, DataUploadFrequency="PT15M")
    advance(cloud, 12)
    assert executions(cloud) == []
    advance(cloud, 31)
    assert [one["DataEndTime"] for one in executions(cloud)] == [at(15), at(30), at(45)]


def test_a_delay_puts_a_run_off_but_not_its_window(cloud: Cloud) -> None:
    running(cloud, DataDelayOffsetInMinutes=2)
    advance(cloud, 6)
    assert executions(cloud) == []
    advance(cloud, 1)
    (execution,) = executions(cloud)
    assert (execution["ScheduledStartTime"], execution["DataEndTime"]) == (at(7), at(5))


def test_files_may_come_until_the_delay_is_over(cloud: Cloud) -> None:
    running(cloud, DataDelayOffsetInMinutes=2)
    advance(cloud, 6)
    send(cloud, 1, NORMAL)
    advance(cloud, 1)
    assert executions(cloud)[0]["Status"] == "SUCCESS"


def test_a_scheduler_that_is_pending_does_not_run(cloud: Cloud) -> None:
    cloud.settings.progress = Progress.by_describes(2)
    create(cloud)
    advance(cloud, 60)
    assert executions(cloud) == []


def test_windows_before_the_start_are_left_out(cloud: Cloud) -> None:
    advance(cloud, 60)
    running(cloud, DataDelayOffsetInMinutes=30)
    advance(cloud, 34)
    assert executions(cloud) == []
    advance(cloud, 1)
    assert [one["DataEndTime"] for one in executions(cloud)] == [at(65)]


def test_a_stopped_scheduler_does_not_run_and_makes_nothing_up_for_later(cloud: Cloud) -> None:
    running(cloud)
    advance(cloud, 5)
    cloud.source.stop_inference_scheduler(**WATCH)
    advance(cloud, 20)
    cloud.source.start_inference_scheduler(**WATCH)
    advance(cloud, 5)
    assert [one["DataEndTime"] for one in executions(cloud)] == [at(5), at(30)]


def test_a_request_is_answered_after_everything_that_was_due(cloud: Cloud) -> None:
    running(cloud)
    advance(cloud, 12)
    cloud.source.stop_inference_scheduler(**WATCH)
    assert [one["DataEndTime"] for one in executions(cloud)] == [at(5), at(10)]


def test_a_clock_that_jumps_lets_all_runs_happen_in_order(cloud: Cloud) -> None:
    running(cloud)
    for minute in range(1, 60, 5):
        send(cloud, minute, NORMAL)
    advance(cloud, 60)
    made = executions(cloud)
    assert [one["DataEndTime"] for one in made] == [at(minute) for minute in range(5, 61, 5)]
    assert {one["Status"] for one in made} == {"SUCCESS"}


def test_no_more_than_a_thousand_runs_are_made_up_for(cloud: Cloud) -> None:
    running(cloud)
    advance(cloud, 5 * (Settings().missed_runs_made_up_for + 7))
    made = executions(cloud, MaxResults=500)
    assert made[0]["DataEndTime"] == at(5 * 8)
    assert (
        len(executions(cloud, MaxResults=500, DataStartTimeAfter=made[-1]["DataStartTime"]))
        == Settings().missed_runs_made_up_for - 500
    )


def test_a_changed_frequency_holds_from_the_next_window_on(cloud: Cloud) -> None:
    running(cloud)
    advance(cloud, 10)
    cloud.source.stop_inference_scheduler(**WATCH)
    cloud.source.update_inference_scheduler(**WATCH, DataUploadFrequency="PT30M")
    cloud.source.start_inference_scheduler(**WATCH)
    advance(cloud, 50)
    assert [one["DataEndTime"] for one in executions(cloud)] == [at(5), at(10), at(30), at(60)]


def test_a_component_without_a_file_fails_the_run(cloud: Cloud) -> None:
    running(cloud)
    send(cloud, 6, NORMAL)
    advance(cloud, 5)
    assert failure(cloud) == (
        "Could not find a data file of component pump1 with a name within the expected range from "
        "2024-01-01T00:00:00+00:00 to 2024-01-01T00:05:00+00:00 under 's3://data/in/': every component of the model "
        "needs one (pump1-<yyyyMMddHHmmss>.csv). The clock is at 2024-01-01T00:05:00+00:00"
    )


def test_a_failed_run_writes_no_results(cloud: Cloud) -> None:
    running(cloud)
    advance(cloud, 5)
    assert "CustomerResultObject" not in executions(cloud)[0]
    assert [key for bucket, key in cloud.s3.objects if bucket == "out"] == ["results/"]


def test_a_file_without_rows_of_the_window_fails_the_run(cloud: Cloud) -> None:
    running(cloud)
    send(cloud, 9, NORMAL, name="pump1-20240101000200.csv")
    advance(cloud, 5)
    assert failure(cloud).startswith("Could not find data of component pump1 within the expected range from 2024")
    assert failure(cloud).endswith("The clock is at 2024-01-01T00:05:00+00:00")


@pytest.mark.parametrize(
    ("naming", "name"),
    [
        ({}, "pump1-20240101000200"),
        ({"ComponentTimestampDelimiter": "_"}, "pump1_20240101000200"),
        ({"ComponentTimestampDelimiter": " "}, "pump1 20240101000200"),
        ({"ComponentTimestampDelimiter": ""}, "pump120240101000200"),
        ({"TimestampFormat": "EPOCH"}, "pump1-1704067320"),
        ({"TimestampFormat": "yyyy-MM-dd-HH-mm-ss"}, "pump1-2024-01-01-00-02-00"),
        ({"TimestampFormat": "yyyyMMddHHmmss", "ComponentTimestampDelimiter": "-"}, "pump1-20240101000200"),
    ],
)
def test_files_are_named_as_the_scheduler_says(cloud: Cloud, naming: dict[str, str], name: str) -> None:
    running(cloud, DataInputConfiguration=source(InferenceInputNameConfiguration=naming))
    send(cloud, 2, NORMAL, name=f"{name}.csv")
    advance(cloud, 5)
    assert executions(cloud)[0]["Status"] == "SUCCESS"


@pytest.mark.parametrize(
    "name",
    [
        "pump1_20240101000200.csv",
        "pump2-20240101000200.csv",
        "pump1-2024010100020.csv",
        "pump1-20241301000200.csv",
        "pump1-٢٠٢٤٠١٠١٠٠٠٢٠٠.csv",
        "pump1-20240101000200.txt",
        "pump1-20240101000501.csv",
        "sub/pump1-20240101000200.csv",
    ],
)
def test_files_with_other_names_are_not_read(cloud: Cloud, name: str) -> None:
    running(cloud)
    send(cloud, 2, NORMAL, name=name)
    advance(cloud, 5)
    assert failure(cloud).startswith("Could not find a data file of component pump1")


@pytest.mark.parametrize(("offset", "name"), [("+05:30", "20240101053200"), ("-12:00", "20231231120200")])
def test_a_time_zone_is_that_of_the_name_only(cloud: Cloud, offset: str, name: str) -> None:
    running(cloud, DataInputConfiguration=source(InputTimeZoneOffset=offset))
    send(cloud, 2, NORMAL, name=f"pump1-{name}.csv")
    advance(cloud, 5)
    (line,) = results(cloud, executions(cloud)[0])
    assert line["timestamp"] == "2024-01-01T00:02:00.000000"


@pytest.mark.parametrize("minute", [0, 5])
def test_a_name_may_have_the_time_of_either_end_of_the_window(cloud: Cloud, minute: int) -> None:
    running(cloud)
    send(cloud, 2, NORMAL, name=f"pump1-2024010100{minute:02}00.csv")
    advance(cloud, 5)
    assert executions(cloud)[0]["Status"] == "SUCCESS"


@pytest.mark.parametrize(("setting", "minutes"), [("end", [6, 10]), ("start", [5, 6])])
def test_a_row_on_a_boundary_is_of_one_window(cloud: Cloud, setting: Any, minutes: list[int]) -> None:
    cloud.settings.inference_window_includes = setting
    running(cloud)
    for minute in (0, 5, 6, 10, 15):
        send(cloud, minute, NORMAL)
    advance(cloud, 10)
    lines = results(cloud, executions(cloud)[1])
    assert [line["timestamp"] for line in lines] == [f"2024-01-01T00:{minute:02}:00.000000" for minute in minutes]


def test_rows_of_several_files_of_a_component_are_put_together(cloud: Cloud) -> None:
    running(cloud)
    send(cloud, 3, ODD)
    send(cloud, 1, NORMAL, NORMAL)
    advance(cloud, 5)
    assert [line["prediction"] for line in results(cloud, executions(cloud)[0])] == [0, 0, 1]


def test_each_component_of_the_model_needs_a_file(cloud: Cloud) -> None:
    cloud.s3.put("data", "two/a/x.csv", csv_text(rows(), ("Timestamp", "flow", "heat")))
    cloud.s3.put("data", "two/b/x.csv", csv_text([line[:2] for line in rows()], ("Timestamp", "noise")))
    cloud.dataset("both", DatasetSchema=schema(a=["flow", "heat"], b=["noise"]))
    cloud.ingest("both", prefix="two/")
    cloud.trained_model("pair", "both")
    running(cloud, ModelName="pair")
    send(cloud, 1, NORMAL, name="a-20240101000100.csv")
    send(cloud, 6, NORMAL, name="a-20240101000600.csv")
    cloud.s3.put("data", "in/b-20240101000600.csv", csv_text([["2024-01-01 00:06:00", "11"]], ("Timestamp", "noise")))
    advance(cloud, 10)
    first, second = executions(cloud)
    assert "component b" in first["FailedReason"]
    (line,) = results(cloud, second)
    assert [one["name"] for one in line["diagnostics"]] == ["a\\flow", "a\\heat", "b\\noise"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "it is empty"),
        ("Timestamp,flow\n2024-01-01 00:02:00,11\n", "it has no column 'heat'"),
        ("Time,flow,heat\n2024-01-01 00:02:00,11,22\n", "its first column is 'Time', the schema has 'Timestamp'"),
    ],
)
def test_a_file_that_does_not_fit_the_model_fails_the_run(cloud: Cloud, body: str, reason: str) -> None:
    running(cloud)
    cloud.s3.put("data", "in/pump1-20240101000200.csv", body)
    advance(cloud, 5)
    wanted = f"The data file s3://data/in/pump1-20240101000200.csv cannot be used: {reason}"
    assert failure(cloud) == wanted


def test_a_file_that_cannot_be_read_fails_the_run(cloud: Cloud) -> None:
    running(cloud)
    cloud.s3.broken_keys.add(send(cloud, 2, NORMAL))
    advance(cloud, 5)
    assert failure(cloud).endswith("pump1-20240101000200.csv cannot be used: access denied")


def test_a_location_that_cannot_be_listed_fails_the_run(cloud: Cloud) -> None:
    running(cloud, DataInputConfiguration={"S3InputConfiguration": {"Bucket": "nowhere"}})
    advance(cloud, 5)
    assert failure(cloud) == "The files in s3://nowhere/ cannot be listed: the bucket nowhere does not exist"


def test_results_that_cannot_be_written_fail_the_run(cloud: Cloud) -> None:
    running(cloud, DataOutputConfiguration={"S3OutputConfiguration": {"Bucket": "nowhere"}})
    send(cloud, 2, ODD)
    advance(cloud, 5)
    assert failure(cloud) == (
        "The results cannot be written to s3://nowhere/2024-01-01T00:05:00Z/results.jsonl: "
        "the bucket nowhere does not exist"
    )
    assert events(cloud) == []


def test_files_of_a_component_are_limited(cloud: Cloud) -> None:
    cloud.settings.quotas.files_per_component_in_inference = 2
    running(cloud)
    for minute in (1, 2, 3):
        send(cloud, minute, NORMAL)
    advance(cloud, 5)
    assert failure(cloud) == "The component pump1 has 3 files, the quota is 2"


def test_rows_are_limited_by_the_length_of_the_window(cloud: Cloud) -> None:
    cloud.settings.quotas.rows_per_minute_in_inference = 1
    running(cloud)
    put(cloud, [[f"2024-01-01 00:02:{i:02}", "11", "22"] for i in range(6)], "pump1-20240101000200.csv")
    advance(cloud, 5)
    assert failure(cloud) == "The component pump1 has 6 rows, the quota is 5"


def test_bytes_are_limited_by_the_length_of_the_window(cloud: Cloud) -> None:
    cloud.settings.quotas.bytes_per_minute_in_inference = 10
    running(cloud)
    send(cloud, 2, NORMAL, NORMAL)
    advance(cloud, 5)
    assert failure(cloud).endswith("the quota is 50")


def test_values_that_are_missing_have_no_part_in_a_prediction(cloud: Cloud) -> None:
    running(cloud)
    put(cloud, [["2024-01-01 00:02:00", "11", ""]], "pump1-20240101000200.csv")
    advance(cloud, 5)
    (line,) = results(cloud, executions(cloud)[0])
    assert [one["name"] for one in line["diagnostics"]] == ["pump1\\flow"]


def test_a_window_in_which_every_reading_is_missing_has_no_prediction(cloud: Cloud) -> None:
    running(cloud)
    send(cloud, 2, NORMAL)
    put(cloud, [["2024-01-01 00:07:00", "", ""]], "pump1-20240101000700.csv")
    advance(cloud, 10)
    assert [len(results(cloud, execution)) for execution in executions(cloud)] == [1, 0]


def test_a_machine_that_is_off_has_no_score(cloud: Cloud) -> None:
    cloud.settings.progress = Progress.by_seconds(0)
    cloud.source.create_model(ModelName="valve", DatasetName="pumps", OffCondition="pump1\\flow < 5.0")
    execution = run(cloud, (1.0, 90.0), NORMAL, ModelName="valve")
    first, second = results(cloud, execution)
    assert first == {"timestamp": "2024-01-01T00:01:00.000000", "prediction": 0, "prediction_reason": "MACHINE_OFF"}
    assert second["prediction_reason"] == "NO_ANOMALY_DETECTED"


def test_rows_are_sampled_as_in_training(cloud: Cloud) -> None:
    cloud.settings.progress = Progress.by_seconds(0)
    cloud.source.create_model(
        ModelName="slow", DatasetName="pumps", DataPreProcessingConfiguration={"TargetSamplingRate": "PT5M"}
    )
    (line,) = results(cloud, run(cloud, (11.0, 20.0), (11.0, 24.0), ModelName="slow"))
    assert line["timestamp"] == "2024-01-01T00:00:00.000000"
    assert line["anomaly_score"] < 0.1


def test_runs_use_the_version_that_is_active(cloud: Cloud, version: str) -> None:
    second = cloud.add_version(version)
    running(cloud)
    cloud.source.update_active_model_version(ModelName="wear", ModelVersion=2)
    send(cloud, 2, ODD)
    advance(cloud, 5)
    (execution,) = executions(cloud)
    assert (execution["ModelVersion"], execution["ModelVersionArn"]) == (2, second)
    assert results(cloud, execution)[0]["prediction"] == 1


def test_runs_of_a_scheduler_whose_model_is_gone_fail(cloud: Cloud) -> None:
    running(cloud)
    cloud.settings.model_deletion_blocked_by_schedulers = False
    cloud.source.delete_model(ModelName="wear")
    advance(cloud, 5)
    assert failure(cloud) == "The model wear does not exist"


def test_executions_are_listed_by_status_and_time(cloud: Cloud) -> None:
    running(cloud)
    send(cloud, 6, NORMAL)
    advance(cloud, 15)

    def ends(**filters: Any) -> list[Any]:
        return [one["DataEndTime"] for one in executions(cloud, **filters)]

    assert ends(Status="SUCCESS") == [at(10)]
    assert ends(Status="FAILED") == [at(5), at(15)]
    assert ends(DataStartTimeAfter=at(0)) == [at(10), at(15)]
    assert ends(DataEndTimeBefore=at(10)) == [at(5)]


def test_the_data_of_successful_runs_accumulates_on_the_model(cloud: Cloud) -> None:
    running(cloud)
    send(cloud, 1, NORMAL)
    send(cloud, 11, ODD, NORMAL)
    advance(cloud, 15)
    shown = cloud.source.describe_model(ModelName="wear")
    assert shown["AccumulatedInferenceDataStartTime"] == at(1)
    assert shown["AccumulatedInferenceDataEndTime"] == at(12)


def test_reads_and_writes_are_made_with_the_role_of_the_scheduler(cloud: Cloud) -> None:
    used: list[str] = []
    plain = cloud.s3.list

    def remember(role_arn: str, bucket: str, prefix: str) -> Any:
        used.append(role_arn)
        return plain(role_arn, bucket, prefix)

    running(cloud, RoleArn=f"{ROLE}2")
    cloud.s3.list = remember  # type: ignore[method-assign]
    send(cloud, 2, NORMAL)
    advance(cloud, 5)
    executions(cloud)
    assert set(used) == {f"{ROLE}2"}


def test_a_retraining_has_the_data_of_the_runs_that_were_due_with_it(cloud: Cloud) -> None:
    running(cloud, DataUploadFrequency="PT1H")
    cloud.source.create_retraining_scheduler(ModelName="wear", RetrainingFrequency="P30D", LookbackWindow="P180D")
    send(cloud, 1, NORMAL, NORMAL)
    advance(cloud, 60 * 24 * 31)
    shown = cloud.source.describe_model(ModelName="wear")
    # The data of the dataset is a year old, so that of the run is all there is inside the lookback window.
    assert shown["LatestScheduledRetrainingStatus"] == "SUCCESS"
    assert shown["LatestScheduledRetrainingAvailableDataInDays"] == 1
