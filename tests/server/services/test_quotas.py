"""Quotas: of things that exist and of work in progress."""

from __future__ import annotations

import pytest

from tests.server.services.support import ROLE, Cloud, csv_text, location, refused, rows, schema, until_over

QUOTA = "ServiceQuotaExceededException"


def test_datasets_are_limited(cloud: Cloud) -> None:
    for index in range(15):
        cloud.dataset(f"d{index}")
    message = refused(QUOTA, cloud.source.create_dataset, DatasetName="more")
    assert message == "Datasets (L-06FBA868): the account has 15, the quota is 15"
    cloud.source.delete_dataset(DatasetName="d0")
    cloud.dataset("more")


def test_imported_datasets_count_but_overwritten_ones_do_not(cloud: Cloud) -> None:
    arn = cloud.active_dataset("a")
    cloud.dataset("b")
    cloud.settings.quotas.datasets = 2
    refused(QUOTA, cloud.source.import_dataset, SourceDatasetArn=arn, DatasetName="c")
    cloud.source.import_dataset(SourceDatasetArn=arn, DatasetName="b")


def test_models_are_limited(cloud: Cloud) -> None:
    source = cloud.trained_model("wear")
    cloud.settings.quotas.models = 1
    message = refused(QUOTA, cloud.source.create_model, ModelName="b", DatasetName="pumps")
    assert message.startswith("Models (L-E03BD5FA)")
    refused(QUOTA, cloud.source.import_model_version, SourceModelVersionArn=source, ModelName="b", DatasetName="pumps")
    cloud.source.import_model_version(SourceModelVersionArn=source, DatasetName="pumps")


def test_label_groups_are_limited(cloud: Cloud) -> None:
    cloud.settings.quotas.label_groups = 1
    cloud.source.create_label_group(LabelGroupName="a")
    message = refused(QUOTA, cloud.source.create_label_group, LabelGroupName="b")
    assert message.startswith("Label groups (L-1CCF155B)")


def test_trainings_in_progress_are_limited_until_one_ends(cloud: Cloud) -> None:
    cloud.active_dataset()
    for index in range(5):
        cloud.source.create_model(ModelName=f"m{index}", DatasetName="pumps")
    message = refused(QUOTA, cloud.source.create_model, ModelName="more", DatasetName="pumps")
    assert message == "Pending models (L-B52F37B8): the account has 5, the quota is 5"
    until_over(lambda: cloud.source.describe_model(ModelName="m0"))
    cloud.source.create_model(ModelName="more", DatasetName="pumps")


def test_ingestions_in_progress_are_limited(cloud: Cloud) -> None:
    cloud.settings.quotas.pending_data_ingestion_jobs = 1
    cloud.s3.put("data", "raw/p/a.csv", csv_text(rows(3)))
    configuration = location("data", "raw/", "{prefix}/{component_name}/*")
    for name in ("a", "b"):
        cloud.dataset(name)
    cloud.source.start_data_ingestion_job(DatasetName="a", IngestionInputConfiguration=configuration, RoleArn=ROLE)
    message = refused(
        QUOTA,
        cloud.source.start_data_ingestion_job,
        DatasetName="b",
        IngestionInputConfiguration=configuration,
        RoleArn=ROLE,
    )
    assert message.startswith("Pending data ingestion jobs (L-B987A6C9)")


def test_imports_of_datasets_in_progress_are_limited(cloud: Cloud) -> None:
    cloud.settings.quotas.import_dataset_jobs_in_progress = 1
    arn = cloud.active_dataset()
    cloud.source.import_dataset(SourceDatasetArn=arn, DatasetName="a")
    message = refused(QUOTA, cloud.source.import_dataset, SourceDatasetArn=arn, DatasetName="b")
    assert message.startswith("Import dataset jobs in progress (L-810626D7)")
    assert len(cloud.source.list_datasets()["DatasetSummaries"]) == 2


def test_imports_of_versions_in_progress_are_limited(cloud: Cloud) -> None:
    cloud.settings.quotas.import_model_jobs_in_progress = 1
    source = cloud.trained_model("wear")
    cloud.source.import_model_version(SourceModelVersionArn=source, DatasetName="pumps")
    message = refused(
        QUOTA, cloud.source.import_model_version, SourceModelVersionArn=source, ModelName="b", DatasetName="pumps"
    )
    assert message.startswith("Import model jobs in progress (L-2B4BB827)")


@pytest.mark.parametrize(
    ("quota", "name"), [("components_per_dataset", "Components"), ("columns_per_dataset", "Columns")]
)
def test_the_size_of_a_schema_is_limited(cloud: Cloud, quota: str, name: str) -> None:
    setattr(cloud.settings.quotas, quota, 1)
    message = refused(QUOTA, cloud.source.create_dataset, DatasetName="a", DatasetSchema=schema(p=["x"], q=["y"]))
    assert message.startswith(f"{name} per dataset: got ")


@pytest.mark.parametrize(
    ("quota", "part"),
    [
        ("files_per_component", "A component has 2 files, the quota is 1"),
        ("files_per_dataset", "The dataset has 2 files, the quota is 1"),
        ("bytes_per_dataset", "bytes, the quota is 1"),
        ("bytes_per_file", "bytes, the quota is 1"),
        ("columns_per_dataset", "Columns per dataset: got "),
    ],
)
def test_the_limits_of_files_fail_an_ingestion(cloud: Cloud, quota: str, part: str) -> None:
    setattr(cloud.settings.quotas, quota, 1)
    cloud.dataset()
    cloud.s3.put("data", "raw/pump1/b.csv", csv_text(rows(3)))
    cloud.s3.put("data", "raw/pump1/a.csv", csv_text(rows(3)))
    job = cloud.ingest()
    assert job["Status"] == "FAILED"
    assert part in job["FailedReason"]


def test_the_sensors_of_a_training_are_limited(cloud: Cloud) -> None:
    cloud.active_dataset()
    cloud.settings.quotas.columns_in_training = 1
    message = refused(QUOTA, cloud.source.create_model, ModelName="m", DatasetName="pumps")
    assert message == "Columns in training: got 2, the quota is 1"


def test_the_rows_of_a_training_are_limited(cloud: Cloud) -> None:
    cloud.active_dataset()
    cloud.settings.quotas.rows_in_training = 10
    cloud.source.create_model(ModelName="m", DatasetName="pumps")
    shown = until_over(lambda: cloud.source.describe_model(ModelName="m"))
    assert shown["FailedReason"] == "The training data has more than 10 rows, which is the quota"
