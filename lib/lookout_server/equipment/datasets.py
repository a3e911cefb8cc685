"""Datasets: made, imported, described, listed and deleted.

Sources: API reference (the operations' own pages), user guide ("Importing resources", "Ingesting a dataset").
"""

from __future__ import annotations

import uuid

from lookout_server.equipment import schema as schemas
from lookout_server.equipment.call import EquipmentCall, Operation
from lookout_server.equipment.ids import job_prefix, new_job_id
from lookout_server.equipment.imports import check_source, source_of
from lookout_server.equipment.looks import watch_dataset
from lookout_server.equipment.state import Dataset, Job
from lookout_server.protocol.errors import conflict, quota_exceeded, validation
from lookout_server.service import Answer
from lookout_server.work.clearing import clear
from lookout_server.work.progress import Work


def create_dataset(call: EquipmentCall) -> Answer:
    """CreateDataset: an empty dataset, in status CREATED at once."""
    name = call.parameters["DatasetName"]
    existing = call.own.datasets.get(name)
    arn = existing.arn if existing else call.own.arn("dataset", name, str(uuid.uuid4()))
    call.authorize_creation(arn)
    call.invocation.once(call.own.tokens)
    # API reference, CreateDataset: ConflictException; the name is the identity.
    if existing:
        raise conflict(f"The dataset {name} already exists or is currently in use for another operation")
    schema = schemas.parse(call.get("DatasetSchema"), call.settings.quotas)
    dataset = _new_dataset(call, name, arn)
    dataset.kept_schema = call.own.kept_schema(schema) if schema else None
    call.own.datasets[name] = dataset
    return {"DatasetName": name, "DatasetArn": arn, "Status": dataset.status}


def import_dataset(call: EquipmentCall) -> Answer:
    """ImportDataset: copy data, schema and statistics of a dataset, of this or another account."""
    source_arn = call.parameters["SourceDatasetArn"]
    found = call.find(source_arn)
    source_name = source_arn.split(":", 5)[5].split("/")[1]
    name = call.get("DatasetName") or source_name
    existing = call.own.datasets.get(name)
    arn = existing.arn if existing else call.own.arn("dataset", name, str(uuid.uuid4()))
    call.authorize_creation(arn)
    call.authorize_beside(source_arn)
    call.invocation.once(call.own.tokens)
    source = source_of(call, found, Dataset, f"The dataset {source_arn} does not exist")
    check_source(call, found, "ImportDataset", keys={})
    if source is existing:
        raise validation(f"SourceDatasetArn: the dataset {name} cannot be imported onto itself")
    call.refuse_while_busy(source, "imported")
    if source.content is None:
        raise validation(f"The source dataset {source_arn} has no data: its status is {source.status}")
    if existing:
        # API reference, ImportDataset, DatasetName: an existing dataset of the name is overwritten.
        if not call.settings.import_dataset_overwrites:
            raise conflict(f"The dataset {name} already exists")
        call.refuse_while_busy(existing, "overwritten")
    _check_imports_in_progress(call)
    dataset = existing or _new_dataset(call, name, arn)
    if existing:
        _overwrite(call, existing)
    call.own.datasets[name] = dataset
    if dataset.kept_schema is None:
        dataset.kept_schema = source.kept_schema
    job = Job(
        number=call.own.next_number(),
        id=new_job_id(dataset.arn),
        dataset_name=name,
        dataset_arn=arn,
        created_at=call.now,
        outcome=call.invocation.failure() or source.content,
        source_dataset_arn=source_arn,
        work=Work.idle(call.now),
    )
    call.own.jobs[job.id] = job
    dataset.job_id = job.id
    watch_dataset(dataset, call.settings)
    return {"DatasetName": name, "DatasetArn": arn, "Status": dataset.status, "JobId": job.id}


