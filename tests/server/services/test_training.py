"""What stands in for training: ranges, labels, metrics, diagnostics."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any, BinaryIO

import numpy as np
import pytest

from lookout_server.entities.blob import Keeper
from lookout_server.equipment.judged import Event, Judged
from lookout_server.equipment.making import Results
from lookout_server.equipment.metrics import assess
from lookout_server.faults import Fault
from lookout_server.settings import Progress
from lookout_server.store.scratch import ScratchBlobs
from tests.server.services.support import (
    ROLE,
    Bucket,
    Cloud,
    csv_text,
    refused,
    schema,
    until_over,
)

START = datetime(2023, 1, 1, tzinfo=UTC)


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def spiky(cloud: Cloud, *, spikes: Sequence[tuple[float, float]] = ((17.5, 18),)) -> None:
    """A dataset of 24 days, hour by hour: `heat` follows `flow`, but for spikes of `flow` from day to day.

    With other chances, some rows would be false alarms.
    """
    chance, lines = Random(12), []
    for hour in range(24 * 24):
        flow = 10 + chance.gauss(0, 1)
        heat = 2 * flow + chance.gauss(0, 0.5)
        if any(24 * start <= hour <= 24 * end for start, end in spikes):
            flow = 500
        lines.append([f"{day(hour / 24):%Y-%m-%d %H:%M:%S}", f"{flow:.3f}", f"{heat:.3f}"])
    cloud.s3.put("data", "raw/pump1/a.csv", csv_text(lines))
    cloud.active_dataset()


def diagnostics(cloud: Cloud, **more: Any) -> list[dict[str, Any]]:
    """Train a model with diagnostics; their lines."""
    cloud.s3.put("out", "x", "")
    parameters = {
        "ModelName": "wear",
        "DatasetName": "pumps",
        "RoleArn": ROLE,
        "ModelDiagnosticsOutputConfiguration": {"S3OutputConfiguration": {"Bucket": "out"}},
        **more,
    }
    cloud.source.create_model(**parameters)
    name = parameters["ModelName"]
    until_over(lambda: cloud.source.describe_model(ModelName=name))
    place = cloud.source.describe_model_version(ModelName=name, ModelVersion=1)["ModelDiagnosticsResultsObject"]
    text = gzip.decompress(cloud.s3.objects[(place["Bucket"], place["Key"])]).decode()
    return [json.loads(line) for line in text.splitlines()]


RANGES = {
    "TrainingDataStartTime": day(0), "TrainingDataEndTime": day(15),
    "EvaluationDataStartTime": day(15.5), "EvaluationDataEndTime": day(23.5),
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


def test_events_are_found_and_say_which_sensor_it_was(cloud: Cloud) -> None:
    spiky(cloud)
    metrics = json.loads(cloud.train(**RANGES)["ModelMetrics"])
    [found] = metrics["predicted_ranges"]
    assert found["start"] == "2023-01-18T12:00:00.000000"
    end = datetime.fromisoformat(found["end"]).replace(tzinfo=UTC)
    assert day(18) <= end < day(22)
    assert metrics["unknown_event_metrics"] == {
        "num_identified": 1,
        "total_duration_in_seconds": (end - day(17.5)).total_seconds(),
    }
    parts = {part["name"]: part["value"] for part in found["diagnostics"]}
    assert sum(parts.values()) == pytest.approx(1, abs=1e-5)
    assert parts["pump1\\flow"] > 0.9


def test_without_labels_the_quality_cannot_be_determined(cloud: Cloud) -> None:
    cloud.active_dataset()
    assert cloud.train()["ModelQuality"] == "CANNOT_DETERMINE_QUALITY"


@pytest.mark.parametrize(
    ("labels", "quality", "identified"),
    [
        ("2023-01-18T00:00:00.000000,2023-01-20T12:00:00.000000\n", "QUALITY_THRESHOLD_MET", 1),
        ("2023-01-23T12:00:00,2023-01-24T12:00:00\n", "POOR_QUALITY_DETECTED", 0),
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


def test_the_quality_of_a_model_without_evaluation_is_of_blocks_that_were_held_out(cloud: Cloud) -> None:
    spiky(cloud)
    cloud.s3.put("labels", "l.csv", "2023-01-18T00:00:00,2023-01-20T12:00:00\n")
    shown = cloud.train(RoleArn=ROLE, LabelsInputConfiguration={"S3InputConfiguration": {"Bucket": "labels"}})
    assert shown["ModelQuality"] == "QUALITY_THRESHOLD_MET"


def test_a_model_that_always_cries_is_poor_though_it_finds_everything(cloud: Cloud) -> None:
    spiky(cloud, spikes=((15.2, 24),))
    cloud.s3.put("labels", "l.csv", "2023-01-18T00:00:00,2023-01-20T12:00:00\n")
    shown = cloud.train(**RANGES, RoleArn=ROLE, LabelsInputConfiguration={"S3InputConfiguration": {"Bucket": "labels"}})
    assert json.loads(shown["ModelMetrics"])["model_version_metrics"]["recall"] == 1
    assert shown["ModelQuality"] == "POOR_QUALITY_DETECTED"


@pytest.mark.parametrize(("days", "said"), [(13, True), (15, False)])
def test_the_metrics_say_when_there_is_less_data_than_aws_asks_for(cloud: Cloud, days: int, said: bool) -> None:
    spiky(cloud)
    notes = json.loads(cloud.train(**{**RANGES, "TrainingDataEndTime": day(days)})["ModelMetrics"]).get("notes", [])
    assert ["less than the 14 days that AWS asks for" in note for note in notes] == ([True] if said else [])


def test_there_are_metrics_only_when_there_is_evaluation_data(cloud: Cloud) -> None:
    cloud.active_dataset()
    assert "ModelMetrics" not in cloud.train()


def label(cloud: Cloud, start: float, end: float, rating: str = "ANOMALY") -> None:
    """A label in the group `wearing`, from day to day."""
    cloud.source.create_label(LabelGroupName="wearing", StartTime=day(start), EndTime=day(end), Rating=rating)


GROUP = {"LabelGroupName": "wearing"}


@pytest.mark.parametrize(
    ("rating", "quality", "labeled"),
    [
        ("ANOMALY", "QUALITY_THRESHOLD_MET", 1),
        ("NO_ANOMALY", "CANNOT_DETERMINE_QUALITY", 0),
        ("NEUTRAL", "CANNOT_DETERMINE_QUALITY", 0),
    ],
)
def test_of_a_label_group_only_anomalies_count(cloud: Cloud, rating: str, quality: str, labeled: int) -> None:
    spiky(cloud)
    cloud.source.create_label_group(**GROUP)
    label(cloud, 17, 19.5, rating)
    shown = cloud.train(**RANGES, LabelsInputConfiguration=GROUP)
    metrics = json.loads(shown["ModelMetrics"])
    assert (shown["ModelQuality"], len(metrics["labeled_ranges"])) == (quality, labeled)


def test_labels_are_those_of_the_start_of_the_training(cloud: Cloud) -> None:
    spiky(cloud)
    cloud.source.create_label_group(**GROUP)
    cloud.source.create_model(ModelName="wear", DatasetName="pumps", **RANGES, LabelsInputConfiguration=GROUP)
    label(cloud, 17, 19.5)
    shown = until_over(lambda: cloud.source.describe_model(ModelName="wear"))
    assert json.loads(shown["ModelMetrics"])["labels_present"] is False


def test_labeled_rows_are_left_out_of_the_training(cloud: Cloud) -> None:
    spiky(cloud, spikes=((2, 9), (17.5, 18)))
    cloud.source.create_label_group(**GROUP)
    without = json.loads(cloud.train(**RANGES, LabelsInputConfiguration=GROUP)["ModelMetrics"])
    # Half of the training data is like the spike in the evaluation data, so that is nothing new.
    assert without["predicted_ranges"] == []
    cloud.source.delete_model(ModelName="wear")
    label(cloud, 2, 9)
    with_label = json.loads(cloud.train(**RANGES, LabelsInputConfiguration=GROUP)["ModelMetrics"])
    assert [one["start"] for one in with_label["predicted_ranges"]] == ["2023-01-18T12:00:00.000000"]


def test_labels_over_all_the_data_fail_the_training(cloud: Cloud) -> None:
    cloud.active_dataset()
    cloud.source.create_label_group(**GROUP)
    label(cloud, -1, 100)
    assert cloud.train(LabelsInputConfiguration=GROUP)["FailedReason"].startswith("The labels leave no data between")


def test_the_metrics_of_a_version_with_labels_compare_events_with_them(cloud: Cloud) -> None:
    spiky(cloud)
    cloud.source.create_label_group(**GROUP)
    label(cloud, 17, 19.5)
    label(cloud, 22.5, 23)
    metrics = json.loads(cloud.train(**RANGES, LabelsInputConfiguration=GROUP)["ModelMetrics"])
    assert metrics["labels_present"] is True
    assert (metrics["data_start_time"], metrics["data_end_time"]) == ("2023-01-16", "2023-01-24")
    assert metrics["labeled_event_metrics"] == {
        "num_labeled": 2, "num_identified": 1, "total_warning_time_in_seconds": 172_800.0,
    }  # fmt: skip
    # One label of two and the one event; it was noticed two days before the end of the two and a half.
    figures = metrics["model_version_metrics"]
    assert (figures["recall"], figures["precision"]) == (0.5, 1)
    assert figures["mean_fractional_lead_time"] == pytest.approx(0.8)
    assert 0 < figures["auc"] < 1


def test_evaluation_data_does_not_begin_before_training_data_unless_set(cloud: Cloud) -> None:
    cloud.active_dataset()
    times = {
        "TrainingDataStartTime": day(10), "TrainingDataEndTime": day(20),
        "EvaluationDataStartTime": day(0), "EvaluationDataEndTime": day(9),
    }  # fmt: skip
    message = refused("ValidationException", cloud.source.create_model, ModelName="wear", DatasetName="pumps", **times)
    assert message.startswith("EvaluationDataStartTime: got 2023-01-01")
    cloud.settings.evaluation_before_training = True
    assert cloud.train(**times)["Status"] == "SUCCESS"


def test_a_training_can_take_longer_than_everything_else(cloud: Cloud) -> None:
    cloud.settings.progress = Progress.by_describes(0)
    cloud.settings.training_progress = Progress.by_seconds(25_200)
    cloud.active_dataset()
    cloud.source.create_model(ModelName="wear", DatasetName="pumps")
    cloud.clock.advance(25_199)
    assert cloud.source.describe_model(ModelName="wear")["Status"] == "IN_PROGRESS"
    cloud.clock.advance(1)
    assert cloud.source.describe_model(ModelName="wear")["Status"] == "SUCCESS"
    version = cloud.source.describe_model(ModelName="wear")["ActiveModelVersionArn"]
    made = cloud.source.import_model_version(SourceModelVersionArn=version, DatasetName="pumps")
    number = made["ModelVersion"]
    assert cloud.source.describe_model_version(ModelName="wear", ModelVersion=number)["Status"] == "SUCCESS"


def test_a_training_that_fails_does_so_at_the_end_of_its_time(cloud: Cloud) -> None:
    cloud.settings.training_progress = Progress.by_seconds(25_200)
    cloud.active_dataset()
    cloud.backend.faults.add("CreateModel", Fault.fail("too little memory"))
    assert cloud.source.create_model(ModelName="wear", DatasetName="pumps")["Status"] == "IN_PROGRESS"
    cloud.clock.advance(25_199)
    shown = cloud.source.describe_model(ModelName="wear")
    assert (shown["Status"], "FailedReason" in shown) == ("IN_PROGRESS", False)
    cloud.clock.advance(1)
    shown = cloud.source.describe_model(ModelName="wear")
    assert (shown["Status"], shown["FailedReason"]) == ("FAILED", "too little memory")


def test_data_that_does_not_suffice_fails_the_training_at_the_end_of_its_time(cloud: Cloud) -> None:
    cloud.settings.training_progress = Progress.by_seconds(60)
    cloud.active_dataset()
    times = {"TrainingDataStartTime": day(100), "TrainingDataEndTime": day(200)}
    cloud.source.create_model(ModelName="wear", DatasetName="pumps", **times)
    assert cloud.source.describe_model(ModelName="wear")["Status"] == "IN_PROGRESS"
    cloud.clock.advance(60)
    assert cloud.source.describe_model(ModelName="wear")["Status"] == "FAILED"


@pytest.mark.parametrize(
    ("bucket", "text", "part"),
    [
        (
            "labels",
            "start,end\n",
            "s3://labels/a.csv cannot be read: line 1, start: got 'start', expected a time, and no header",
        ),
        ("none", "", "bucket none does not exist"),
        (
            "labels",
            "2023-01-02 00:00,2023-01-01 00:00\n",
            "line 1, end: got '2023-01-01 00:00', expected a time that is not before the start",
        ),
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
    "text", ["flow < 1", "pump1\\flow = 1", "pump1\\flow <", "pump1\\noise < 1", "pump2\\flow < 1.0", "pump1\\flow < ٣"]
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


def test_metrics_stay_within_their_limit() -> None:
    spans = [(day(number), day(number + 0.5)) for number in range(1_000)]
    events = tuple(Event(start, end, {"pump1\\flow": 1.0}) for start, end in spans)
    nothing = np.zeros(0)
    judged = Judged(nothing.astype(np.int64), nothing, nothing.astype(bool), events)
    text = assess(judged, (), (day(0), day(1_000)), 1).text
    metrics = json.loads(text)
    assert len(text) <= 50_000
    assert 0 < len(metrics["predicted_ranges"]) < metrics["unknown_event_metrics"]["num_identified"] == 1_000


def test_metrics_stay_within_their_limit_with_many_labels(cloud: Cloud) -> None:
    spiky(cloud)
    times = ((day(17) + timedelta(seconds=i)).strftime("%Y-%m-%dT%H:%M:%S") for i in range(1_000))
    cloud.s3.put("labels", "l.csv", "".join(f"{time},2023-01-19T12:00:00\n" for time in times))
    labels = {"S3InputConfiguration": {"Bucket": "labels"}}
    text = cloud.train(**RANGES, RoleArn=ROLE, LabelsInputConfiguration=labels)["ModelMetrics"]
    metrics = json.loads(text)
    assert len(text) <= 50_000
    assert 0 < len(metrics["labeled_ranges"]) < metrics["labeled_event_metrics"]["num_labeled"] == 1_000


def test_diagnostics_are_written_where_the_model_says(cloud: Cloud) -> None:
    spiky(cloud)
    cloud.s3.put("out", "x", "")
    output = {"S3OutputConfiguration": {"Bucket": "out", "Prefix": "diagnostics/"}}
    shown = cloud.train(**RANGES, RoleArn=ROLE, ModelDiagnosticsOutputConfiguration=output)
    version = cloud.source.describe_model_version(ModelName="wear", ModelVersion=1)
    place = version["ModelDiagnosticsResultsObject"]
    assert place["Key"].startswith("diagnostics/")
    assert place["Key"].endswith("/model_diagnostics_results.json.gz")
    assert (place["Bucket"], place["Key"]) in cloud.s3.objects
    assert shown["ModelDiagnosticsOutputConfiguration"] == output
    assert "ModelDiagnosticsResultsObject" not in shown


def test_diagnostics_are_written_as_they_come() -> None:
    written = io.BytesIO()
    sizes: list[int] = []

    class Storage(Bucket):
        @contextmanager
        def writer(self, role_arn: str, bucket: str, key: str) -> Iterator[BinaryIO]:
            yield written

    def lines() -> Iterator[bytes]:
        for seed in range(10):
            sizes.append(written.tell())
            yield Random(seed).randbytes(100_000)

    location = {"Bucket": "out", "Prefix": "d/"}
    Results(Keeper(ScratchBlobs()), Storage(), "arn:model/wear/0a/model-version/1", ROLE, location).write(lines())
    assert all(after > before + 50_000 for before, after in pairwise(sizes))


def test_diagnostics_are_shown_when_the_training_has_ended(cloud: Cloud) -> None:
    cloud.active_dataset()
    cloud.s3.put("out", "x", "")
    output = {"S3OutputConfiguration": {"Bucket": "out"}}
    cloud.source.create_model(
        ModelName="wear", DatasetName="pumps", RoleArn=ROLE, ModelDiagnosticsOutputConfiguration=output
    )
    during = cloud.source.describe_model_version(ModelName="wear", ModelVersion=1)
    assert "ModelDiagnosticsResultsObject" not in during
    until_over(lambda: cloud.source.describe_model(ModelName="wear"))
    shown = cloud.source.describe_model_version(ModelName="wear", ModelVersion=1)["ModelDiagnosticsResultsObject"]
    assert (shown["Bucket"], shown["Key"]) in cloud.s3.objects


def test_a_training_that_fails_writes_no_diagnostics(cloud: Cloud) -> None:
    cloud.active_dataset()
    cloud.s3.put("out", "x", "")
    cloud.backend.faults.add("CreateModel", Fault.fail("no"))
    output = {"S3OutputConfiguration": {"Bucket": "out"}}
    assert cloud.train(RoleArn=ROLE, ModelDiagnosticsOutputConfiguration=output)["FailedReason"] == "no"
    assert [key for bucket, key in cloud.s3.objects if bucket == "out"] == ["x"]


def test_the_diagnostics_say_of_each_row_of_the_evaluation_whether_it_is_anomalous(cloud: Cloud) -> None:
    spiky(cloud)
    found = diagnostics(cloud, **RANGES)
    assert (found[0]["timestamp"], found[-1]["timestamp"]) == (
        "2023-01-16T12:00:00.000000",
        "2023-01-24T12:00:00.000000",
    )
    assert next(one["timestamp"] for one in found if one["prediction"]) == "2023-01-18T12:00:00.000000"
    for one in found:
        assert one["prediction_reason"] == ("ANOMALY_DETECTED" if one["prediction"] else "NO_ANOMALY_DETECTED")
        assert (one["anomaly_score"] > 0.5) == bool(one["prediction"])
        assert sum(part["value"] for part in one["diagnostics"]) == pytest.approx(1, abs=1e-4)
        assert one["basis"] == "evaluation"


def test_the_diagnostics_say_what_each_sensor_read_and_what_was_expected_of_it(cloud: Cloud) -> None:
    spiky(cloud)
    [first, *_] = [one for one in diagnostics(cloud, **RANGES) if one["prediction"]]
    [flow] = [one for one in first["diagnostics"] if one["name"] == "pump1\\flow"]
    assert flow["seen"] == 500
    assert 5 < flow["expected"] < 15


def test_the_diagnostics_say_of_an_event_how_long_it_was_and_how_long_before_the_failure_it_was_noticed(
    cloud: Cloud,
) -> None:
    spiky(cloud)
    cloud.source.create_label_group(**GROUP)
    label(cloud, 17, 19)
    found = [one for one in diagnostics(cloud, **RANGES, LabelsInputConfiguration=GROUP) if one["prediction"]]
    [event] = {json.dumps(one["event"]) for one in found}
    times = [one["timestamp"] for one in found]
    lasted = datetime.fromisoformat(times[-1]) - datetime.fromisoformat(times[0])
    assert json.loads(event) == {
        "start": times[0],
        "end": times[-1],
        "duration_in_seconds": lasted.total_seconds(),
        "forewarning_in_seconds": 1.5 * 86_400,
    }


def test_the_diagnostics_say_when_the_asset_was_off(cloud: Cloud) -> None:
    spiky(cloud)
    found = diagnostics(cloud, **RANGES, OffCondition="pump1\\flow > 100")
    off = [one for one in found if one["prediction_reason"] == "MACHINE_OFF"]
    assert len(off) == 13
    assert off[0] == {
        "timestamp": "2023-01-18T12:00:00.000000",
        "prediction": 0,
        "prediction_reason": "MACHINE_OFF",
        "basis": "evaluation",
    }


def test_without_an_evaluation_the_diagnostics_are_of_the_training_data(cloud: Cloud) -> None:
    cloud.active_dataset()
    for name, end, count, basis in (("all", 23.5, 48, "held_out"), ("few", 9.5, 20, "training")):
        found = diagnostics(cloud, ModelName=name, TrainingDataEndTime=day(end))
        assert [one["basis"] for one in found] == count * [basis]


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
