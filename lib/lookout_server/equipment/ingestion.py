"""Data ingestion jobs, and what they found out about the sensors.

Sources: API reference (the operations' own pages, IngestionS3InputConfiguration), user guide ("Ingesting a dataset").
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lookout_server.equipment.call import EquipmentCall, Operation
from lookout_server.equipment.content import Content
from lookout_server.equipment.files import Files
from lookout_server.equipment.ids import new_job_id
from lookout_server.equipment.key_patterns import DEFAULT, KeyPattern
from lookout_server.equipment.looks import look_at_dataset, watch_dataset
from lookout_server.equipment.state import Dataset, Inventory, Job
from lookout_server.protocol.errors import not_found, quota_exceeded, validation
from lookout_server.service import Answer, World
from lookout_server.work.progress import Work
from lookout_server.work.tasks import Errand, Task, schedule

#: The work that reads the files of an ingestion.
INGEST = "ingest"


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
    _key_pattern(dataset, location)  # refused before anything is made
    # ConflictException of StartDataIngestionJob: one job per dataset at a time.
    call.refuse_while_busy(dataset, "ingested into")
    quota = call.settings.quotas.pending_data_ingestion_jobs
    running = sum(1 for other in call.own.datasets.values() if other.job and not other.job.is_import)
    if running >= quota:
        raise quota_exceeded(
            f"Pending data ingestion jobs (L-B987A6C9): the account has {running}, the quota is {quota}"
        )
    failure = call.invocation.failure()
    job = Job(
        number=call.own.next_number(),
        id=new_job_id(dataset.arn),
        dataset_name=name,
        dataset_arn=dataset.arn,
        created_at=call.now,
        outcome=failure,
        input=configuration,
        role_arn=call.parameters["RoleArn"],
        work=Work.busy(call.now) if failure is None else Work.idle(call.now),
    )
    call.own.jobs[job.id] = job
    dataset.job_id = job.id
    if failure is None:
        schedule(call.own, INGEST, job.id, call.now)
    watch_dataset(dataset, call.settings)
    return {"JobId": job.id, "Status": job.status}


def describe_data_ingestion_job(call: EquipmentCall) -> Answer:
    """DescribeDataIngestionJob; a look at the job."""
    call.invocation.authorize("*")
    job = _job(call, call.parameters["JobId"])
    dataset = call.own.datasets[job.dataset_name]
    if dataset.job_id == job.id:
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

    def wanted(job: Job) -> bool:
        return name in (None, job.dataset_name) and status in (None, job.status) and _is_there(call, job)

    return call.page(call.own.jobs, "DataIngestionJobSummaries", _summary, wanted)


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
    return call.page_of(numbered, "SensorStatisticsSummaries", lambda entry: dict(entry.value))


class _Numbered:
    """An entry of a list, with its place in it."""

    def __init__(self, number: int, value: Mapping[str, Any]) -> None:
        self.number = number
        self.value = value


def _job(call: EquipmentCall, job_id: str) -> Job:
    job = call.own.jobs.get(job_id)
    if job is None or not _is_there(call, job):
        raise not_found(f"The data ingestion job {job_id} does not exist")
    return job


def _is_there(call: EquipmentCall, job: Job) -> bool:
    """Whether a job's dataset is still the one: it goes with it."""
    dataset = call.own.datasets.get(job.dataset_name)
    return dataset is not None and dataset.arn == job.dataset_arn


def read_files(home: Inventory, task: Task, world: World) -> Errand[Content] | None:
    """What the task of an ingestion means: its files are read."""
    job = home.jobs.get(task.about)
    dataset = home.datasets.get(job.dataset_name) if job else None
    if job is None or job.work is None or dataset is None or dataset.job_id != job.id or job.input is None:
        return None
    location, id = job.input["S3InputConfiguration"], job.id
    files = Files(world.storage, job.role_arn or "", location)
    pattern = _key_pattern(dataset, location)

    def end(home: Inventory, outcome: Content | str, now: datetime) -> None:
        job = home.jobs.get(id)
        dataset = home.datasets.get(job.dataset_name) if job else None
        if job and dataset and dataset.job_id == id:
            job.found(outcome, now)
            look_at_dataset(dataset, world.settings, now)

    schema = dataset.schema

    def work() -> Content | str:
        from lookout_server.equipment.dataset_reading import read_dataset

        return read_dataset(files, schema, pattern, world.settings.quotas, world.keeper)

    return Errand(work, end)


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
