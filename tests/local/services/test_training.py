"""What stands in for training: ranges, labels, metrics, diagnostics."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lookout_local.services import Fault
from tests.local.services.support import (
    ROLE,
    Cloud,
    csv_text,
    refused,
    rows,
    schema,
    until_over,
)

START = datetime(2023, 1, 1, tzinfo=UTC)


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def spiky(cloud: Cloud, *, spikes: tuple[int, ...] = (35, 36, 44)) -> None:
    """A dataset of 48 half days that swings gently, with spikes of `flow`."""
    lines = rows(48)
    for index in spikes:
        lines[index][1] = "500"
    cloud.s3.put("data", "raw/pump1/a.csv", csv_text(lines))
    cloud.active_dataset()


RANGES = {
    "TrainingDataStartTime": day(0), "TrainingDataEndTime": day(15),
    "EvaluationDataStartTime": day(15.5), "EvaluationDataEndTime": day(24),
}  # fmt: skip


def test_a_trained_model_shows_dataset_schema_and_ranges(cloud: Cloud) -> None:
    arn = cloud.active_dataset()
    shown = cloud.train()
    dataset = cloud.source.describe_dataset(DatasetName="pumps")
    assert (shown["DatasetArn"], shown["Schema"]) == (arn, dataset["Schema"])
    assert shown["TrainingDataStartTime"] == dataset["DataStartTime"]
    assert shown["TrainingDataEndTime"] == dataset["DataEndTime"]
    assert "EvaluationDataStartTime" not in shown


def test_the_execution_takes_the_time_of_the_clock(cloud: Cloud) -> None:
    cloud.active_dataset()
    cloud.source.create_model(ModelName="wear", DatasetName="pumps")
    start = cloud.clock.now()
    cloud.clock.advance(90)
    shown = until_over(lambda: cloud.source.describe_model(ModelName="wear"))
    assert shown["TrainingExecutionStartTime"] == start
    assert shown["TrainingExecutionEndTime"] == shown["ModelVersionActivatedAt"] == start + timedelta(seconds=90)


def test_events_outside_the_usual_range_are_found(cloud: Cloud) -> None:
    spiky(cloud)
    metrics = json.loads(cloud.train(**RANGES)["ModelMetrics"])
    found = [(one["start"], one["end"]) for one in metrics["predicted_ranges"]]
    assert found == [
        ("2023-01-18T12:00:00.000000", "2023-01-19T00:00:00.000000"),
        ("2023-01-23T00:00:00.000000", "2023-01-23T00:00:00.000000"),
    ]
    assert metrics["unknown_event_metrics"] == {"num_identified": 2, "total_duration_in_seconds": 43_200.0}
    parts = {part["name"]: part["value"] for part in metrics["predicted_ranges"][0]["diagnostics"]}
    assert sum(parts.values()) == pytest.approx(1, abs=1e-5)
    assert parts["pump1\\flow"] > 0.99


def test_without_labels_the_quality_cannot_be_determined(cloud: Cloud) -> None:
    cloud.active_dataset()
    assert cloud.train()["ModelQuality"] == "CANNOT_DETERMINE_QUALITY"


@pytest.mark.parametrize(
    ("labels", "quality", "identified"),
    [
        ("2023-01-18T00:00:00.000000,2023-01-19T12:00:00.000000\n", "QUALITY_THRESHOLD_MET", 1),
        ("2023-01-20T00:00:00,2023-01-21T00:00:00\n", "POOR_QUALITY_DETECTED", 0),
        ("2022-01-20T00:00:00,2022-01-21T00:00:00\n", "CANNOT_DETERMINE_QUALITY", 0),
    ],
)
def test_with_labels_the_quality_is_the_share_that_was_found(
    cloud: Cloud, labels: str, quality: str, identified: int
) -> None:
    spiky(cloud)
    cloud.s3.put("labels", "l/labels.csv", labels)
    cloud.s3.put("labels", "l/readme.txt", "not labels")
    shown = cloud.train(
        **RANGES,
        RoleArn=ROLE,
        LabelsInputConfiguration={"S3InputConfiguration": {"Bucket": "labels", "Prefix": "l/"}},
    )
    metrics = json.loads(shown["ModelMetrics"])
    assert shown["ModelQuality"] == quality
    assert metrics["labeled_event_metrics"]["num_identified"] == identified


@pytest.mark.parametrize(
    ("bucket", "text", "part"),
    [
        ("labels", "start,end\n", "got 'start,end'"),
        ("none", "", "bucket none does not exist"),
        ("labels", "2023-01-02 00:00,2023-01-01 00:00\n", "expected a start and an end"),
    ],
)
def test_labels_that_cannot_be_read_fail_the_training(cloud: Cloud, bucket: str, text: str, part: str) -> None:
    cloud.active_dataset()
    cloud.s3.put("labels", "a.csv", text)
    shown = cloud.train(
        RoleArn=ROLE, LabelsInputConfiguration={"S3InputConfiguration": {"Bucket": bucket, "Prefix": ""}}
    )
    assert shown["Status"] == "FAILED"
    assert part in shown["FailedReason"]


def test_a_failed_model_has_no_active_version(cloud: Cloud) -> None:
    cloud.active_dataset()
    cloud.backend.faults.add("CreateModel", Fault.fail("too little data"))
    shown = cloud.train()
    assert (shown["Status"], shown["FailedReason"]) == ("FAILED", "too little data")
    assert "ActiveModelVersion" not in shown
    version = cloud.source.describe_model_version(ModelName="wear", ModelVersion=1)
    assert (version["Status"], version["FailedReason"]) == ("FAILED", "too little data")


def test_a_range_without_data_fails_the_training(cloud: Cloud) -> None:
    cloud.active_dataset()
    shown = cloud.train(TrainingDataStartTime=day(100), TrainingDataEndTime=day(200))
    assert shown["FailedReason"].startswith("There is no data between 2023-04-11")


def test_an_evaluation_range_without_data_fails_the_training(cloud: Cloud) -> None:
    cloud.active_dataset()
    shown = cloud.train(EvaluationDataStartTime=day(100), EvaluationDataEndTime=day(200))
    assert shown["FailedReason"].startswith("There is no data between 2023-04-11")


def test_rows_during_which_the_asset_was_off_are_not_used(cloud: Cloud) -> None:
    spiky(cloud)
    shown = cloud.train(**RANGES, OffCondition="pump1\\flow > 100")
    assert json.loads(shown["ModelMetrics"])["predicted_ranges"] == []
    assert shown["OffCondition"] == "pump1\\flow > 100"


@pytest.mark.parametrize(
    "text", ["flow < 1", "pump1\\flow = 1", "pump1\\flow <", "pump1\\noise < 1", "pump2\\flow < 1.0"]
)
def test_an_off_condition_must_name_a_sensor_and_a_number(cloud: Cloud, text: str) -> None:
    cloud.active_dataset()
    message = refused(
        "ValidationException", cloud.source.create_model, ModelName="wear", DatasetName="pumps", OffCondition=text
    )
    assert message.startswith("OffCondition: ")


def test_a_sampling_rate_averages_rows(cloud: Cloud) -> None:
    lines = [
        [f"2023-01-01 {hour:02d}:{minute:02d}", str(10 + minute % 2)] for hour in range(20) for minute in range(60)
    ]
    lines[-1][1] = "40"
    cloud.s3.put("data", "raw/pump1/a.csv", csv_text(lines, ["Timestamp", "flow"]))
    cloud.active_dataset()
    ranges = {
        "TrainingDataStartTime": day(0),
        "TrainingDataEndTime": day(0.5),
        "EvaluationDataStartTime": day(0.5),
        "EvaluationDataEndTime": day(1),
    }
    shown = cloud.train(**ranges, DataPreProcessingConfiguration={"TargetSamplingRate": "PT1H"})
    found = json.loads(shown["ModelMetrics"])["predicted_ranges"]
    assert [one["start"] for one in found] == ["2023-01-01T19:00:00.000000"]
    assert shown["DataPreProcessingConfiguration"] == {"TargetSamplingRate": "PT1H"}


def test_metrics_stay_within_their_limit(cloud: Cloud) -> None:
    values = [i % 2 if i < 1000 else 99 * (i % 2) for i in range(2000)]
    times = [(START + timedelta(minutes=i)).strftime("%Y-%m-%d %H:%M") for i in range(2000)]
    lines = [[time, str(value)] for time, value in zip(times, values, strict=True)]
    cloud.s3.put("data", "raw/pump1/a.csv", csv_text(lines, ["Timestamp", "flow"]))
    cloud.active_dataset()
    border = START + timedelta(minutes=1000)
    text = cloud.train(
        TrainingDataStartTime=START,
        TrainingDataEndTime=border - timedelta(minutes=1),
        EvaluationDataStartTime=border,
        EvaluationDataEndTime=border + timedelta(minutes=1000),
    )["ModelMetrics"]
    metrics = json.loads(text)
    assert len(text) <= 50_000
    assert 0 < len(metrics["predicted_ranges"]) < metrics["unknown_event_metrics"]["num_identified"]


def test_diagnostics_are_written_where_the_model_says(cloud: Cloud) -> None:
    spiky(cloud)
    cloud.s3.put("out", "x", "")
    output = {"S3OutputConfiguration": {"Bucket": "out", "Prefix": "diagnostics/"}}
    shown = cloud.train(**RANGES, RoleArn=ROLE, ModelDiagnosticsOutputConfiguration=output)
    version = cloud.source.describe_model_version(ModelName="wear", ModelVersion=1)
    place = version["ModelDiagnosticsResultsObject"]
    assert place["Key"].startswith("diagnostics/")
    assert place["Key"].endswith("/model_diagnostics_results.json.gz")
    written = cloud.s3.objects[(place["Bucket"], place["Key"])]
    assert gzip.decompress(written).decode() == shown["ModelMetrics"]
    assert shown["ModelDiagnosticsOutputConfiguration"] == output


def test_diagnostics_that_cannot_be_written_fail_the_training(cloud: Cloud) -> None:
    cloud.active_dataset()
    output = {"S3OutputConfiguration": {"Bucket": "nowhere"}}
    shown = cloud.train(RoleArn=ROLE, ModelDiagnosticsOutputConfiguration=output)
    assert "bucket nowhere does not exist" in shown["FailedReason"]


def test_labels_come_from_one_place(cloud: Cloud) -> None:
    cloud.active_dataset()
    cloud.source.create_label_group(LabelGroupName="wearing")
    both = {"S3InputConfiguration": {"Bucket": "labels"}, "LabelGroupName": "wearing"}
    refused(
        "ValidationException",
        cloud.source.create_model,
        ModelName="wear",
        DatasetName="pumps",
        RoleArn=ROLE,
        LabelsInputConfiguration=both,
    )


@pytest.mark.parametrize(
    "times",
    [
        {"TrainingDataStartTime": day(2), "TrainingDataEndTime": day(1)},
        {"EvaluationDataStartTime": day(2), "EvaluationDataEndTime": day(2)},
        {"EvaluationDataStartTime": day(2)},
        {"EvaluationDataEndTime": day(2)},
    ],
)
def test_a_range_that_is_none_is_refused(cloud: Cloud, times: dict[str, Any]) -> None:
    cloud.active_dataset()
    refused("ValidationException", cloud.source.create_model, ModelName="wear", DatasetName="pumps", **times)


def test_the_shortest_span_of_training_data_is_a_setting(cloud: Cloud) -> None:
    cloud.active_dataset()
    cloud.settings.minimum_training_span = timedelta(days=180)
    message = refused("ValidationException", cloud.source.create_model, ModelName="wear", DatasetName="pumps")
    assert "expected at least 180 days" in message


def test_a_model_can_use_some_of_the_sensors(cloud: Cloud) -> None:
    cloud.active_dataset()
    given = schema(pump1=["flow"])
    assert json.loads(cloud.train(DatasetSchema=given)["Schema"]) == json.loads(given["InlineDataSchema"])


def test_a_model_cannot_use_sensors_that_the_dataset_does_not_have(cloud: Cloud) -> None:
    cloud.active_dataset()
    message = refused(
        "ValidationException",
        cloud.source.create_model,
        ModelName="wear",
        DatasetName="pumps",
        DatasetSchema=schema(pump1=["noise"]),
    )
    assert "pump1\\noise" in message