def describe_dataset(call: EquipmentCall) -> Answer:
    """DescribeDataset; a look at the job under way."""
    dataset = call.dataset()
    call.look_at_dataset(dataset)
    content = dataset.content
    answer: Answer = {
        "DatasetName": dataset.name,
        "DatasetArn": dataset.arn,
        "CreatedAt": dataset.created_at,
        "LastUpdatedAt": dataset.updated_at,
        "Status": dataset.status,
        "Schema": dataset.schema.text() if dataset.schema else None,
        "ServerSideKmsKeyId": dataset.kms_key_arn,
        "IngestionInputConfiguration": dataset.input,
        "RoleArn": dataset.role_arn,
        "SourceDatasetArn": (dataset.job or dataset).source_dataset_arn or dataset.source_dataset_arn,
    }
    if content:
        # API reference, DescribeDataset: the figures are those of the latest successful job.
        answer |= {
            "DataQualitySummary": content.quality,
            "IngestedFilesSummary": content.files,
            "DataStartTime": content.start,
            "DataEndTime": content.end,
        }
    return answer


def list_datasets(call: EquipmentCall) -> Answer:
    """ListDatasets, by the beginning of the name."""
    call.invocation.authorize("*")
    prefix = call.get("DatasetNameBeginsWith") or ""
    return call.page(call.own.datasets, "DatasetSummaries", _summary, lambda dataset: dataset.name.startswith(prefix))


def delete_dataset(call: EquipmentCall) -> Answer:
    """DeleteDataset: the dataset is gone at once, with its jobs, tags and policy."""
    dataset = call.dataset()
    # API reference, DeleteDataset: checks whether an ingestion job or an inference scheduler is using the dataset.
    call.refuse_while_busy(dataset, "deleted")
    models = [
        model
        for model in call.own.models.values()
        if dataset.arn in {version.dataset_arn for version in model.versions.values()}
    ]
    arns = {model.arn for model in models}
    schedulers = [one.name for one in call.own.inference_schedulers.values() if one.model_arn in arns]
    if schedulers:
        raise conflict(f"The dataset {dataset.name} is used by the inference scheduler {schedulers[0]}")
    users = sorted(model.name for model in models)
    # AWS samples, "cleanup": ConflictException while a model of the dataset exists (Settings).
    if users and call.settings.dataset_deletion_blocked_by_models:
        raise conflict(
            f"The dataset {dataset.name} is used by at least a model ({', '.join(users[:5])}): "
            "delete the associated models before deleting this dataset"
        )
    del call.own.datasets[dataset.name]
    clear(call.own, "job", job_prefix(dataset.arn), call.now)
    call.own.forget(dataset.arn)
    return {}


def _new_dataset(call: EquipmentCall, name: str, arn: str) -> Dataset:
    """A dataset that is not in the inventory yet, after the checks that both ways of making one share."""
    quota = call.settings.quotas.datasets
    if len(call.own.datasets) >= quota:
        raise quota_exceeded(f"Datasets (L-06FBA868): the account has {len(call.own.datasets)}, the quota is {quota}")
    key = call.kms_key_arn()
    call.own.tags.add(arn, call.get("Tags") or [], call.settings.quotas.tags_per_resource)
    return Dataset(
        number=call.own.next_number(),
        name=name,
        arn=arn,
        created_at=call.now,
        updated_at=call.now,
        kms_key_arn=key,
    )


def _overwrite(call: EquipmentCall, dataset: Dataset) -> None:
    """Key and tags of an import replace those of the dataset that it overwrites; absent ones leave them."""
    key, tags = call.kms_key_arn(), call.get("Tags")
    limit = call.settings.quotas.tags_per_resource
    if tags:
        call.own.tags.check("", tags, limit)
        call.own.tags.drop(dataset.arn)
        call.own.tags.add(dataset.arn, tags, limit)
    dataset.kms_key_arn = key or dataset.kms_key_arn
    dataset.updated_at = call.now


def _check_imports_in_progress(call: EquipmentCall) -> None:
    quota = call.settings.quotas.import_dataset_jobs_in_progress
    running = sum(1 for dataset in call.own.datasets.values() if dataset.job and dataset.job.is_import)
    if running >= quota:
        raise quota_exceeded(
            f"Import dataset jobs in progress (L-810626D7): the account has {running}, the quota is {quota}"
        )


def _summary(dataset: Dataset) -> Answer:
    return {
        "DatasetName": dataset.name,
        "DatasetArn": dataset.arn,
        "Status": dataset.status,
        "CreatedAt": dataset.created_at,
    }


OPERATIONS: dict[str, Operation] = {
    "CreateDataset": create_dataset,
    "ImportDataset": import_dataset,
    "DescribeDataset": describe_dataset,
    "ListDatasets": list_datasets,
    "DeleteDataset": delete_dataset,
}
