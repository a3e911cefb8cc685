"""How inference judges the rows of its windows."""

from __future__ import annotations

import pytest

from lookout_server.detection.sensors import store
from lookout_server.equipment import artefacts
from lookout_server.settings import Progress
from tests.server.services.scheduling import NORMAL, ODD, at, create, executions, results, running, send
from tests.server.services.support import Cloud
from tests.server.services.test_inference import advance, events, failure, run

#: Rows as those of the training.
PATTERN = [(10.0 + i % 3, 20.0 + i % 5) for i in range(60)]


@pytest.fixture(autouse=True)
def _version(cloud: Cloud) -> None:
    cloud.trained_model("wear")


def test_the_anomaly_score_passes_one_half_where_a_row_becomes_anomalous_and_grows_with_what_is_wrong(
    cloud: Cloud,
) -> None:
    running(cloud, DataUploadFrequency="PT1H")
    for window, heat in enumerate((22.0, 25.0, 30.0)):
        send(cloud, 60 * window + 1, *PATTERN[:20], (11.0, heat))
        advance(cloud, 60)
    last = [results(cloud, one)[-1] for one in executions(cloud)]
    scores = [line["anomaly_score"] for line in last]
    assert [line["prediction"] for line in last] == [int(score >= 0.5) for score in scores] == [0, 1, 1]
    assert scores == sorted(set(scores))


def test_windows_get_the_scores_that_their_rows_have_all_at_once(cloud: Cloud) -> None:
    cloud.settings.progress = Progress.by_seconds(0)
    cloud.source.create_model(ModelName="same", DatasetName="pumps")
    running(cloud)
    output = {"S3OutputConfiguration": {"Bucket": "out", "Prefix": "all/"}}
    create(
        cloud,
        InferenceSchedulerName="all",
        ModelName="same",
        DataUploadFrequency="PT1H",
        DataOutputConfiguration=output,
    )
    for minute in range(0, 60, 5):
        send(cloud, minute + 1, *PATTERN[minute : minute + 4], ODD)
        advance(cloud, 5)
    by_window = [line for one in executions(cloud) for line in results(cloud, one)]
    [whole] = cloud.source.list_inference_executions(InferenceSchedulerName="all")["InferenceExecutionSummaries"]
    at_once = results(cloud, whole)
    assert len(at_once) == 60
    assert [line["anomaly_score"] for line in by_window] == pytest.approx(
        [line["anomaly_score"] for line in at_once], abs=2e-5
    )


def test_an_alarm_ends_some_rows_after_what_was_wrong(cloud: Cloud) -> None:
    running(cloud, DataUploadFrequency="PT1H")
    send(cloud, 1, *PATTERN[:20], ODD, *PATTERN[21:58])
    advance(cloud, 60)
    [event] = events(cloud)
    assert event["EventStartTime"] == at(21)
    assert event["EventEndTime"] < at(56)


def test_a_model_that_this_release_cannot_read_fails_the_run(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    artefacts._MODELS.clear()
    monkeypatch.setattr(store, "FORMAT", 99)
    run(cloud, NORMAL)
    assert failure(cloud) == (
        "The model of version 1 cannot be read: manifest.json: got the format 1, expected 99; "
        "use the release that wrote it"
    )
