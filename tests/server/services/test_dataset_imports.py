"""ImportDataset: copies within an account and across accounts."""

from __future__ import annotations

from typing import Any

import pytest

from lookout_server.faults import Fault
from tests.server.services.support import REGION, SOURCE, TARGET, Cloud, client_of, refused, until_over


@pytest.fixture
def shared(cloud: Cloud) -> str:
    """The ARN of a dataset that the target account may import."""
    arn = cloud.active_dataset()
    cloud.share(arn, action="ImportDataset")
    return arn


def finished(client: Any, name: str = "pumps") -> dict[str, Any]:
    return until_over(lambda: client.describe_dataset(DatasetName=name))


def test_an_import_shows_as_dataset_and_job_in_progress(cloud: Cloud, shared: str) -> None:
    made = cloud.target.import_dataset(SourceDatasetArn=shared)
    assert made["Status"] == "IMPORT_IN_PROGRESS"
    assert made["DatasetArn"].startswith(f"arn:aws:lookoutequipment:{REGION}:{TARGET}:dataset/pumps/")
    job = cloud.target.describe_data_ingestion_job(JobId=made["JobId"])
    assert (job["Status"], job["SourceDatasetArn"]) == ("IMPORT_IN_PROGRESS", shared)
    assert job["StatusDetail"] == "The import is in progress"


def test_an_import_copies_data_schema_and_statistics(cloud: Cloud, shared: str) -> None:
    made = cloud.target.import_dataset(SourceDatasetArn=shared, DatasetName="copy")
    copy = finished(cloud.target, "copy")
    original = cloud.source.describe_dataset(DatasetName="pumps")
    for member in ("Status", "Schema", "DataStartTime", "DataEndTime", "DataQualitySummary", "IngestedFilesSummary"):
        assert copy[member] == original[member]
    assert copy["SourceDatasetArn"] == shared
    assert "RoleArn" not in copy
    job = cloud.target.describe_data_ingestion_job(JobId=made["JobId"])
    source_job = cloud.source.list_data_ingestion_jobs()["DataIngestionJobSummaries"][0]["JobId"]
    original_job = cloud.source.describe_data_ingestion_job(JobId=source_job)
    assert (job["Status"], job["IngestedDataSize"]) == ("SUCCESS", original_job["IngestedDataSize"])
    statistics = cloud.target.list_sensor_statistics(DatasetName="copy")["SensorStatisticsSummaries"]
    assert statistics == cloud.source.list_sensor_statistics(DatasetName="pumps")["SensorStatisticsSummaries"]


def test_the_source_is_shown_while_the_import_goes_on(cloud: Cloud, shared: str) -> None:
    cloud.target.import_dataset(SourceDatasetArn=shared)
    assert cloud.target.describe_dataset(DatasetName="pumps")["SourceDatasetArn"] == shared


def test_an_imported_dataset_outlives_its_source(cloud: Cloud, shared: str) -> None:
    cloud.target.import_dataset(SourceDatasetArn=shared)
    cloud.source.delete_dataset(DatasetName="pumps")
    assert finished(cloud.target)["Status"] == "ACTIVE"


def test_within_an_account_no_policy_is_needed(cloud: Cloud) -> None:
    arn = cloud.active_dataset()
    cloud.source.import_dataset(SourceDatasetArn=arn, DatasetName="copy")
    assert finished(cloud.source, "copy")["Status"] == "ACTIVE"


def test_tags_and_key_are_those_of_the_request(cloud: Cloud, shared: str) -> None:
    cloud.source.tag_resource(ResourceArn=shared, Tags=[{"Key": "of", "Value": "source"}])
    made = cloud.target.import_dataset(
        SourceDatasetArn=shared, Tags=[{"Key": "of", "Value": "target"}], ServerSideKmsKeyId="k1"
    )
    tags = cloud.target.list_tags_for_resource(ResourceArn=made["DatasetArn"])["Tags"]
    assert tags == [{"Key": "of", "Value": "target"}]
    assert finished(cloud.target)["ServerSideKmsKeyId"] == f"arn:aws:kms:{REGION}:{TARGET}:key/k1"


def test_an_import_needs_the_permission_of_the_source(cloud: Cloud) -> None:
    arn = cloud.active_dataset()
    message = refused("AccessDeniedException", cloud.target.import_dataset, SourceDatasetArn=arn)
    assert arn in message
    assert cloud.target.list_datasets()["DatasetSummaries"] == []


