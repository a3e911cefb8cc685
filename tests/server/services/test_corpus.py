"""Sensor data, labels and schemas as they come: read, and sent through the service's API."""

from __future__ import annotations

import math
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookout_files.text_files import LONGEST
from lookout_server.equipment.csv_files import Unusable
from lookout_server.equipment.files import Files
from lookout_server.equipment.labeled_ranges import Labels
from lookout_server.equipment.training import TrainingFailed
from tests.corpus.cases import Case, cases
from tests.server.services.fast_reading import read
from tests.server.services.scheduling import START, executions, running
from tests.server.services.support import ROLE, Bucket, Cloud, csv_text, refused, rows, until_over

MOST = 3_000
SENSORS = ("flow", "heat")
LABELS = {"S3InputConfiguration": {"Bucket": "labels", "Prefix": "in/"}}


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def shown(value: float | None) -> float | str:
    """A value as the expectations have it."""
    return "missing" if value is None else "invalid" if math.isnan(value) else value


def count(case: Case, mark: str) -> int:
    """How many values of a file are missing, or invalid."""
    return sum(case.expected.get(name, []).count(mark) for name in SENSORS)


@pytest.mark.parametrize("case", cases("sensors"))
def test_sensor_data_are_read_or_refused(case: Case) -> None:
    if case.error:
        with pytest.raises(Unusable) as caught:
            read(case.name, case.content, most=MOST)
        assert str(caught.value).startswith(case.error)
        return
    file = read(case.name, case.content, most=MOST)
    assert file.times == [moment(text) for text in case.expected["times"]]
    columns = {name: [shown(value) for value in column] for name, column in file.columns.items()}
    assert columns == {name: case.expected[name] for name in SENSORS if name in case.expected}
    assert file.unsupported == case.expected.get("unsupported", 0)


@pytest.mark.parametrize("case", cases("sensors"))
def test_an_ingestion_of_sensor_data_says_what_it_found(cloud: Cloud, case: Case) -> None:
    cloud.s3.put("data", f"raw/pump1/{case.name}", case.content)
    job = ingested(cloud)
    if case.error:
        assert job["Status"] == "FAILED"
        assert f"s3://data/raw/pump1/{case.name}: {case.error}" in job["FailedReason"]
        return
    assert job["Status"] == "SUCCESS"
    assert (job["DataStartTime"], job["DataEndTime"]) == tuple(
        milliseconds(moment(case.expected["times"][end])) for end in (0, -1)
    )
    quality = job["DataQualitySummary"]
    assert quality["MissingSensorData"]["TotalNumberOfMissingValues"] == count(case, "missing")
    assert quality["InvalidSensorData"]["TotalNumberOfInvalidValues"] == count(case, "invalid")
    unsupported = quality["UnsupportedTimestamps"]["TotalNumberOfUnsupportedTimestamps"]
    assert unsupported == case.expected.get("unsupported", 0)


def ingested(cloud: Cloud) -> dict[str, Any]:
    """The description of a job that has ingested all files of `data`."""
    cloud.dataset()
    job = cloud.source.start_data_ingestion_job(
        DatasetName="pumps",
        IngestionInputConfiguration={
            "S3InputConfiguration": {"Bucket": "data", "Prefix": "raw/", "KeyPattern": "{prefix}/{component_name}/*"}
        },
        RoleArn=ROLE,
    )
    return until_over(lambda: cloud.source.describe_data_ingestion_job(JobId=job["JobId"]))


def milliseconds(time: datetime) -> datetime:
    """A time as the API tells it."""
    return time.replace(microsecond=time.microsecond // 1_000 * 1_000)


@pytest.mark.parametrize("case", cases("sensors", generated=False))
def test_inference_reads_as_ingestion_does(cloud: Cloud, case: Case) -> None:
    cloud.trained_model("wear")
    running(cloud)
    key = "in/pump1-20240101000000.csv"
    cloud.s3.put("data", key, case.content)
    cloud.clock.advance(300)
    (execution,) = executions(cloud)
    if case.error:
        assert f"The data file s3://data/{key} cannot be used: {case.error}" in execution["FailedReason"]
    elif "heat" not in case.expected:
        assert "it has no column 'heat'" in execution["FailedReason"]
    else:
        # A run reads what is after the beginning of its window, up to the end.
        end = START + timedelta(minutes=5)
        rows_within = [text for text in case.expected["times"] if START < moment(text) <= end]
        assert execution["Status"] == ("SUCCESS" if rows_within else "FAILED")


@pytest.mark.parametrize("case", cases("labels"))
def test_labels_are_read_or_refused(case: Case) -> None:
    bucket = Bucket()
    bucket.put("labels", f"in/{case.name}", case.content)
    labels = Labels(files=Files(bucket, ROLE, {"Bucket": "labels", "Prefix": "in/"}))
    if case.error:
        with pytest.raises(TrainingFailed) as caught:
            labels.read(2**30)
        message = f"The labels in s3://labels/in/{case.name} cannot be read: {case.error}"
        assert str(caught.value).startswith(message)
        return
    assert [list(span) for span in labels.read(2**30)] == [
        [moment(text) for text in span] for span in case.expected["ranges"]
    ]


@pytest.mark.parametrize("case", cases("labels"))
def test_a_training_with_labels_says_what_is_wrong_with_them(cloud: Cloud, case: Case) -> None:
    cloud.active_dataset()
    cloud.s3.put("labels", f"in/{case.name}", case.content)
    model = cloud.train(RoleArn=ROLE, LabelsInputConfiguration=LABELS)
    assert model["Status"] == ("FAILED" if case.error else "SUCCESS")
    assert case.error in model.get("FailedReason", "")


@pytest.mark.parametrize("case", cases("schemas", generated=False))
def test_a_schema_is_taken_or_refused(cloud: Cloud, case: Case) -> None:
    try:
        text = case.content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return  # no client could send it
    inline = {"InlineDataSchema": text}
    if not case.error:
        cloud.source.create_dataset(DatasetName="pumps", DatasetSchema=inline)
        return
    message = refused("ValidationException", cloud.source.create_dataset, DatasetName="pumps", DatasetSchema=inline)
    if case.name not in ("nul.json", "empty.json"):  # the API has words of its own for these
        assert case.error in message


@given(st.binary(max_size=300), st.booleans())
def test_nothing_but_rows_or_an_unusable_file_is_ever_the_outcome_of_reading_one(content: bytes, headed: bool) -> None:
    body = b"Timestamp,flow\n2024-01-01 00:00,1\n" + content if headed else content
    with suppress(Unusable):
        file = read("a.csv", body, most=MOST)
        assert all(len(column) == len(file.times) for column in file.columns.values())


@given(st.text(alphabet=st.sampled_from('0123456789-:. ,"T\r\n٣Z'), max_size=80))
def test_what_looks_like_sensor_data_is_read_or_refused(text: str) -> None:
    with suppress(Unusable):
        file = read("a.csv", f"Timestamp,flow,heat\n{text}".encode(), most=MOST)
        assert {len(column) for column in file.columns.values()} == {len(file.times)}


def test_a_file_of_good_data_beside_a_bad_one_is_ingested_and_the_bad_one_told(cloud: Cloud) -> None:
    cloud.s3.put("data", "raw/pump1/good.csv", csv_text(rows(3)))
    cloud.s3.put("data", "raw/pump1/bad.csv", b"x" * (LONGEST + 1))
    assert ingested(cloud)["IngestedFilesSummary"]["DiscardedFiles"] == [{"Bucket": "data", "Key": "raw/pump1/bad.csv"}]
