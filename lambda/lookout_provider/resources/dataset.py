"""Datasets: CreateDataset, or ImportDataset when there is a source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lookout_files import text_files
from lookout_provider.resources.base import GENERATION, Live, Named, State
from lookout_provider.resources.data_ingestion import failure
from lookout_shared import aws
from lookout_shared.properties import InvalidProperty


class Dataset(Named):
    """`Custom::LookoutEquipmentDataset`."""

    noun = "dataset"
    name_member = "DatasetName"
    create_only = ("DatasetSchema", "SourceDatasetArn", "ServerSideKmsKeyId")
    attributes = (
        "DatasetName",
        "DatasetArn",
        "Status",
        "JobId",
        "SourceDatasetArn",
        "DataStartTime",
        "DataEndTime",
        "IngestedDataSize",
        "CreatedAt",
        GENERATION,
    )

    def accept(self, given: Mapping[str, Any]) -> None:
        super().accept(given)
        # What is desired is known from here on, even if all of it is in the object.
        self.desired.setdefault("Tags", [])

    @property
    def _schema_object(self) -> Mapping[str, Any]:
        """Where a schema is that is too large for a template: in the bootstrap bucket."""
        location = self.request.options.get("DatasetSchemaObject")
        return location if isinstance(location, Mapping) else {}

    @property
    def looks_outside(self) -> bool:
        return bool(self._schema_object)

    def _read_schema(self) -> None:
        """Complete the desired state, where it has to be known: neither a Delete nor a way back needs the object."""
        location = self._schema_object
        if not location or "DatasetSchema" in self.desired:
            return
        try:
            answer = aws.Service("s3", self.request.region).call(
                "GetObject", Bucket=location["Bucket"], Key=location["Key"]
            )
        except aws.ServiceError as error:
            if error.kind is aws.Kind.REJECTED:
                raise InvalidProperty(f"Options.DatasetSchemaObject: cannot read the schema: {error}") from error
            raise
        try:
            schema = text_files.text(answer["Body"].read())
        except text_files.Unreadable as error:
            name = f"s3://{location['Bucket']}/{location['Key']}"
            raise InvalidProperty(f"Options.DatasetSchemaObject: {name}: {error}") from error
        self.desired["DatasetSchema"] = {"InlineDataSchema": schema}

    @property
    def identity(self) -> str:
        self._read_schema()
        return super().identity

    def differences(self, live: Live) -> Sequence[str]:
        if self.in_force:
            return ()
        self._read_schema()
        return super().differences(live)

    def operation(self, members: Mapping[str, Any]) -> str:
        return "ImportDataset" if "SourceDatasetArn" in members else "CreateDataset"

    def find(self, physical_id: str) -> Live | None:
        found = self.service.attempt("DescribeDataset", DatasetName=physical_id)
        if found is None:
            return None
        live = Live(physical_id, found["DatasetArn"], found)
        if "DatasetSchema" in self.desired or self._schema_object:
            # Without one, whatever the service detects is as desired.
            live.description = found | {"DatasetSchema": {"InlineDataSchema": found.get("Schema")}}
        # While data are ingested it can be used, but not deleted.
        if found["Status"] in ("IMPORT_IN_PROGRESS", *(["INGESTION_IN_PROGRESS"] if self.removing else [])):
            live.state = State.WORKING
        elif found.get("SourceDatasetArn") or self._imports():
            # A dataset has no state for a failed import: only its ingestion job tells.
            job = self._import_job(live)
            job_members = {name: job.get(name) for name in ("JobId", "IngestedDataSize")}
            live.description = {**live.description, **job_members}
            if job.get("Status") == "FAILED":
                live.state = State.FAILED
                live.reason = failure(job)
        return live

    def _imports(self) -> bool:
        """Whether this is an import; a poll, which knows no desired state, waits for nothing else."""
        return not self.desired or "SourceDatasetArn" in self.desired

    def _import_job(self, live: Live) -> Mapping[str, Any]:
        """The job that imported the dataset: the one that has a source. Later ingestions have none."""
        for job in self.service.pages(
            "ListDataIngestionJobs", "DataIngestionJobSummaries", DatasetName=live.physical_id
        ):
            if job.get("DatasetArn", live.arn) == live.arn:
                details = self.service.call("DescribeDataIngestionJob", JobId=job["JobId"])
                if details.get("SourceDatasetArn"):
                    return details
        return {}

    def create(self) -> Live:
        self._read_schema()
        operation = self.operation(self.desired)
        answer = self.service.call(
            operation,
            **{name: value for name, value in self.desired.items() if name != "Tags"},
            **{} if self.explicitly_named() else {"DatasetName": self.name()},
            ClientToken=self.request.token(operation),
            Tags=self.born_with(),
        )
        # What was only created is complete with this answer; an import goes on.
        state = State.WORKING if answer["Status"] == "IMPORT_IN_PROGRESS" else State.READY
        source = {"SourceDatasetArn": self.desired.get("SourceDatasetArn")}
        return Live(answer["DatasetName"], answer["DatasetArn"], answer | source, state)

    def delete(self, live: Live) -> None:
        self.service.attempt("DeleteDataset", DatasetName=live.physical_id)