def test_a_source_that_does_not_exist_is_not_found(cloud: Cloud, shared: str) -> None:
    for arn in (shared + "0", shared.replace("pumps", "fans"), shared.replace(SOURCE, "333333333333")):
        message = refused("ResourceNotFoundException", cloud.target.import_dataset, SourceDatasetArn=arn)
        assert message == f"The dataset {arn} does not exist"


def test_a_source_without_data_is_refused(cloud: Cloud) -> None:
    arn = cloud.dataset("empty")
    message = refused("ValidationException", cloud.source.import_dataset, SourceDatasetArn=arn, DatasetName="copy")
    assert "has no data" in message


def test_a_source_in_another_region_is_refused_unless_allowed(cloud: Cloud, shared: str) -> None:
    elsewhere = client_of(cloud.backend, TARGET, "us-east-1")
    refused("ValidationException", elsewhere.import_dataset, SourceDatasetArn=shared)
    cloud.settings.cross_region_imports = True
    elsewhere.import_dataset(SourceDatasetArn=shared)


def test_a_dataset_is_not_imported_onto_itself(cloud: Cloud) -> None:
    arn = cloud.active_dataset()
    message = refused("ValidationException", cloud.source.import_dataset, SourceDatasetArn=arn)
    assert "onto itself" in message


def test_a_source_in_progress_is_a_conflict(cloud: Cloud, shared: str) -> None:
    made = cloud.target.import_dataset(SourceDatasetArn=shared)
    refused("ConflictException", cloud.target.import_dataset, SourceDatasetArn=made["DatasetArn"], DatasetName="b")


def test_an_existing_dataset_of_the_name_is_overwritten(cloud: Cloud, shared: str) -> None:
    before = cloud.target.create_dataset(
        DatasetName="pumps", Tags=[{"Key": "mine", "Value": "yes"}], ServerSideKmsKeyId="k1"
    )
    made = cloud.target.import_dataset(SourceDatasetArn=shared, Tags=[{"Key": "other", "Value": "1"}])
    assert made["DatasetArn"] == before["DatasetArn"]
    after = finished(cloud.target)
    assert (after["Status"], after["SourceDatasetArn"]) == ("ACTIVE", shared)
    assert after["ServerSideKmsKeyId"].endswith("key/k1")
    tags = cloud.target.list_tags_for_resource(ResourceArn=made["DatasetArn"])["Tags"]
    assert tags == [{"Key": "other", "Value": "1"}]


def test_with_the_switch_an_existing_dataset_is_not_overwritten(cloud: Cloud, shared: str) -> None:
    cloud.settings.import_dataset_overwrites = False
    cloud.target.create_dataset(DatasetName="pumps")
    refused("ConflictException", cloud.target.import_dataset, SourceDatasetArn=shared)


def test_a_dataset_is_not_overwritten_or_deleted_while_it_is_imported(cloud: Cloud, shared: str) -> None:
    cloud.target.import_dataset(SourceDatasetArn=shared)
    message = refused("ConflictException", cloud.target.import_dataset, SourceDatasetArn=shared)
    assert "IMPORT_IN_PROGRESS" in message
    refused("ConflictException", cloud.target.delete_dataset, DatasetName="pumps")


def test_a_failed_import_shows_on_its_job_only(cloud: Cloud, shared: str) -> None:
    cloud.backend.faults.add("ImportDataset", Fault.fail("the key is disabled"))
    made = cloud.target.import_dataset(SourceDatasetArn=shared)
    assert finished(cloud.target)["Status"] == "CREATED"
    job = cloud.target.describe_data_ingestion_job(JobId=made["JobId"])
    assert (job["Status"], job["FailedReason"]) == ("FAILED", "the key is disabled")
    assert "IngestedDataSize" not in job


def test_a_failed_overwrite_leaves_the_data_as_it_was(cloud: Cloud, shared: str) -> None:
    cloud.target.import_dataset(SourceDatasetArn=shared)
    before = finished(cloud.target)
    cloud.backend.faults.add("ImportDataset", Fault.fail("no"))
    cloud.target.import_dataset(SourceDatasetArn=shared)
    after = finished(cloud.target)
    assert {**after, "ResponseMetadata": 0, "LastUpdatedAt": 0} == {**before, "ResponseMetadata": 0, "LastUpdatedAt": 0}
