"""What servers of earlier releases remember is read by this one, and written by this one as it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lookout_server.store.scratch import ScratchBlobs
from lookout_server.store.sqlite import MEMORY, SqliteDocuments
from tests.server.golden.written import HERE, RELEASE, dumped, lived, load
from tests.server.services import scheduling
from tests.server.services.support import Cloud
from tests.server.services.vision.material import DARK, picture
from tests.server.services.vision.support import Studio

RELEASES = sorted(HERE.glob("*.json"))


def store(release: Path, which: str) -> dict[str, Any]:
    documents, blobs = SqliteDocuments(MEMORY), ScratchBlobs()
    load(json.loads(release.read_text(encoding="utf-8"))[which], documents, blobs)
    return {"documents": documents, "blobs": blobs}


@pytest.fixture(params=RELEASES, ids=lambda release: release.stem)
def cloud(request: pytest.FixtureRequest) -> Cloud:
    return Cloud(**store(request.param, "plant"))


@pytest.fixture(params=RELEASES, ids=lambda release: release.stem)
def studio(request: pytest.FixtureRequest) -> Studio:
    return Studio(**store(request.param, "studio"))


def test_datasets_jobs_and_statistics_are_read(cloud: Cloud) -> None:
    assert cloud.source.describe_dataset(DatasetName="pumps")["Status"] == "ACTIVE"
    assert cloud.source.describe_dataset(DatasetName="copy")["Status"] == "ACTIVE"
    jobs = cloud.source.list_data_ingestion_jobs()["DataIngestionJobSummaries"]
    assert [cloud.source.describe_data_ingestion_job(JobId=job["JobId"])["Status"] for job in jobs] == ["SUCCESS"] * 2
    assert len(cloud.source.list_sensor_statistics(DatasetName="pumps")["SensorStatisticsSummaries"]) == 2


def test_versions_are_read(cloud: Cloud) -> None:
    versions = cloud.source.list_model_versions(ModelName="wear")["ModelVersionSummaries"]
    assert [(one["ModelVersion"], one["SourceType"], one["Status"]) for one in versions] == [
        (1, "TRAINING", "SUCCESS"),
        (2, "RETRAINING", "SUCCESS"),
    ]
    assert cloud.source.describe_model(ModelName="copy")["ActiveModelVersion"] == 1


def test_what_schedulers_did_is_read_and_they_go_on(cloud: Cloud) -> None:
    named = {"InferenceSchedulerName": "watch"}
    before = len(cloud.source.list_inference_executions(**named)["InferenceExecutionSummaries"])
    assert before >= 2
    assert cloud.source.describe_retraining_scheduler(ModelName="wear")["Status"] == "RUNNING"
    cloud.clock.advance(33 * 86_400)
    cloud.backend.tick()
    assert len(cloud.source.list_inference_executions(**named)["InferenceExecutionSummaries"]) > before


def test_labels_tags_and_policies_are_read(cloud: Cloud) -> None:
    [label] = cloud.source.list_labels(LabelGroupName="faults")["LabelSummaries"]
    assert label["FaultCode"] == "WEAR"
    arn = cloud.source.describe_dataset(DatasetName="pumps")["DatasetArn"]
    assert cloud.source.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "site", "Value": "north"}]
    cloud.target.import_dataset(SourceDatasetArn=arn)


def test_what_was_asked_is_answered_as_before(cloud: Cloud) -> None:
    cloud.clock.advance(31 * 86_400 + 1_200)
    arn = cloud.source.describe_inference_scheduler(InferenceSchedulerName="watch")["InferenceSchedulerArn"]
    assert scheduling.create(cloud, ClientToken="watch") == arn


def test_a_model_of_pictures_judges(studio: Studio) -> None:
    for shade, anomalous in ((picture(), False), (picture(spot=DARK), True)):
        answer = studio.vision.detect_anomalies(
            ProjectName="bottles", ModelVersion="1", Body=shade, ContentType="image/png"
        )
        assert answer["DetectAnomalyResult"]["IsAnomalous"] is anomalous


def test_this_release_writes_what_it_says_that_it_writes() -> None:
    """Who changes what is written changes the file of the release that is being made, and no other."""
    factory, shop = lived()
    now = {"plant": dumped(factory.documents, factory.blobs), "studio": dumped(shop.documents, shop.blobs)}
    then = json.loads((HERE / f"{RELEASE}.json").read_text(encoding="utf-8"))
    for which in now:
        assert _shape(now[which]) == _shape(then[which])


def _shape(dump: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """Which documents there are, and which members each has, also inside of others."""
    found = [("/".join(one["kind"].split("/")[:2]), sorted(_members(one["body"]))) for one in dump["documents"]]
    return sorted(found)


def _members(value: Any, path: str = "") -> set[str]:
    if isinstance(value, dict):
        return {name for key, item in value.items() for name in {f"{path}.{key}", *_members(item, f"{path}.{key}")}}
    if isinstance(value, list):
        return {name for item in value for name in _members(item, f"{path}[]")}
    return set()
