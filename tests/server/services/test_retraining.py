"""What a running retraining scheduler does. The clock begins on 2024-01-01, the data is of January 2023."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lookout_server.entities.blob import Keeper
from lookout_server.equipment.blocks import merged
from lookout_server.faults import Fault
from lookout_server.settings import Progress
from lookout_server.store.scratch import ScratchBlobs
from tests.server.services import scheduling
from tests.server.services.contents import Table, content_of, table
from tests.server.services.support import ROLE, Cloud, csv_text, refused, rows

DAY = 86_400
GROUP = {"LabelGroupName": "wearing"}
DUE = datetime(2024, 1, 31, tzinfo=UTC)
HOURS = timedelta(hours=1)


@pytest.fixture
def plant(cloud: Cloud) -> Cloud:
    """A cloud in which everything takes an hour, with a dataset that has a spike and an empty label group."""
    cloud.settings.progress = Progress.by_describes(0)
    lines = rows(48)
    lines[35][1] = "500"
    cloud.s3.put("data", "raw/pump1/a.csv", csv_text(lines))
    cloud.active_dataset()
    cloud.source.create_label_group(**GROUP)
    cloud.settings.progress = Progress.by_seconds(3_600)
    return cloud


def label(cloud: Cloud, start: float, end: float) -> None:
    """A label of an anomaly, from day to day of the data; the spike is on the days 17.5 and 18."""
    first = datetime(2023, 1, 1, tzinfo=UTC)
    span = {"StartTime": first + timedelta(days=start), "EndTime": first + timedelta(days=end)}
    cloud.source.create_label(**GROUP, **span, Rating="ANOMALY")


def wait(cloud: Cloud) -> None:
    cloud.clock.advance(3_600)


def train(cloud: Cloud, **more: Any) -> None:
    """Train the model `wear`, with the labels of the group."""
    cloud.source.create_model(ModelName="wear", DatasetName="pumps", LabelsInputConfiguration=GROUP, **more)
    wait(cloud)


def schedule(cloud: Cloud, **more: Any) -> None:
    """A scheduler whose first retraining is due on 2024-01-31."""
    cloud.source.create_retraining_scheduler(
        **{"ModelName": "wear", "RetrainingFrequency": "P30D", "LookbackWindow": "P720D", **more}
    )
    wait(cloud)


def until(cloud: Cloud, moment: datetime) -> None:
    """Let time pass until a moment."""
    cloud.clock.advance((moment - cloud.clock.now()).total_seconds())


def model(cloud: Cloud) -> dict[str, Any]:
    shown: dict[str, Any] = cloud.source.describe_model(ModelName="wear")
    return shown


def version(cloud: Cloud, number: int = 2) -> dict[str, Any]:
    shown: dict[str, Any] = cloud.source.describe_model_version(ModelName="wear", ModelVersion=number)
    return shown


def numbers(cloud: Cloud) -> list[int]:
    listed = cloud.source.list_model_versions(ModelName="wear", SourceType="RETRAINING")["ModelVersionSummaries"]
    return [one["ModelVersion"] for one in listed]


def retrained(cloud: Cloud, **more: Any) -> dict[str, Any]:
    """The description of version 2, after the first retraining."""
    schedule(cloud, **more)
    until(cloud, DUE + HOURS)
    return version(cloud)


def test_a_version_is_trained_when_the_date_has_come(plant: Cloud) -> None:
    train(plant)
    schedule(plant)
    until(plant, DUE - timedelta(seconds=1))
    assert (numbers(plant), "LatestScheduledRetrainingStatus" in model(plant)) == ([], False)
    until(plant, DUE)
    shown = version(plant)
    assert (shown["SourceType"], shown["Status"], shown["TrainingExecutionStartTime"]) == (
        "RETRAINING",
        "IN_PROGRESS",
        DUE,
    )
    assert "AutoPromotionResult" not in shown
    assert model(plant)["LatestScheduledRetrainingStatus"] == "IN_PROGRESS"
    until(plant, DUE + HOURS)
    shown = version(plant)
    assert (shown["Status"], shown["TrainingExecutionEndTime"]) == ("SUCCESS", DUE + HOURS)


def test_a_model_tells_of_its_latest_retraining(plant: Cloud) -> None:
    train(plant)
    retrained(plant)
    listed = plant.source.list_models()["ModelSummaries"][0]
    for shown in (model(plant), listed):
        assert shown["LatestScheduledRetrainingStatus"] == "SUCCESS"
        assert shown["LatestScheduledRetrainingModelVersion"] == 2
        assert shown["LatestScheduledRetrainingStartTime"] == DUE
        assert shown["NextScheduledRetrainingStartDate"] == DUE + timedelta(days=30)
    assert model(plant)["LatestScheduledRetrainingAvailableDataInDays"] == 24
    assert not {"LatestScheduledRetrainingFailedReason", "AccumulatedInferenceDataStartTime"} & set(model(plant))


def test_a_retrained_version_is_made_like_the_active_one(plant: Cloud) -> None:
    how = {
        "OffCondition": "pump1\\flow > 100",
        "DataPreProcessingConfiguration": {"TargetSamplingRate": "PT1H"},
        "RoleArn": ROLE,
        "ServerSideKmsKeyId": "key",
    }
    train(plant, **how)
    shown, first = retrained(plant), version(plant, 1)
    for member in (*how, "DatasetArn", "Schema", "LabelsInputConfiguration"):
        assert shown[member] == first[member]
    # The row of the spike is one during which the asset was off.
    assert (shown["TrainingDataStartTime"], shown["RetrainingAvailableDataInDays"]) == (
        datetime(2023, 1, 1, tzinfo=UTC),
        24,
    )


def test_the_data_is_that_of_the_lookback_window(plant: Cloud) -> None:
    train(plant)
    schedule(plant, LookbackWindow="P360D", RetrainingStartDate=datetime(2024, 1, 10, tzinfo=UTC))
    until(plant, datetime(2024, 1, 10, 1, tzinfo=UTC))
    shown = version(plant)
    # 360 days before 2024-01-10.
    assert shown["TrainingDataStartTime"] == datetime(2023, 1, 15, tzinfo=UTC)
    assert shown["TrainingDataEndTime"] == datetime(2023, 1, 24, 12, tzinfo=UTC)
    assert shown["RetrainingAvailableDataInDays"] == 10


def infer(cloud: Cloud, minute: float) -> datetime:
    """Let the inference scheduler `watch` process two rows, a minute apart; the time of the first."""
    until(cloud, scheduling.at(minute - 1))
    scheduling.send(cloud, minute + 1, scheduling.NORMAL, scheduling.NORMAL)
    until(cloud, scheduling.at(minute + 5))
    assert [one["Status"] for one in scheduling.executions(cloud, DataStartTimeAfter=scheduling.at(minute - 1))] == [
        "SUCCESS"
    ]
    return scheduling.at(minute + 1)


def test_inference_data_is_accumulated_and_used_beside_the_dataset(plant: Cloud) -> None:
    train(plant)
    scheduling.running(plant)
    first, last = infer(plant, 600), infer(plant, 900) + timedelta(minutes=1)
    shown = model(plant)
    assert (shown["AccumulatedInferenceDataStartTime"], shown["AccumulatedInferenceDataEndTime"]) == (first, last)
    plant.source.stop_inference_scheduler(InferenceSchedulerName="watch")
    plant.settings.progress = Progress.by_seconds(3_600)
    shown = retrained(plant)
    assert shown["TrainingDataStartTime"] == datetime(2023, 1, 1, tzinfo=UTC)
    assert (shown["TrainingDataEndTime"], shown["RetrainingAvailableDataInDays"]) == (last, 25)


def test_inference_data_outside_of_the_lookback_window_is_not_used(plant: Cloud) -> None:
    train(plant)
    scheduling.running(plant)
    infer(plant, 600)
    plant.source.stop_inference_scheduler(InferenceSchedulerName="watch")
    plant.settings.progress = Progress.by_seconds(3_600)
    schedule(plant, LookbackWindow="P180D", RetrainingStartDate=datetime(2024, 7, 1, tzinfo=UTC))
    until(plant, datetime(2024, 7, 1, 1, tzinfo=UTC))
    assert version(plant)["FailedReason"].startswith("There is no data between 2024-01-03")


def test_where_dataset_and_inference_data_overlap_the_dataset_counts() -> None:
    times = [datetime(2024, 1, day, tzinfo=UTC) for day in (1, 2, 3, 4)]
    pump = {"pump": Table((times[1], times[3]), {"flow": (1.0, None)})}
    accumulated = {"pump": Table(tuple(times[:3]), {"flow": (7.0, 8.0, 9.0)}), "fan": Table((times[0],), {"x": (5.0,)})}
    keeper = Keeper(ScratchBlobs())
    contents = [content_of(keeper, tables) for tables in (pump, accumulated)]
    assert table(["flow"], merged(contents, "pump", ["flow"])) == Table(tuple(times), {"flow": (7.0, 1.0, 9.0, None)})
    assert table(["x"], merged(contents, "fan", ["x"])) == accumulated["fan"]


@pytest.mark.parametrize(
    ("strategy", "before", "brought"),
    [
        ("NO_IMPORT", False, False),
        ("ADD_WHEN_EMPTY", False, True),
        ("ADD_WHEN_EMPTY", True, False),
        ("OVERWRITE", False, True),
        ("OVERWRITE", True, True),
        (None, False, False),
    ],
)
def test_an_import_brings_inference_data_along_as_its_strategy_says(
    plant: Cloud, strategy: str | None, before: bool, brought: bool
) -> None:
    train(plant)
    first = model(plant)["ActiveModelVersionArn"]
    scheduling.running(plant)
    infer(plant, 600)
    copy = {"SourceModelVersionArn": first, "ModelName": "copy", "DatasetName": "pumps"}
    if before:
        # What the copy has is the data of a time before the model got more.
        plant.source.import_model_version(**copy, InferenceDataImportStrategy="OVERWRITE")
    else:
        plant.source.import_model_version(**copy)
    plant.source.describe_model(ModelName="copy")
    infer(plant, 900)
    made = plant.source.import_model_version(**copy, **({"InferenceDataImportStrategy": strategy} if strategy else {}))
    shown = plant.source.describe_model(ModelName="copy")
    same = shown.get("AccumulatedInferenceDataEndTime") == model(plant)["AccumulatedInferenceDataEndTime"]
    assert same == brought
    number = made["ModelVersion"]
    size = plant.source.describe_model_version(ModelName="copy", ModelVersion=number)["ImportedDataSizeInBytes"]
    assert (size > len(version(plant, 1)["Schema"])) == brought


def test_without_labels_the_new_version_becomes_active(plant: Cloud) -> None:
    train(plant)
    shown = retrained(plant)
    assert (shown["AutoPromotionResult"], shown["ModelQuality"]) == ("MODEL_PROMOTED", "CANNOT_DETERMINE_QUALITY")
    assert not {"ModelMetrics", "PriorModelMetrics"} & set(shown)
    found = model(plant)
    assert (found["ActiveModelVersion"], found["PreviousActiveModelVersion"]) == (2, 1)
    assert found["ModelVersionActivatedAt"] == DUE + HOURS


def test_in_manual_mode_the_new_version_waits_for_its_activation(plant: Cloud) -> None:
    train(plant)
    shown = retrained(plant, PromoteMode="MANUAL")
    assert shown["AutoPromotionResult"] == "MODEL_NOT_PROMOTED"
    assert shown["AutoPromotionResultReason"] == "The promote mode of the retraining scheduler is MANUAL"
    assert model(plant)["ActiveModelVersion"] == 1
    plant.source.update_active_model_version(ModelName="wear", ModelVersion=2)
    assert model(plant)["ActiveModelVersion"] == 2


def test_a_version_that_lost_its_labels_does_not_become_active(plant: Cloud) -> None:
    label(plant, 17, 18.5)
    train(plant)
    found = plant.source.list_labels(**GROUP)["LabelSummaries"][0]["LabelId"]
    plant.source.delete_label(**GROUP, LabelId=found)
    shown = retrained(plant)
    assert shown["AutoPromotionResult"] == "MODEL_NOT_PROMOTED"
    assert shown["AutoPromotionResultReason"] == "Only the active version was trained with labels"
    assert not {"ModelMetrics", "PriorModelMetrics"} & set(shown)
    assert model(plant)["ActiveModelVersion"] == 1


@pytest.mark.parametrize(
    ("span", "result", "reason", "quality"),
    [
        ((17, 18.5), "MODEL_PROMOTED", "AUTO_PROMOTION_SUCCESSFUL", "QUALITY_THRESHOLD_MET"),
        ((2, 3), "MODEL_NOT_PROMOTED", "POOR_MODEL_QUALITY_DETECTED", "POOR_QUALITY_DETECTED"),
    ],
)
def test_a_version_with_the_first_labels_becomes_active_if_it_is_good_enough(
    plant: Cloud, span: tuple[float, float], result: str, reason: str, quality: str
) -> None:
    train(plant)
    label(plant, *span)
    shown = retrained(plant)
    assert (shown["AutoPromotionResult"], shown["AutoPromotionResultReason"]) == (result, reason)
    assert (shown["ModelQuality"], "PriorModelMetrics" in shown) == (quality, False)
    assert json.loads(shown["ModelMetrics"])["labels_present"] is True


def test_of_two_versions_with_labels_the_better_one_becomes_active(plant: Cloud) -> None:
    # The first version is trained with the spike only, which it takes for normal.
    lines = rows(150)
    for line in lines[30:40]:
        line[1] = "500"
    lines[35][2] = "90"
    plant.s3.put("data", "raw/pump1/a.csv", csv_text(lines))
    plant.settings.progress = Progress.by_describes(0)
    plant.ingest()
    plant.settings.progress = Progress.by_seconds(3_600)
    label(plant, 5, 6)
    train(plant)
    label(plant, 14.9, 19.6)
    shown = retrained(plant)
    assert (shown["AutoPromotionResult"], shown["AutoPromotionResultReason"]) == (
        "MODEL_PROMOTED",
        "AUTO_PROMOTION_SUCCESSFUL",
    )
    metrics = [json.loads(shown[member]) for member in ("ModelMetrics", "PriorModelMetrics")]
    new, prior = (one["model_version_metrics"] for one in metrics)
    assert new["mean_fractional_lead_time"] > prior["mean_fractional_lead_time"]
    assert model(plant)["PriorModelMetrics"] == shown["PriorModelMetrics"]


def test_a_version_that_is_no_better_does_not_become_active(plant: Cloud) -> None:
    label(plant, 17, 18.5)
    train(plant)
    shown = retrained(plant)
    assert shown["AutoPromotionResult"] == "MODEL_NOT_PROMOTED"
    assert shown["AutoPromotionResultReason"] == "MODEL_METRICS_DIDNT_IMPROVE"
    assert shown["ModelMetrics"] == shown["PriorModelMetrics"]
    assert model(plant)["ActiveModelVersion"] == 1
    assert "PriorModelMetrics" not in model(plant)


def test_versions_are_compared_by_what_neither_has_learned_when_there_are_labels_in_it(plant: Cloud) -> None:
    label(plant, 17, 18.5)
    train(plant)
    scheduling.running(plant)
    scheduling.send(plant, 61, *6 * [scheduling.NORMAL], *6 * [scheduling.ODD])
    until(plant, scheduling.at(80))
    plant.source.stop_inference_scheduler(InferenceSchedulerName="watch")
    plant.settings.progress = Progress.by_seconds(3_600)
    plant.source.create_label(**GROUP, StartTime=scheduling.at(67), EndTime=scheduling.at(75), Rating="ANOMALY")
    shown = retrained(plant)
    for member in ("ModelMetrics", "PriorModelMetrics"):
        metrics = json.loads(shown[member])
        assert metrics["data_start_time"] == "2023-01-24"
        assert [one["start"] for one in metrics["labeled_ranges"]] == ["2024-01-01T01:07:00.000000"]
        assert all(one["start"] > "2023-01-25" for one in metrics["predicted_ranges"])


def test_the_metrics_of_a_retrained_version_say_that_its_rows_were_held_out(plant: Cloud) -> None:
    label(plant, 17, 18.5)
    train(plant)
    [note] = json.loads(retrained(plant)["ModelMetrics"])["notes"]
    assert note.startswith("The figures are of the training range, each block of it judged by what was learned")


def test_labels_are_fetched_anew_from_where_the_model_says(plant: Cloud) -> None:
    train(plant)
    plant.s3.put("labels", "l.csv", "2023-01-18T00:00:00,2023-01-19T00:00:00\n")
    source = {"S3InputConfiguration": {"Bucket": "labels", "Prefix": ""}}
    plant.source.update_model(ModelName="wear", LabelsInputConfiguration=source, RoleArn=ROLE)
    shown = retrained(plant)
    assert shown["LabelsInputConfiguration"] == source
    assert len(json.loads(shown["ModelMetrics"])["labeled_ranges"]) == 1


def test_diagnostics_are_written_of_the_whole_range(plant: Cloud) -> None:
    train(plant)
    plant.s3.put("out", "x", "")
    output = {"S3OutputConfiguration": {"Bucket": "out", "Prefix": "d/"}}
    plant.source.update_model(ModelName="wear", ModelDiagnosticsOutputConfiguration=output, RoleArn=ROLE)
    place = retrained(plant)["ModelDiagnosticsResultsObject"]
    assert place["Key"].endswith("/model-version-2/model_diagnostics_results.json.gz")
    text = gzip.decompress(plant.s3.objects[(place["Bucket"], place["Key"])]).decode()
    assert len(text.splitlines()) == 48


def test_retraining_needs_no_request(plant: Cloud) -> None:
    train(plant)
    plant.s3.put("out", "x", "")
    output = {"S3OutputConfiguration": {"Bucket": "out"}}
    plant.source.update_model(ModelName="wear", ModelDiagnosticsOutputConfiguration=output, RoleArn=ROLE)
    schedule(plant)
    for moment in (DUE, DUE + HOURS):
        until(plant, moment)
        plant.backend.tick()
    assert len([key for bucket, key in plant.s3.objects if bucket == "out"]) == 2


def test_a_retraining_that_fails_leaves_the_active_version(plant: Cloud) -> None:
    train(plant)
    schedule(plant, LookbackWindow="P180D")
    until(plant, DUE)
    assert version(plant)["Status"] == "IN_PROGRESS"
    until(plant, DUE + HOURS)
    shown = version(plant)
    assert (shown["Status"], shown["AutoPromotionResult"]) == ("FAILED", "RETRAINING_CUSTOMER_ERROR")
    assert shown["FailedReason"].startswith("There is no data between 2023-08-04")
    assert shown["AutoPromotionResultReason"] == shown["FailedReason"]
    found = model(plant)
    assert found["ActiveModelVersion"] == 1
    assert found["LatestScheduledRetrainingStatus"] == "FAILED"
    assert found["LatestScheduledRetrainingFailedReason"] == shown["FailedReason"]
    assert found["NextScheduledRetrainingStartDate"] == DUE + timedelta(days=30)


@pytest.mark.parametrize("missing", ["bucket", "group", "dataset", "diagnostics"])
def test_a_retraining_fails_without_what_it_needs(plant: Cloud, missing: str) -> None:
    train(plant)
    if missing == "bucket":
        source = {"S3InputConfiguration": {"Bucket": "labels"}}
        plant.source.update_model(ModelName="wear", LabelsInputConfiguration=source, RoleArn=ROLE)
        expected = "The labels in s3://labels/ cannot be read: the bucket labels does not exist"
    elif missing == "group":
        plant.settings.label_group_deletion_blocked_by_models = False
        plant.source.delete_label_group(**GROUP)
        expected = "The label group wearing does not exist"
    elif missing == "dataset":
        plant.settings.dataset_deletion_blocked_by_models = False
        plant.source.delete_dataset(DatasetName="pumps")
        expected = "The dataset pumps does not exist any more"
    else:
        output = {"S3OutputConfiguration": {"Bucket": "nowhere"}}
        plant.source.update_model(ModelName="wear", ModelDiagnosticsOutputConfiguration=output, RoleArn=ROLE)
        expected = "The diagnostics cannot be written to s3://nowhere/"
    shown = retrained(plant)
    assert shown["FailedReason"].startswith(expected)
    assert shown["AutoPromotionResult"] == "RETRAINING_CUSTOMER_ERROR"


def test_a_dataset_that_lost_sensors_fails_the_retraining(plant: Cloud) -> None:
    train(plant)
    plant.settings.dataset_deletion_blocked_by_models = False
    plant.s3.put("other", "raw/pump1/a.csv", csv_text([line[:2] for line in rows(9)], ["Timestamp", "flow"]))
    plant.dataset("other")
    plant.source.start_data_ingestion_job(
        DatasetName="other",
        RoleArn=ROLE,
        IngestionInputConfiguration={
            "S3InputConfiguration": {"Bucket": "other", "Prefix": "raw/", "KeyPattern": "{prefix}/{component_name}/*"}
        },
    )
    wait(plant)
    source = plant.source.describe_dataset(DatasetName="other")["DatasetArn"]
    plant.source.import_dataset(SourceDatasetArn=source, DatasetName="pumps")
    wait(plant)
    assert retrained(plant)["FailedReason"] == (
        "The dataset pumps: the dataset does not have 1 of the sensors: pump1\\heat"
    )


def test_the_next_number_follows_the_highest(plant: Cloud) -> None:
    train(plant)
    first = model(plant)["ActiveModelVersionArn"]
    plant.source.import_model_version(SourceModelVersionArn=first, DatasetName="pumps")
    wait(plant)
    schedule(plant)
    until(plant, DUE)
    assert numbers(plant) == [3]


def test_retraining_goes_on_from_date_to_date(plant: Cloud) -> None:
    train(plant)
    schedule(plant)
    until(plant, DUE + timedelta(days=61))
    listed = plant.source.list_model_versions(ModelName="wear", MinModelVersion=2)["ModelVersionSummaries"]
    assert [(one["ModelVersion"], one["CreatedAt"]) for one in listed] == [
        (2, DUE),
        (3, DUE + timedelta(days=30)),
        (4, DUE + timedelta(days=60)),
    ]
    assert {one["Status"] for one in listed} == {"SUCCESS"}
    assert model(plant)["NextScheduledRetrainingStartDate"] == DUE + timedelta(days=90)


def test_retrainings_that_are_late_come_one_after_the_other(plant: Cloud) -> None:
    plant.settings.training_progress = Progress.by_seconds(40 * DAY)
    plant.source.create_model(ModelName="wear", DatasetName="pumps")
    plant.clock.advance(40 * DAY)
    start = datetime(2024, 3, 1, tzinfo=UTC)
    schedule(plant, RetrainingStartDate=start)
    until(plant, start + timedelta(days=125))
    listed = plant.source.list_model_versions(ModelName="wear", MinModelVersion=2)["ModelVersionSummaries"]
    # Due are the days 0, 30, 60, 90 and 120; each takes 40 days.
    assert [(one["CreatedAt"] - start).days for one in listed] == [0, 40, 80, 120]
    assert [one["Status"] for one in listed] == ["SUCCESS", "SUCCESS", "SUCCESS", "IN_PROGRESS"]


def test_by_describes_the_next_one_waits_until_the_one_before_was_seen_to_end(plant: Cloud) -> None:
    train(plant)
    schedule(plant)
    assert model(plant)["RetrainingSchedulerStatus"] == "RUNNING"
    plant.settings.progress = Progress.by_describes(1)
    until(plant, DUE + timedelta(days=40))
    assert numbers(plant) == [2]
    assert version(plant)["Status"] == "IN_PROGRESS"
    assert version(plant)["Status"] == "SUCCESS"
    assert numbers(plant) == [2, 3]


def test_a_retraining_waits_for_an_import_into_its_model(plant: Cloud) -> None:
    train(plant)
    schedule(plant)
    until(plant, DUE - timedelta(minutes=30))
    first = model(plant)["ActiveModelVersionArn"]
    plant.source.import_model_version(SourceModelVersionArn=first, DatasetName="pumps")
    until(plant, DUE + timedelta(minutes=20))
    assert numbers(plant) == []
    until(plant, DUE + timedelta(minutes=40))
    assert version(plant, 3)["TrainingExecutionStartTime"] == DUE + timedelta(minutes=30)


def test_a_stopped_scheduler_retrains_nothing_and_makes_up_for_nothing(plant: Cloud) -> None:
    train(plant)
    schedule(plant)
    plant.source.stop_retraining_scheduler(ModelName="wear")
    until(plant, DUE + timedelta(days=45))
    assert numbers(plant) == []
    plant.source.start_retraining_scheduler(ModelName="wear")
    wait(plant)
    assert (numbers(plant), model(plant)["NextScheduledRetrainingStartDate"]) == ([], DUE + timedelta(days=60))


def test_a_retraining_goes_on_while_its_scheduler_is_stopped_and_deleted(plant: Cloud) -> None:
    train(plant)
    schedule(plant)
    plant.settings.training_progress = Progress.by_seconds(DAY)
    until(plant, DUE)
    plant.source.stop_retraining_scheduler(ModelName="wear")
    wait(plant)
    plant.source.delete_retraining_scheduler(ModelName="wear")
    assert version(plant)["Status"] == "IN_PROGRESS"
    until(plant, DUE + timedelta(days=1))
    assert version(plant)["AutoPromotionResult"] == "MODEL_PROMOTED"
    shown = model(plant)
    assert (shown["ActiveModelVersion"], shown["LatestScheduledRetrainingModelVersion"]) == (2, 2)
    assert not {"RetrainingSchedulerStatus", "NextScheduledRetrainingStartDate"} & set(shown)


def test_a_start_on_the_day_of_a_retraining_does_not_repeat_it(plant: Cloud) -> None:
    train(plant)
    retrained(plant)
    plant.source.stop_retraining_scheduler(ModelName="wear")
    wait(plant)
    plant.source.start_retraining_scheduler(ModelName="wear")
    wait(plant)
    assert (numbers(plant), model(plant)["NextScheduledRetrainingStartDate"]) == ([2], DUE + timedelta(days=30))


@pytest.mark.parametrize(
    ("frequency", "dates"),
    [
        ("P1M", ["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30"]),
        ("P1M15D", ["2024-01-31", "2024-03-15", "2024-04-30", "2024-06-14"]),
        ("P45D", ["2024-01-31", "2024-03-16", "2024-04-30", "2024-06-14"]),
    ],
)
def test_dates_are_counted_from_the_start_date(plant: Cloud, frequency: str, dates: list[str]) -> None:
    train(plant)
    schedule(plant, RetrainingFrequency=frequency, RetrainingStartDate=DUE)
    found = []
    for _ in dates:
        due = model(plant)["NextScheduledRetrainingStartDate"]
        found.append(due.strftime("%Y-%m-%d"))
        until(plant, due + HOURS)
    assert found == dates


def test_a_start_date_in_the_past_is_where_counting_begins(plant: Cloud) -> None:
    train(plant)
    schedule(plant, RetrainingStartDate=datetime(2023, 12, 20, tzinfo=UTC))
    assert (numbers(plant), model(plant)["NextScheduledRetrainingStartDate"]) == (
        [],
        datetime(2024, 1, 19, tzinfo=UTC),
    )


def test_a_model_that_is_retrained_is_neither_changed_nor_deleted(plant: Cloud) -> None:
    train(plant)
    schedule(plant)
    until(plant, DUE)
    for operation in (plant.source.update_model, plant.source.delete_model):
        assert "(version 2)" in refused("ConflictException", operation, ModelName="wear")


def test_the_status_of_a_model_is_that_of_its_retraining_after_a_failed_import(plant: Cloud) -> None:
    train(plant)
    first = model(plant)["ActiveModelVersionArn"]
    plant.backend.faults.add("ImportModelVersion", Fault.fail("no"))
    plant.source.import_model_version(SourceModelVersionArn=first, DatasetName="pumps")
    wait(plant)
    schedule(plant)
    assert model(plant)["Status"] == "FAILED"
    until(plant, DUE + HOURS)
    assert (model(plant)["Status"], model(plant)["ActiveModelVersion"]) == ("SUCCESS", 3)


def test_a_retrained_version_can_be_imported(plant: Cloud) -> None:
    label(plant, 17, 18.5)
    train(plant)
    arn = retrained(plant)["ModelVersionArn"]
    plant.source.import_model_version(SourceModelVersionArn=arn, DatasetName="pumps", ModelName="copy")
    wait(plant)
    shown = plant.source.describe_model_version(ModelName="copy", ModelVersion=1)
    assert (shown["Status"], shown["ModelMetrics"]) == ("SUCCESS", version(plant)["ModelMetrics"])
    assert "AutoPromotionResult" not in shown
