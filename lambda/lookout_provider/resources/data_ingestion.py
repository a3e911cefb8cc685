"""Ingestions: data are read into a dataset. The API can neither cancel nor delete one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lookout_provider.identity import fingerprint
from lookout_provider.resources.base import GENERATION, Action, Live, State

_PHYSICAL_ID = re.compile(r"[^/]+/data-ingestion/(?P<job>[0-9A-Fa-f]+)/(?P<identity>[0-9a-f]{8})")
_STATES = {"SUCCESS": State.READY, "FAILED": State.FAILED}
_SECONDS_PER_DAY = 86_400


class DataIngestion(Action):
    """`Custom::LookoutEquipmentDataIngestion`.

    Its physical id names the job, and what it was started with: an Update knows by it whether that is still desired.
    """

    noun = "data ingestion"
    # Not the role: with another one the same data would be read.
    create_only = ("DatasetName", "IngestionInputConfiguration")
    attributes = (
        "JobId",
        "Status",
        "IngestedDataSize",
        "DataStartTime",
        "DataEndTime",
        "TotalNumberOfFiles",
        "IngestedNumberOfFiles",
        "DiscardedNumberOfFiles",
        "TotalNumberOfMissingValues",
        "TotalNumberOfInvalidValues",
        "TotalNumberOfUnsupportedTimestamps",
        "TotalNumberOfDuplicateTimestamps",
        GENERATION,
    )

    def operation(self, members: Mapping[str, Any]) -> str:
        return "StartDataIngestionJob"

    @property
    def identity(self) -> str:
        """With the trigger: another one asks for the same ingestion once more."""
        return fingerprint(self.desired | {"Trigger": self.option("Trigger")}, (*self.create_only, "Trigger"))

    def issued(self, physical_id: str) -> bool:
        return _PHYSICAL_ID.fullmatch(physical_id) is not None

    def find(self, physical_id: str) -> Live | None:
        matched = _PHYSICAL_ID.fullmatch(physical_id)
        found = self.service.attempt("DescribeDataIngestionJob", JobId=matched["job"]) if matched else None
        if found is None:
            return None
        state = _STATES.get(found["Status"], State.WORKING)
        return Live(physical_id, found["DatasetArn"], found | _derived(found), state, failure(found))

    def differences(self, live: Live) -> list[str]:
        matched = _PHYSICAL_ID.fullmatch(live.physical_id)
        return [] if matched and matched["identity"] == self.identity else list(self.create_only)

    def create(self) -> Live:
        operation = self.operation(self.desired)
        answer = self.service.call(operation, **self.desired, ClientToken=self.request.token(operation))
        physical_id = f"{self.desired['DatasetName']}/data-ingestion/{answer['JobId']}/{self.identity}"
        return Live(physical_id, "", answer, State.WORKING)

    def generation(self, live: Live) -> str:
        return live.physical_id


def failure(job: Mapping[str, Any]) -> str:
    """Why an ingestion job failed, in the service's words."""
    return " ".join(filter(None, (job.get("FailedReason"), job.get("StatusDetail"))))


def _derived(job: Mapping[str, Any]) -> dict[str, Any]:
    """What follows from the summaries of a job that is done, in the shape that attributes and gates need."""
    if "IngestedFilesSummary" not in job:
        return {}
    files = {"DiscardedFiles": [], **job["IngestedFilesSummary"]}
    numbers: dict[str, Any] = {"DiscardedNumberOfFiles": len(files["DiscardedFiles"])}
    for part in (files, *job.get("DataQualitySummary", {}).values()):
        numbers |= {name: value for name, value in part.items() if name in DataIngestion.attributes}
    if "DataStartTime" in job and "DataEndTime" in job:
        seconds = (job["DataEndTime"] - job["DataStartTime"]).total_seconds()
        numbers["DataSpanInDays"] = round(seconds / _SECONDS_PER_DAY, 6)
    return {**numbers, "IngestedFilesSummary": files}
