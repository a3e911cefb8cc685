"""Data ingestion jobs, and what they found out about the sensors.

Sources: API reference (the operations' own pages, IngestionS3InputConfiguration), user guide ("Ingesting a dataset").
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from functools import partial
from typing import Any

from lookout_server.equipment.call import EquipmentCall, Operation
from lookout_server.equipment.files import Files, read_dataset
from lookout_server.equipment.key_patterns import DEFAULT, KeyPattern
from lookout_server.equipment.state import Dataset, Job
from lookout_server.protocol.errors import not_found, quota_exceeded, validation
from lookout_server.service import Answer, Task
from lookout_server.work.progress import Work


def start_data_ingestion_job(call: EquipmentCall) -> Answer:
    """StartDataIngestionJob: the files are read from now on; what came of it shows when the job ends."""
    name = call.parameters["DatasetName"]
    dataset = call.own.datasets.get(name)
    call.authorize_existing(call.arn_or_placeholder("dataset", name, dataset))
    call.invocation.pass_role(call.parameters["RoleArn"])
    call.invocation.once(call.own.tokens)
    dataset = call.dataset(authorize=False)
    configuration = call.parameters["IngestionInputConfiguration"]
    location = configuration["S3InputConfiguration"]
    pattern = _key_pattern(dataset, location)
    # ConflictException of StartDataIngestionJob: one job per dataset at a time.
    call.refuse_while_busy(dataset, "ingested into")
    quota = call.settings.quotas.pending_data_ingestion_jobs
    running = sum(1 for job in call.own.jobs.values() if job.work and not job.is_import)
    if running >= quota:
        raise quota_exceeded(
            f"Pending data ingestion jobs (L-B987A6C9): the account has {running}, the quota is {quota}"
        )
    failure = call.invocation.failure()
    job = Job(
        number=call.own.next_number(),
        id=uuid.uuid4().hex,
        dataset_name=name,
        dataset_arn=dataset.arn,
        created_at=call.now,
        outcome=failure,
        input=configuration,
        role_arn=call.parameters["RoleArn"],
        work=Work(call.now, busy=failure is None),
    )
    if failure is None:
        files = Files(call.invocation.storage, call.parameters["RoleArn"], location)
        reading = partial(read_dataset, files, dataset.schema, pattern, call.settings.quotas)
        call.invocation.begin(Task(reading, job.found))
    call.own.jobs[job.id] = dataset.job = job
    return {"JobId": job.id, "Status": job.status}


def describe_data_ingestion_job(call: EquipmentCall) -> Answer:
    """DescribeDataIngestionJob; a look at the job."""
    call.invocation.authorize("*")
    job = _job(call, call.parameters["JobId"])
    dataset = call.own.datasets[job.dataset_name]
    if dataset.job is job:
        call.look_at_dataset(dataset)
    answer: Answer = {
        "JobId": job.id,
        "DatasetArn": job.dataset_arn,
        "IngestionInputConfiguration": job.input,
        "RoleArn": job.role_arn,
        "CreatedAt": job.created_at,
        "Status": job.status,
        "FailedReason": job.failed_reason,
        "SourceDatasetArn": job.source_dataset_arn,
    }
    if job.content:
        answer |= {
            "DataQualitySummary": job.content.quality,
            "IngestedFilesSummary": job.content.files,
            "IngestedDataSize": job.content.size,
            "DataStartTime": job.content.start,
            "DataEndTime": job.content.end,
        }
    elif job.work:
        answer["StatusDetail"] = "The import is in progress" if job.is_import else "The ingestion is in progress"
    return answer


def list_data_ingestion_jobs(call: EquipmentCall) -> Answer:
    """ListDataIngestionJobs, by dataset and status; the list of a dataset that does not exist is empty."""
    name, status = call.get("DatasetName"), call.get("Status")
    if name is None:
        call.invocation.authorize(call.own.arn("dataset", "*", "*"))
    else:
        call.authorize_existing(call.arn_or_placeholder("dataset", name, call.own.datasets.get(name)))
    jobs = [job for job in call.own.jobs.values() if name in (None, job.dataset_name) and status in (None, job.status)]
    return call.page(jobs, "DataIngestionJobSummaries", _summary)


def list_sensor_statistics(call: EquipmentCall) -> Answer:
    """ListSensorStatistics, of the latest job that succeeded or of an earlier one."""
    dataset = call.dataset()
    content = dataset.content
    job_id = call.get("IngestionJobId")
    if job_id is not None:
        job = _job(call, job_id)
        if job.dataset_arn != dataset.arn:
            raise not_found(f"The ingestion job {job_id} does not exist for the dataset {dataset.name}")
        content = job.content
    numbered = [_Numbered(i, one) for i, one in enumerate(content.statistics if content else (), start=1)]
    return call.page(numbered, "SensorStatisticsSummaries", lambda entry: dict(entry.value))


class _Numbered:
    """An entry of a list, with its place in it."""

    def __init__(self, number: int, value: Mapping[str, Any]) -> None:
        self.number = number
        self.value = value


def _job(call: EquipmentCall, job_id: str) -> Job:
    job = call.own.jobs.get(job_id)
    if job is None:
        raise not_found(f"The data ingestion job {job_id} does not exist")
    return job


def _key_pattern(dataset: Dataset, location: Mapping[str, Any]) -> KeyPattern:
    """API reference: required on the first ingestion when the schema is to be found; otherwise there is a default."""
    pattern = location.get("KeyPattern")
    if pattern is None and dataset.schema is None:
        raise validation(
            f"KeyPattern is required for the first ingestion into the dataset {dataset.name}, "
            "which was created without a schema"
        )
    return KeyPattern(pattern or DEFAULT, location.get("Prefix") or "")


def _summary(job: Job) -> Answer:
    return {
        "JobId": job.id,
        "DatasetName": job.dataset_name,
        "DatasetArn": job.dataset_arn,
        "IngestionInputConfiguration": job.input,
        "Status": job.status,
    }


OPERATIONS: dict[str, Operation] = {
    "StartDataIngestionJob": start_data_ingestion_job,
    "DescribeDataIngestionJob": describe_data_ingestion_job,
    "ListDataIngestionJobs": list_data_ingestion_jobs,
    "ListSensorStatistics": list_sensor_statistics,
}
